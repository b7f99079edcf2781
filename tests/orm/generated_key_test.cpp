// Keys that the program leaves to the database, in tables that may not make any.
#include "backend.hpp"

#include <string_view>
#include <utility>

#include <koine/connection.hpp>

namespace koine_test {
namespace {

template <class T>
const T& peek(const koine::ref<T>& object) {
    return *object;
}

struct keyless {
    std::int64_t id{};
    std::string name{};

    static constexpr auto koine_table() {
        return koine::table("keyless", col<&keyless::id>(koine::primary_key), col<&keyless::name>(koine::length{40}));
    }
};

// The same table, with a column that the database fills in.
struct keyless_with_default {
    std::int64_t id{};
    std::string name{};
    std::string state{};

    static constexpr auto koine_table() {
        return koine::table("keyless", col<&keyless_with_default::id>(koine::primary_key),
                            col<&keyless_with_default::name>(koine::length{40}),
                            col<&keyless_with_default::state>(koine::server_default{"'new'"}));
    }
};

// A column that a table without another key has.
struct by_rowid {
    std::int64_t id{};
    std::string name{};

    static constexpr auto koine_table() {
        return koine::table("keyless", col<&by_rowid::id>(koine::primary_key, koine::named{"rowid"}),
                            col<&by_rowid::name>);
    }
};

class generated_key : public orm {
protected:
    ~generated_key() override {
        try {
            run({"drop table if exists keyless"});
        } catch (const koine::error&) {
            run({"drop view keyless"});
        }
        run({"drop table if exists behind_view"});
    }

