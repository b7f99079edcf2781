// The code of docs/sessions.md.
#include "expect.hpp"

#include <thread>

using koine::col;

struct User {
    std::int64_t id{};
    std::string name{};
    std::optional<std::string> email{};

    static constexpr auto koine_table() {
        return koine::table("users", col<&User::id>(koine::primary_key), col<&User::name>(koine::unique),
                            col<&User::email>);
    }
};

struct Page {
    std::int64_t id{};
    std::string text{};
    std::int32_t revision{};

    static constexpr auto koine_table() {
        return koine::table("pages", col<&Page::id>(koine::primary_key), col<&Page::text>,
                            col<&Page::revision>(koine::version));
    }
};

// A database with one user, each time anew.
koine::engine some_database() {
    auto engine = koine::create_engine("sqlite://");
    koine::map<User, Page>().create_all(engine);
    koine::session session{engine};
    session.add(User{.name = "admin"});
    session.commit();
    return engine;
}

std::string stored_name(const koine::engine& engine) {
    koine::session session{engine};
    return session.query<User>().order_by(col<&User::id>).values().at(0).name;
}

void one_object_a_row(koine::session& session) {
    auto admin = session.get<User>(1);
    auto same = session.query<User>().filter(col<&User::name> == "admin").one();
    expect(admin == same);  // not two equal objects: the same one
}

void reading_and_writing(koine::session& session) {
    const auto read = session.get<User>(1);  // a const ref gives const User&
    expect(read->name == "admin");
    expect(!session.is_modified());

    auto written = session.get<User>(1);
    written->name = "root";
    expect(session.is_modified(written));
    written->name = "admin";  // set back: there is nothing to write
    expect(!session.is_modified());

    for (const auto& user : session.query<User>().all()) expect(user->name == "admin");
}

void kept_references(const koine::engine& engine, koine::session& session) {
    auto admin = session.get<User>(1);
    std::string& name = admin->name;  // watched from here on, whatever happens to `admin`
    name = "one";
    session.commit();
    name = "two";
    session.commit();
    expect(stored_name(engine) == "two");
    name = "three";
    session.rollback();
    expect(name == "two");
}

void adding(koine::session& session) {
    auto guest = session.add(User{.name = "guest"});
    expect(guest->id == 0);
    session.flush();  // or commit(), or any query
    expect(guest->id == 2);
    session.delete_(guest);
    session.commit();
    expect(!session.get<User>(2));
}

void inserting(koine::session& session) {
    User guest{.name = "guest"};
    session.insert(guest);  // sent now
    expect(guest.id != 0);
    guest.name = "somebody";  // a plain struct: nobody watches it
    const auto other = session.insert(User{.name = "other"});
    session.commit();
    expect(other.id != 0 && session.get<User>(guest.id)->name == "guest");
    session.query<User>().filter(col<&User::id> != 1).delete_();
    session.commit();
}

void rolling_back(koine::session& session) {
    auto admin = session.get<User>(1);
    auto guest = session.add(User{.name = "guest"});
    admin->name = "root";
    session.flush();
    session.rollback();
    expect(admin->name == "admin");
    expect(guest->id == 0 && !session.contains(guest));  // as before add(), its key unset
    session.add(guest);                                  // try again
    session.commit();
    expect(guest->id != 0);
    session.delete_(guest);
    session.commit();
}

void savepoints(koine::session& session) {
    auto admin = session.get<User>(1);
    admin->email = "outer";
    auto attempt = session.begin_nested();  // flushes first
    try {
        session.add(User{.name = "admin"});  // the name is taken
        session.flush();
        attempt.commit();
    } catch (const koine::constraint_error&) {
        attempt.rollback();
    }
    session.commit();
    expect(session.get<User>(1)->email == "outer");
}

void failed_flush(koine::session& session) {
    session.add(User{.name = "admin"});
    expect(throws<koine::constraint_error>([&] { session.flush(); }));
    expect(throws<koine::error>([&] { session.get<User>(1); }));  // transaction_failed, and why
    session.rollback();
    expect(session.get<User>(1)->name == "admin");
    session.commit();
}

