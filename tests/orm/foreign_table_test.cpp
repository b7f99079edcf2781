// Tables that Koine did not create, whose columns have types that it would not choose: every form
// of a statement takes them as they are.
#include <koine/connection.hpp>
#include <koine/dialect.hpp>

#include "backend.hpp"

namespace koine_test {

namespace {

enum class mood { sad, happy };

struct visit {
    std::int64_t id{};
    mood feeling{};
    std::string document{};
    std::string address{};
    std::string name{};
    std::string folded{};
    std::string price{};
    std::int64_t count{};
    koine::timestamp at{};

    static constexpr auto koine_table() {
        return koine::table("visits", col<&visit::id>(koine::primary_key), col<&visit::feeling>, col<&visit::document>,
                            col<&visit::address>, col<&visit::name>, col<&visit::folded>, col<&visit::price>,
                            col<&visit::count>, col<&visit::at>);
    }
};

// A table whose name is a type of PostgreSQL's, found before the table's own.
struct point {
    std::int64_t id{};
    mood feeling{};
    static constexpr auto koine_table() {
        return koine::table("point", col<&point::id>(koine::primary_key), col<&point::feeling>);
    }
};

visit visit_of(std::int64_t number) {
    using namespace std::chrono;
    visit out;
    out.feeling = number % 2 == 0 ? mood::happy : mood::sad;
    out.document = R"({"n": )" + std::to_string(number) + "}";
    out.address = "2001:db8::" + std::to_string(number);
    out.name = "n" + std::to_string(number);
    out.folded = "F" + std::to_string(number);
    out.price = std::to_string(number) + ".50";
    out.count = number;
    out.at =
        koine::timestamp{local_days{year{2021} / September / day{static_cast<unsigned>(number)}} + microseconds{1}};
    return out;
}

class foreign_tables : public orm {
protected:
    foreign_tables() {
        drop();
        const std::string_view name = engine.dialect().name();
        if (name == "postgresql") {
            run("create type mood_of_test as enum ('sad', 'happy')");
            run("create extension if not exists citext");
            run("create domain small_count as smallint check (value < 1000)");
            run("create table visits (id bigserial primary key, feeling mood_of_test not null, document jsonb not "
                "null, address inet not null, name varchar(10) not null, folded citext not null, price numeric(10,2) "
                "not null, count small_count not null, at timestamp(6) without time zone not null)");
            run("create table point (id serial primary key, feeling mood_of_test not null)");
        } else if (name == "sqlite") {
            run("create table visits (id integer primary key, feeling enum, document json, address inet, name "
                "varchar(10), folded text collate nocase, price text, count smallint, at datetime)");
            run("create table point (id integer primary key, feeling varchar(5))");
        } else {
            run("create table visits (id bigint auto_increment primary key, feeling enum('sad', 'happy') not null, "
                "document json not null, address inet6 not null, name varchar(10) not null, folded varchar(10) collate "
                "utf8mb4_general_ci not null, price decimal(10,2) not null, count smallint not null, at datetime(6) "
                "not null)");
            run("create table point (id int auto_increment primary key, feeling enum('sad', 'happy') not null)");
        }
    }
    ~foreign_tables() override { drop(); }