    bool speaks(std::string_view dialect) const { return engine.dialect().name() == dialect; }
    void run(const std::vector<std::string>& texts) const {
        engine.begin([&](koine::connection& on) {
            for (const std::string& text : texts) on.execute(koine::sql(koine::unsafe_sql(text)));
        });
        // Statements that are prepared know the table as it was. A database in memory has one
        // connection.
        if (GetParam().shared) engine.dispose();
    }
    // Tables that give the column no value, or none that anybody could tell.
    std::vector<std::string> without_key() const {
        const std::string state = "name varchar(40), state varchar(40) default 'new'";
        if (speaks("sqlite")) {
            return {"create table keyless (id int primary key, " + state + ")",
                    "create table keyless (id bigint primary key, " + state + ")",
                    "create table keyless (id integer primary key desc, " + state + ")",
                    "create table keyless (id integer, " + state + ")",
                    "create table keyless (id integer, " + state + ", primary key (id, name))",
                    "create table keyless (id int, " + state + ", primary key (id)) without rowid",
                    "create table keyless (id integer primary key, " + state + ") without rowid"};
        }
        std::vector<std::string> found{"create table keyless (id bigint, " + state + ")"};
        if (speaks("mysql")) {
            found.push_back("create table keyless (id bigint default 7, " + state + ")");
            found.push_back("create table keyless (id bigint, n bigint not null auto_increment unique, " + state + ")");
        }
        return found;
    }
    std::int64_t rows() const {
        koine::connection on = engine.connect();
        return on.execute(koine::sql("select count(*) from keyless")).one<std::int64_t>();
    }
    template <class Work>
    void expect_refused(Work&& work) {
        // other rows first: what they leave with the connection is no key of this one
        koine::session session = open();
        const auto earlier = session.add(user{.name = "earlier"});
        session.flush();
        try {
            work(session);
            FAIL() << "a key was made up";
        } catch (const koine::error& why) {
            if (why.code() == koine::errc::not_null_violation) {
                EXPECT_NE(std::string{why.what()}.find("keyless"), std::string::npos) << why.what();
                EXPECT_NE(std::string{why.what()}.find("id"), std::string::npos) << why.what();
            } else {
                EXPECT_EQ(why.code(), koine::errc::unexpected_null) << why.what();
                EXPECT_EQ(why.info().table, "keyless");
                EXPECT_EQ(why.info().column, "id");
            }
        }
        session.rollback();
        EXPECT_EQ(rows(), 0);
    }
};

TEST_P(generated_key, that_nobody_makes_is_an_error_and_nothing_is_stored) {
    for (const std::string& table : without_key()) {
        SCOPED_TRACE(table);
        run({"drop table if exists keyless", table});
        expect_refused([](koine::session& in) {
            const auto added = in.add(keyless{.name = "one"});
            in.commit();
        });
        expect_refused([](koine::session& in) {
            for (const char* const name : {"one", "two", "three"}) in.add(keyless{.name = name});
            in.flush();
        });
        expect_refused([](koine::session& in) {
            keyless mine{.name = "mine"};
            EXPECT_THROW(in.insert(mine), koine::error);
            EXPECT_EQ(mine.id, 0);
            in.rollback();
            in.insert(mine);
        });
        expect_refused([](koine::session& in) {
            in.add(keyless_with_default{.name = "one"});
            in.flush();
        });
        expect_refused([](koine::session& in) {
            for (const char* const name : {"one", "two", "three"}) in.add(keyless_with_default{.name = name});
            in.flush();
        });
        koine::session session = open();
        session.add(keyless{.id = 5, .name = "given"});
        session.commit();
        EXPECT_EQ(session.query<keyless>().count(), 1) << "a key that is given needs nobody";
    }
}

TEST_P(generated_key, of_a_view_is_an_error) {
    if (!speaks("sqlite")) GTEST_SKIP() << "views elsewhere are as good as their tables";
    run({"create table behind_view (id integer primary key, name text)",
         "create view keyless as select id, name from behind_view",
         "create trigger keyless_insert instead of insert on keyless begin insert into behind_view (name) values "
         "(new.name); end"});
    expect_refused([](koine::session& in) {
        in.add(keyless{.name = "one"});
        in.flush();
    });
}

TEST_P(generated_key, that_a_default_makes_is_returned_to_its_own_object) {
    std::string id;
    if (speaks("sqlite")) id = "int primary key default (abs(random()) % 1000000007 + 1)";
    if (speaks("mariadb")) id = "bigint primary key default (1 + floor(rand() * 1000000007))";
    if (speaks("postgresql")) id = "bigint primary key generated by default as identity";
    if (speaks("mysql")) id = "bigint primary key auto_increment";
    // One row a statement: whose keys in any order may be.
    run({"create table keyless (id " + id + ", name varchar(40), state varchar(40) default 'new')"});
    koine::session session = open();
    std::vector<koine::ref<keyless>> added;
    for (int i = 0; i < 5; ++i) {
        added.push_back(session.add(keyless{.name = std::to_string(i)}));
        session.flush();
    }
    for (int i = 0; i < 3; ++i) {
        const keyless mine = session.insert(keyless{.name = "mine " + std::to_string(i)});
        EXPECT_EQ(peek(session.get<keyless>(mine.id)).name, mine.name);
    }
    session.commit();
    koine::session other = open();
    for (const auto& one : added) {
        EXPECT_NE(peek(one).id, 0);
        EXPECT_EQ(peek(other.get<keyless>(peek(one).id)).name, peek(one).name);
    }
}

TEST_P(generated_key, of_many_rows_whose_keys_come_in_any_order_goes_to_its_own_object) {
    if (!speaks("sqlite")) GTEST_SKIP() << "elsewhere the keys of sequences are believed to ascend";
    if (std::string_view{GetParam().name} == "relay") GTEST_SKIP() << "a server's keys are believed to ascend";
    run(
        {"create table keyless (id int primary key default (abs(random()) % 1000000007 + 1), name text, state text "
         "default 'new')"});
    koine::session session = open();
    std::vector<koine::ref<keyless>> added;
    std::vector<koine::ref<keyless_with_default>> filled_in;
    for (int i = 0; i < 120; ++i) {
        added.push_back(session.add(keyless{.name = "a" + std::to_string(i)}));
        filled_in.push_back(session.add(keyless_with_default{.name = "b" + std::to_string(i)}));
    }
    session.commit();
    session.close();
    koine::session other = open();
    const auto name_of_row = [&other](std::int64_t id) { return peek(other.get<keyless>(id)).name; };
    for (const auto& one : added) EXPECT_EQ(name_of_row(peek(one).id), peek(one).name);
    for (const auto& one : filled_in) EXPECT_EQ(name_of_row(peek(one).id), peek(one).name);
}

TEST_P(generated_key, of_a_row_that_the_table_ignores_is_no_other_rows) {
    if (!speaks("sqlite")) GTEST_SKIP() << "only SQLite's tables ignore rows by themselves";
    run({"create table keyless (id integer primary key, name text unique on conflict ignore)"});
    koine::session session = open();
    session.add(keyless{.name = "taken"});
    session.commit();
    const auto added = session.add(keyless{.name = "taken"});
    EXPECT_EQ(code_of([&] { session.flush(); }), koine::errc::unreadable_value);
    session.rollback();
    EXPECT_EQ(peek(added).id, 0);
    session.insert(keyless{.name = "free"});
    keyless mine{.name = "taken"};
    EXPECT_EQ(code_of([&] { session.insert(mine); }), koine::errc::unreadable_value);
    session.rollback();
    session.add(keyless{.name = "free"});
    session.add(keyless{.name = "taken"});
    EXPECT_EQ(code_of([&] { session.flush(); }), koine::errc::unreadable_value);
    session.rollback();
}

TEST_P(generated_key, may_be_the_rowid_itself) {
    if (!speaks("sqlite")) GTEST_SKIP() << "only SQLite has a rowid";
    run({"create table keyless (name text)"});
    koine::session session = open();
    const auto first = session.add(by_rowid{.name = "first"});
    session.flush();
    const by_rowid second = session.insert(by_rowid{.name = "second"});
    session.commit();
    EXPECT_EQ(peek(session.get<by_rowid>(second.id)).name, "second");
    EXPECT_EQ(session.get<by_rowid>(peek(first).id), first);
}

INSTANTIATE_TEST_SUITE_P(backends, generated_key, testing::ValuesIn(backends()), name_of);

}  // namespace
}  // namespace koine_test
