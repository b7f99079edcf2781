// The code of docs/queries.md.
#include "expect.hpp"

#include <chrono>
#include <tuple>

using koine::col;

struct User {
    std::int64_t id{};
    std::string name{};
    std::optional<std::string> email{};
    std::int32_t logins{};

    static constexpr auto koine_table() {
        return koine::table("users", col<&User::id>(koine::primary_key), col<&User::name>, col<&User::email>,
                            col<&User::logins>);
    }
};

struct Summary {
    std::string name{};
    std::int64_t total{};

    static constexpr auto koine_table() { return koine::table("summary", col<&Summary::name>, col<&Summary::total>); }
};

void typed(koine::session& session) {
    const auto users = session.query<User>();
    const auto active = users.filter(col<&User::logins> > 0).order_by(col<&User::logins>.desc(), col<&User::name>);

    for (const auto& user : active.limit(10).all()) std::cout << user << '\n';  // ref<User>
    // the fastest: nothing is tracked
    const std::vector<User> plain = active.values();
    // or an empty ref
    if (const auto first = active.first()) expect(first->logins == plain[0].logins);
    // throws if there is not exactly one
    const auto admin = users.filter(col<&User::name> == "admin").one();
    const auto nobody = users.filter(col<&User::name> == "nobody").one_or_none();
    expect(!nobody && active.count() == 2 && users.exists());
    expect(admin->name == "admin");
}

void conditions(koine::session& session) {
    const auto users = session.query<User>();
    const std::vector<std::int64_t> ids{1, 2, 3};

    expect(users.filter(col<&User::name> == "admin" || col<&User::logins> >= 3).count() == 2);
    expect(users.filter(!(col<&User::name> == "admin") && col<&User::logins> < 5).count() == 2);
    // both
    expect(users.filter(col<&User::name> != "admin", col<&User::logins> != 0).count() == 1);
    // or .is_null()
    expect(users.filter(col<&User::email> == std::nullopt).count() == 2);
    expect(users.filter(col<&User::id>.in(ids), col<&User::name>.not_in("admin", "guest")).count() == 1);
    expect(users.filter(col<&User::logins>.between(1, 5)).count() == 2);
    expect(users.filter(col<&User::name>.like("A%")).count() == 0);   // case matters
    expect(users.filter(col<&User::name>.ilike("A%")).count() == 1);  // and here it does not
    expect(users.filter(col<&User::name>.starts_with("50%")).count() == 0);
}

void bulk(koine::session& session) {
    const auto guests = session.query<User>().filter(col<&User::logins> == 0);
    expect(guests.update(col<&User::logins>.set(1), col<&User::email>.set(std::nullopt)) == 1);
    expect(session.query<User>().filter(col<&User::name> == "guest").delete_() == 1);
    session.rollback();
    expect(throws<koine::usage_error>([&] { guests.limit(1).delete_(); }));
    expect(throws<koine::usage_error>([&] { guests.order_by(col<&User::id>).delete_(); }));
    session.rollback();
}

void texts(koine::session& session) {
    const std::string name = "admin";
    const auto users =
        session.execute(koine::sql("select * from users where name = :name", {{"name", name}})).into<User>();
    expect(users.size() == 1 && users[0].name == name);

    const auto most = session.execute(koine::sql("select max(logins) from users")).one<std::int64_t>();
    expect(most == 5);

    const auto summary =
        session.execute(koine::sql("select name, count(*) as total from users group by name order by name"))
            .into<Summary>();  // by the names of the columns
    expect(summary.size() == 3 && summary[0].name == "admin");

    const auto pairs = session
                           .execute(koine::sql("select name, email from users order by id"))
                           // by position
                           .into<std::tuple<std::string, std::optional<std::string>>>();
    expect(std::get<0>(pairs[0]) == "admin");
    session.commit();
}

void rows(koine::connection& connection) {
    auto rows = connection.execute(koine::sql("select id, name, email from users order by id"));
    for (const koine::row row : rows) {
        const auto id = row[0].as<std::int64_t>();
        const auto user_name = row["name"].as<std::string>();
        if (row["email"].is_null()) std::cout << id << ' ' << user_name << '\n';
    }
}

void connections(const koine::engine& engine) {
    auto connection = engine.connect();
    const auto changed =
        connection.execute(koine::sql("update users set logins = logins + 1 where id = :id", {{"id", 1}})).affected();
    expect(changed == 1);
    expect(connection.in_transaction());  // begun by itself
    connection.commit();

    auto work = connection.begin({.isolation = koine::isolation::serializable});
    auto part = connection.begin_nested();  // a savepoint
    connection.execute(koine::sql("delete from users"));
    part.rollback();
    work.commit();
    expect(!connection.close());  // true: something was not committed, and is rolled back now

    const auto left = engine.begin([](koine::connection& in) {  // commits, or rolls back and throws
        return in.execute(koine::sql("select count(*) from users")).one<std::int64_t>();
    });
    expect(left == 3);
}

void limits(koine::connection& connection) {
    const auto limit = koine::deadline::in(std::chrono::seconds{2});
    auto rows = connection.execute(koine::sql("select name from users"), {.deadline = limit, .stream = true});
    while (rows.next()) expect(!rows.current()[0].is_null());
    connection.commit();
}

void made_at_run_time(const koine::engine& engine, koine::connection& connection, const std::string& table) {
    const std::string name = engine.dialect().quote(table);
    // without the word it does not compile
    const auto text = koine::unsafe_sql("select count(*) from " + name);
    expect(connection.execute(text).one<std::int64_t>() == 3);
    connection.commit();
}

void put_together(koine::connection& connection) {
    const std::vector<std::int64_t> ids{1, 2, 7};
    const std::optional<std::string> name = "admin";
    auto query = koine::sql("select count(*) from users where id in (:ids)", {{"ids", ids}});
    if (name) query += koine::sql("and name = :name", {{"name", *name}});
    expect(connection.execute(query).one<std::int64_t>() == 1);
    connection.commit();
}

int main() {
    const auto engine = koine::create_engine("sqlite://");
    koine::map<User>().create_all(engine);
    {
        koine::session session{engine};
        session.add(User{.name = "admin", .email = "admin@localhost", .logins = 5});
        session.add(User{.name = "guest"});
        session.add(User{.name = "other", .logins = 3});
        session.commit();
        typed(session);
        conditions(session);
        bulk(session);
        texts(session);
    }
    {
        auto connection = engine.connect();
        rows(connection);
        connection.commit();
        limits(connection);
        made_at_run_time(engine, connection, "users");
        put_together(connection);
        // What the document says in words.
        expect(throws<koine::error>([&] { connection.execute(koine::sql("select 'x'")).one<std::int32_t>(); }));
        connection.rollback();
        expect(throws<koine::error>([&] { connection.execute(koine::sql("select 3000000000")).one<std::int32_t>(); }));
        connection.rollback();
        expect(throws<koine::error>([&] { connection.execute(koine::sql("select null")).one<std::string>(); }));
        connection.rollback();
        expect(throws<koine::usage_error>([&] { (void)koine::sql("select :a", {{"b", 1}}); }));
        expect(throws<koine::usage_error>([&] { (void)koine::sql("select ?1"); }));
        expect(connection.execute(koine::sql("select ':no', :yes", {{"yes", 1}})).one<std::tuple<std::string, int>>() ==
               std::tuple<std::string, int>{":no", 1});
    }
    connections(engine);
}
