// The code of docs/errors.md.
#include "expect.hpp"

using koine::col;

struct User {
    std::int64_t id{};
    std::string name{};

    static constexpr auto koine_table() {
        return koine::table("users", col<&User::id>(koine::primary_key), col<&User::name>(koine::unique));
    }
};

void catching(koine::session& session) {
    try {
        session.add(User{.name = "admin"});  // the name is taken
        session.commit();
        expect(false);
    } catch (const koine::constraint_error& why) {
        expect(why.code() == koine::errc::unique_violation);
        expect(why.sqlstate() == koine::sqlstate{"23505"});
        expect(why.info().table == "users" && why.info().column == "name");
        expect(why.outcome() == koine::outcome::rejected);
        expect(why.advice() == koine::advice::give_up);
        std::cerr << why.what() << '\n';  // one line
        session.rollback();
    }
}

void as_values(koine::connection& connection) {
    auto rows = connection.try_execute(koine::sql("select * from missing"));
    if (!rows) expect(rows.error().info().code == koine::errc::undefined_table);
    expect(!rows);
    connection.rollback();
}

void again(const koine::engine& engine) {
    engine.run(koine::retry{.attempts = 5}, [](koine::connection& in) {
        in.execute(koine::sql("update users set name = 'root' where name = 'admin'"));
    });
}

void patiently(const koine::engine& engine) {
    using namespace std::chrono_literals;
    koine::retry patient{.attempts = 20, .longest_pause = 200ms, .total = 5s};
    patient.on_failure = [](const koine::failed_attempt& failed) {
        std::cerr << "attempt " << failed.number << ": " << failed.why.what() << (failed.last ? "; given up\n" : "\n");
    };
    engine.run(patient, [](koine::connection& in) { in.execute(koine::sql("delete from users where id > 9")); });
}

bool worth_another_try(const koine::error& why) {
    switch (why.advice()) {
        case koine::advice::retry_statement:    // this statement alone
        case koine::advice::retry_transaction:  // all of the transaction, on the same connection
        // the same with a new connection, after a pause that grows
        case koine::advice::reconnect_and_retry:
            return true;
        case koine::advice::ask_the_database:  // it may have been done: look before doing it twice
        case koine::advice::give_up:
        default:
            return false;
    }
}

int main() {
    const auto engine = koine::create_engine("sqlite://");
    koine::map<User>().create_all(engine);
    {
        koine::session session{engine};
        session.add(User{.name = "admin"});
        session.commit();
        catching(session);
        session.commit();
    }
    {
        auto connection = engine.connect();
        as_values(connection);
    }
    again(engine);
    patiently(engine);

    // What the document says in words.
    koine::error_info info;
    info.code = koine::errc::deadlock;
    expect(worth_another_try(koine::serialization_error{info}));
    info.code = koine::errc::in_doubt;
    expect(!worth_another_try(koine::in_doubt_error{info}));
    info.code = koine::errc::disconnected;
    info.outcome = koine::outcome::unknown;
    expect(koine::advise(info) == koine::advice::ask_the_database);
    info = {};
    info.code = koine::errc::unique_violation;
    info.message = "a\nb";
    info.detail = "Key (name)=(s3cret) already exists.";
    expect(koine::describe(info) == "a\\nb");

    // A transaction in which a statement failed takes nothing but a rollback, on every database.
    auto connection = engine.connect();
    connection.execute(koine::sql("insert into users (name) values ('x')"));
    expect(throws<koine::constraint_error>(
        [&] { connection.execute(koine::sql("insert into users (name) values ('x')")); }));
    try {
        connection.execute(koine::sql("select 1"));
        expect(false);
    } catch (const koine::error& why) {
        expect(why.code() == koine::errc::transaction_failed);
    }
    connection.rollback();
    expect(connection.execute(koine::sql("select count(*) from users")).one<int>() == 1);
    connection.close();
}