void stale(const koine::engine& engine) {
    koine::session mine{engine};
    auto page = mine.add(Page{.text = "draft"});
    mine.commit();
    expect(page->revision == 1);

    koine::session theirs{engine};
    theirs.get<Page>(page->id)->text = "theirs";
    theirs.commit();

    page->text = "mine";
    expect(throws<koine::serialization_error>([&] { mine.commit(); }));  // errc::stale_object
    mine.rollback();
    mine.refresh(page);
    expect(page->text == "theirs" && page->revision == 2);
}

void refreshing(const koine::engine& engine) {
    koine::session mine{engine};
    auto admin = mine.get<User>(1);
    mine.commit();
    {
        koine::session theirs{engine};
        auto user = theirs.get<User>(1);
        user->name = "root";
        user->email = "root@localhost";
        theirs.commit();
    }
    admin->name = "boss";
    mine.get<User>(1);                         // the first load in a new transaction
    expect(admin->email == "root@localhost");  // nobody had assigned to it
    expect(admin->name == "boss");             // this is still to be written
    mine.refresh(admin);
    expect(admin->name == "root");  // refresh() takes over everything
    admin->name = "admin";
    mine.commit();
}

void detached(const koine::engine& engine) {
    koine::ref<User> kept;
    {
        koine::session session{engine};
        kept = session.get<User>(1);
        session.commit();
    }
    expect(kept->name == "admin");  // detached: still readable
    kept->name = "renamed";
    koine::session other{engine};
    other.add(kept);  // taken up again, with what was assigned in between
    other.commit();
    expect(stored_name(engine) == "renamed");
    kept->name = "admin";
    other.commit();

    const User copy = *std::as_const(kept);  // keeps one object, and not all of its session's
    expect(copy.name == "admin");
}

void transactions(const koine::engine& engine) {
    koine::session session{engine};
    // commits, or rolls back and throws
    session.begin([](koine::session& in) { in.get<User>(1)->email = "first@localhost"; });

    const auto users = session.run(koine::retry{.attempts = 3}, [](koine::session& in) {
        in.get<User>(1)->email = "second@localhost";
        return in.query<User>().count();
    });
    expect(users == 1);

    koine::session report{engine, {.transaction = {.isolation = koine::isolation::repeatable_read, .read_only = true}}};
    expect(report.query<User>().count() == 1);
    report.commit();
}

void autoflush(koine::session& session) {
    session.add(User{.name = "guest"});
    {
        const auto held = session.no_autoflush();
        expect(session.query<User>().count() == 1);
    }
    expect(session.query<User>().count() == 2);
    session.rollback();
}

koine::scoped_session db_session;  // fit to be global: it does nothing until it is configured

void serve_request() {
    db_session.add(User{.name = "guest"});
    db_session.commit();
    db_session.remove();  // at the end of every request
}

void scoped(const koine::engine& engine) {
    db_session.configure(koine::sessionmaker{engine});
    std::thread worker{serve_request};
    worker.join();
    expect(db_session.query<User>().count() == 2);
    db_session.remove();
    expect(engine.stats().leased == 0);
}

int main() {
    const auto engine = some_database();
    {
        koine::session session{engine};
        one_object_a_row(session);
        reading_and_writing(session);
        adding(session);
        inserting(session);
        rolling_back(session);
        savepoints(session);
        failed_flush(session);
        autoflush(session);
    }
    kept_references(engine, *std::make_unique<koine::session>(engine));
    {
        koine::session session{engine};
        session.get<User>(1)->name = "admin";
        session.commit();
    }
    stale(engine);
    refreshing(engine);
    detached(engine);
    transactions(engine);
    scoped(engine);

    thread_local int request = 7;  // whatever the server calls a request
    koine::scoped_session by_request{koine::sessionmaker{engine}, [] { return request; }};
    expect(by_request.query<User>().count() == 2);
}