    void run(const std::string& text) {
        engine.begin([&](koine::connection& on) { on.execute(koine::sql(koine::unsafe_sql(text))); });
    }
    void drop() {
        run("drop table if exists visits");
        run("drop table if exists point");
        if (engine.dialect().name() != "postgresql") return;
        run("drop type if exists mood_of_test");
        run("drop domain if exists small_count");
    }
    void add(std::int64_t first, std::int64_t last) {
        koine::session on{engine};
        std::vector<koine::ref<visit>> added;
        for (std::int64_t i = first; i <= last; ++i) added.push_back(on.add(visit_of(i)));
        on.commit();
        for (std::int64_t i = first; i <= last; ++i) {
            const visit& one = *std::as_const(added[static_cast<std::size_t>(i - first)]);
            koine::session other{engine};
            EXPECT_EQ(other.query<visit>().filter(col<&visit::count> == i).one_or_none()->id, one.id)
                << "every object has the key of its own row";
        }
    }
    std::int64_t count_of(const koine::predicate<visit>& condition) {
        koine::session on{engine};
        return on.query<visit>().filter(condition).count();
    }
};

TEST_P(foreign_tables, take_new_rows_one_by_one_and_together) {
    add(1, 1);
    add(2, 3);
    add(4, 20);
    EXPECT_EQ(count_of(col<&visit::feeling> == mood::happy), 10);
    koine::session on{engine};
    for (int i = 0; i < 60; ++i) on.add(point{.feeling = i % 2 == 0 ? mood::sad : mood::happy});
    on.commit();
    EXPECT_EQ(on.query<point>().filter(col<&point::feeling> == mood::happy).count(), 30);
}

TEST_P(foreign_tables, are_compared_in_every_form) {
    add(1, 20);
    const visit five = visit_of(5);
    const visit nobody = visit_of(21);
    EXPECT_EQ(count_of(col<&visit::address> == five.address), 1);
    EXPECT_EQ(count_of(col<&visit::name> == five.name), 1);
    EXPECT_EQ(count_of(col<&visit::folded> == "f5"), 1) << "the column's own collation holds";
    EXPECT_EQ(count_of(col<&visit::price> == five.price), 1);
    EXPECT_EQ(count_of(col<&visit::count> == five.count), 1);
    EXPECT_EQ(count_of(col<&visit::at> == five.at), 1);
    EXPECT_EQ(count_of(col<&visit::at>.between(five.at, visit_of(7).at)), 3);
    for (const std::size_t size : {2U, 12U, 3'000U}) {
        const auto list = [&](auto member) {
            std::vector<std::remove_cvref_t<decltype(five.*member)>> out(size, nobody.*member);
            out.front() = five.*member;
            return out;
        };
        EXPECT_EQ(count_of(col<&visit::feeling>.in(std::vector<mood>(size, mood::sad))), 10);
        EXPECT_EQ(count_of(col<&visit::address>.in(list(&visit::address))), 1);
        EXPECT_EQ(count_of(col<&visit::name>.in(list(&visit::name))), 1);
        std::vector<std::string> folded = list(&visit::folded);
        folded.front() = "f5";
        EXPECT_EQ(count_of(col<&visit::folded>.in(folded)), 1);
        EXPECT_EQ(count_of(col<&visit::folded>.not_in(folded)), 19);
        EXPECT_EQ(count_of(col<&visit::price>.in(list(&visit::price))), 1);
        EXPECT_EQ(count_of(col<&visit::count>.in(list(&visit::count))), 1);
        EXPECT_EQ(count_of(col<&visit::at>.in(list(&visit::at))), 1);
        EXPECT_EQ(count_of(col<&visit::at>.not_in(list(&visit::at))), 19);
    }
    if (engine.dialect().name() != "postgresql") return;
    EXPECT_EQ(count_of(col<&visit::document> == R"({ "n":5 })"), 1) << "as jsonb, not as text";
    EXPECT_EQ(count_of(col<&visit::document>.in(std::vector<std::string>(20, R"({ "n":5 })"))), 1);
}

TEST_P(foreign_tables, are_updated_row_by_row_and_by_query) {
    add(1, 6);
    koine::session on{engine};
    for (auto& one : on.query<visit>().order_by(col<&visit::id>.asc()).limit(3).all()) {
        one->feeling = mood::happy;
        one->document = R"({"changed": true})";
        one->address = "::1";
        one->name = "new";
        one->folded = "NEW";
        one->price = "0.25";
        one->count += 100;
        one->at += std::chrono::seconds{1};
    }
    on.commit();
    const auto count_of = [&](const koine::predicate<visit>& condition) {
        return on.query<visit>().filter(condition).count();
    };
    EXPECT_EQ(count_of(col<&visit::address> == "::1"), 3);
    EXPECT_EQ(count_of(col<&visit::count> > 100), 3);
    EXPECT_EQ(on.query<visit>()
                  .filter(col<&visit::name>.in("new", "n5"))
                  .update(col<&visit::feeling>.set(mood::sad), col<&visit::document>.set("[]"),
                          col<&visit::price>.set("7.75"), col<&visit::at>.set(visit_of(9).at)),
              4);
    EXPECT_EQ(count_of(col<&visit::price> == "7.75"), 4);
    EXPECT_EQ(on.query<visit>().filter(col<&visit::at> == visit_of(9).at).delete_(), 4);
    on.commit();
    EXPECT_EQ(count_of(col<&visit::id> > 0), 2);
}

// What one new row is refused for, several are refused for too.
TEST_P(foreign_tables, refuse_the_same_values_in_every_form) {
    if (engine.dialect().name() == "sqlite") return;  // its columns take anything
    const auto code_of_adding = [this](int copies, auto change) {
        koine::session on{engine};
        for (int i = 1; i <= copies; ++i) {
            visit one = visit_of(i);
            change(one);
            on.add(one);
        }
        return code_of([&] { on.commit(); });
    };
    for (const auto change :
         {+[](visit& one) { one.name = "longer than ten"; }, +[](visit& one) { one.count = 70'000; },
          +[](visit& one) { one.price = "much"; }, +[](visit& one) { one.address = "nowhere"; }}) {
        const koine::errc alone = code_of_adding(1, change);
        EXPECT_NE(alone, koine::errc{});
        const koine::errc together = code_of_adding(3, change);
        EXPECT_NE(together, koine::errc{});
    }
    EXPECT_EQ(count_of(col<&visit::id> > 0), 0);
}

INSTANTIATE_TEST_SUITE_P(on, foreign_tables, testing::ValuesIn(backends()), &name_of);

// Moments keep their zone, or are refused: in the text of a list nobody would see it dropped.
struct local_clock {
    std::int64_t id{};
    koine::instant at{};
    static constexpr auto koine_table() {
        return koine::table("clocks", col<&local_clock::id>(koine::primary_key), col<&local_clock::at>);
    }
};

class foreign_moments : public orm {};

TEST_P(foreign_moments, keep_their_zone_in_every_form) {
    if (engine.dialect().name() != "postgresql") return;  // a question of its types
    engine.begin([](koine::connection& on) {
        on.execute(koine::sql("drop table if exists clocks"));
        on.execute(koine::sql("create table clocks (id bigserial primary key, at timestamp without time zone)"));
    });
    const koine::instant now{std::chrono::seconds{1'600'000'000}};
    const auto refused = [&](auto work) {
        koine::session on{engine};
        return code_of([&] { work(on); });
    };
    const auto count = [](koine::session& on, const koine::predicate<local_clock>& condition) {
        on.query<local_clock>().filter(condition).count();
    };
    using koine::errc;
    EXPECT_EQ(refused([&](koine::session& on) { count(on, col<&local_clock::at> == now); }), errc::type_mismatch);
    EXPECT_EQ(refused([&](koine::session& on) { count(on, col<&local_clock::at>.in(now, now)); }), errc::type_mismatch);
    EXPECT_EQ(
        refused([&](koine::session& on) { count(on, col<&local_clock::at>.in(std::vector<koine::instant>(50, now))); }),
        errc::type_mismatch);
    EXPECT_EQ(refused([&](koine::session& on) {
                  on.add(local_clock{.at = now});
                  on.commit();
              }),
              errc::type_mismatch);
    EXPECT_EQ(refused([&](koine::session& on) {
                  for (int i = 0; i < 3; ++i) on.add(local_clock{.at = now});
                  on.commit();
              }),
              errc::type_mismatch);
    engine.begin([](koine::connection& on) { on.execute(koine::sql("drop table clocks")); });
}

INSTANTIATE_TEST_SUITE_P(on, foreign_moments, testing::ValuesIn(backends()), &name_of);

}  // namespace

}  // namespace koine_test
