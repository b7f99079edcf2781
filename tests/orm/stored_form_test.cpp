// Tables of SQLite that other programs filled: what is read from a column finds its row again, or
// is refused with a word on its form.
#include <cmath>
#include <tuple>

#include <koine/connection.hpp>
#include <koine/dialect.hpp>

#include "backend.hpp"

namespace koine_test {

namespace {

struct event {
    std::int64_t id{};
    std::optional<koine::timestamp> local{};
    std::optional<koine::instant> moment{};
    std::optional<koine::time_of_day> hour{};
    std::optional<koine::date> day{};
    std::optional<koine::uuid> key{};
    std::optional<bool> open{};

    static constexpr auto koine_table() {
        return koine::table("events", col<&event::id>(koine::primary_key), col<&event::local>, col<&event::moment>,
                            col<&event::hour>, col<&event::day>, col<&event::key>, col<&event::open>);
    }
};

// A key that other programs write.
struct reading {
    koine::timestamp at{};
    double value{};
    static constexpr auto koine_table() {
        return koine::table("readings", col<&reading::at>(koine::primary_key), col<&reading::value>);
    }
};

class stored_forms : public testing::Test {
protected:
    stored_forms() {
        run("create table events (id integer primary key, local datetime, moment datetime, hour time, day date, key "
            "uuid, open boolean)");
        run("create index events_local on events (local)");
        run("create table readings (at datetime primary key default current_timestamp, value real)");
    }
    void run(const std::string& text) {
        engine.begin([&](koine::connection& on) { on.execute(koine::sql(koine::unsafe_sql(text))); });
    }
    void store(const std::string& column, const std::string& text) {
        run("insert into events (" + column + ") values ('" + text + "')");
    }
    std::int64_t count_of(const koine::predicate<event>& condition) {
        koine::session on{engine};
        return on.query<event>().filter(condition).count();
    }
    // The row that was stored last, or how it is refused.
    event last() {
        koine::session on{engine};
        return on.query<event>().order_by(col<&event::id>.desc()).limit(1).values().at(0);
    }
    koine::error_info refusal() {
        try {
            last();
        } catch (const koine::error& why) {
            return why.info();
        }
        return {};
    }
    // What is read from a column satisfies what it must, and nothing else.
    template <auto M, class T>
    void expect_found(T value, T before, T behind) {
        EXPECT_EQ(count_of(col<M> == value), 1);
        EXPECT_EQ(count_of(col<M> != value), 0);
        EXPECT_EQ(count_of(col<M> >= value), 1);
        EXPECT_EQ(count_of(col<M> <= value), 1);
        EXPECT_EQ(count_of(col<M> > value), 0);
        EXPECT_EQ(count_of(col<M> < value), 0);
        EXPECT_EQ(count_of(col<M> > before), 1);
        EXPECT_EQ(count_of(col<M> >= before), 1);
        EXPECT_EQ(count_of(col<M> < before), 0);
        EXPECT_EQ(count_of(col<M> <= before), 0);
        EXPECT_EQ(count_of(col<M> < behind), 1);
        EXPECT_EQ(count_of(col<M> <= behind), 1);
        EXPECT_EQ(count_of(col<M> > behind), 0);
        EXPECT_EQ(count_of(col<M> >= behind), 0);
        EXPECT_EQ(count_of(col<M>.between(value, value)), 1);
        EXPECT_EQ(count_of(col<M>.between(before, behind)), 1);
        EXPECT_EQ(count_of(col<M>.between(behind, behind)), 0);
        for (const std::size_t size : {1U, 2U, 20U, 3'000U}) {
            std::vector<T> list(size, before);
            EXPECT_EQ(count_of(col<M>.in(list)), 0);
            EXPECT_EQ(count_of(col<M>.not_in(list)), 1);
            list.back() = value;
            EXPECT_EQ(count_of(col<M>.in(list)), 1);
            EXPECT_EQ(count_of(col<M>.not_in(list)), 0);
        }
        EXPECT_EQ(count_of(col<M> == col<M>), 1);
        run("delete from events");
    }

    koine::engine engine = koine::create_engine("sqlite://");
};

// Every number of digits that is enough, and CURRENT_TIMESTAMP's own.
TEST_F(stored_forms, of_moments_are_found_with_fewer_digits) {
    using std::chrono::microseconds;
    for (const std::string fraction : {"", ".0", ".000", ".000000", ".5", ".50", ".500", ".500000", ".120", ".12",
                                       ".123", ".1230", ".123450", ".123456", ".000001", ".000010", ".00001"}) {
        SCOPED_TRACE(fraction);
        store("local", "2021-09-14 02:10:00" + fraction);
        const koine::timestamp local = last().local.value();
        expect_found<&event::local>(local, local - microseconds{1}, local + microseconds{1});
        store("moment", "2021-09-14 02:10:00" + fraction);
        const koine::instant moment = last().moment.value();
        EXPECT_EQ(moment.time_since_epoch(), local.time_since_epoch());
        expect_found<&event::moment>(moment, moment - microseconds{1}, moment + microseconds{1});
        store("hour", "02:10:00" + fraction);
        const koine::time_of_day hour = last().hour.value();
        expect_found<&event::hour>(hour, koine::time_of_day{hour.since_midnight() - microseconds{1}},
                                   koine::time_of_day{hour.since_midnight() + microseconds{1}});
    }
    store("moment", "2021-09-14 02:10:00.120000Z");
    const koine::instant moment = last().moment.value();
    expect_found<&event::moment>(moment, moment - microseconds{1}, moment + microseconds{1});
}

TEST_F(stored_forms, of_infinite_moments_are_found) {
    for (const char* const text : {"infinity", "-infinity"}) {
        store("local", text);
        EXPECT_EQ(count_of(col<&event::local> == *last().local), 1);
        EXPECT_EQ(count_of(col<&event::local>.in(std::vector<koine::timestamp>(20, *last().local))), 1);
        run("delete from events");
    }
}

// Rows in several forms: equal ones are equal, and the order is that of time.
TEST_F(stored_forms, stand_side_by_side) {
    for (const char* const text :
         {"2021-09-14 02:12:05", "2021-09-14 02:12:04.5", "2021-09-14 02:12:04", "2021-09-14 02:12:04.000",
          "2021-09-14 02:12:04.000000", "2021-09-14 02:12:04.500000", "2021-09-14 02:12:04.499999"})
        store("local", text);
    koine::session on{engine};
    const auto sorted = on.query<event>().order_by(col<&event::local>.asc()).values();
    for (std::size_t i = 1; i < sorted.size(); ++i) EXPECT_LE(*sorted[i - 1].local, *sorted[i].local);
    for (const event& one : sorted) {
        std::int64_t equal = 0;
        std::int64_t less = 0;
        for (const event& other : sorted) {
            equal += other.local == one.local ? 1 : 0;
            less += other.local < one.local ? 1 : 0;
        }
        EXPECT_EQ(on.query<event>().filter(col<&event::local> == *one.local).count(), equal);
        EXPECT_EQ(on.query<event>().filter(col<&event::local> < *one.local).count(), less);
        EXPECT_EQ(on.query<event>().filter(col<&event::local> <= *one.local).count(), less + equal);
    }
}

TEST_F(stored_forms, are_searched_by_index) {
    const std::string plan = engine.begin([](koine::connection& on) {
        return std::get<3>(
            on.execute(koine::sql("explain query plan select * from events where local between rtrim(rtrim(:t, '0'), "
                                  "'.') and :t",
                                  {{"t", koine::timestamp{}}}))
                .one<std::tuple<std::int64_t, std::int64_t, std::int64_t, std::string>>());
    });
    EXPECT_NE(plan.find("events_local"), std::string::npos) << plan;
}

// A key in another form is the object's own all the same.
TEST_F(stored_forms, are_keys_too) {
    run("insert into readings values ('2021-09-14 02:12:04', 1.5)");
    run("insert into readings values ('2021-09-14 02:12:05.000', 2.5)");
    koine::session on{engine};
    auto both = on.query<reading>().order_by(col<&reading::at>.asc()).all();
    ASSERT_EQ(both.size(), 2U);
    const koine::timestamp first = std::as_const(both[0])->at;
    both[0]->value = 10;
    on.delete_(both[1]);
    on.commit();
    on.close();
    koine::session other{engine};
    const auto changed = other.get<reading>(first);
    EXPECT_EQ(changed->value, 10);
    EXPECT_EQ(other.query<reading>().count(), 1);
    other.close();
    run("insert into readings (value) values (3)");
    koine::session third{engine};
    const auto newest = third.query<reading>().order_by(col<&reading::at>.desc()).first();
    EXPECT_EQ(third.query<reading>().filter(col<&reading::at> == newest->at).count(), 1);
}

TEST_F(stored_forms, that_would_not_be_found_are_refused_by_name) {
    struct refused {
        const char* column;
        const char* text;
        const char* form;  // as the message has it
    };
    for (const refused& one : {refused{"local", "2021-09-14T02:12:04", "9999-99-99T99:99:99,"},
                               {"local", "2021-09-14", "9999-99-99,"},
                               {"local", "2021-09-14 02:12", "9999-99-99 99:99,"},
                               {"local", "2021-09-14 02:12:04.0000000", "99.9999999,"},
                               {"moment", "2021-09-14T02:12:04Z", "9999-99-99T99:99:99Z,"},
                               {"moment", "2021-09-14 02:12:04Z", "9999-99-99 99:99:99Z,"},
                               {"moment", "2021-09-14 02:12:04.5Z", "99:99:99.9Z,"},
                               {"moment", "2021-09-14 02:12:04+02:00", "99+99:99,"},
                               {"hour", "02:12", "99:99,"},
                               {"day", "+2021-09-14", "+9999-99-99,"},
                               {"key", "00112233-4455-6677-8899-AABBCCDDEEFF", "AAAAAAAAAAAA,"},
                               {"key", "00112233445566778899aabbccddeeff", "aaaaaaaaaaaa,"},
                               {"key", "{00112233-4455-6677-8899-aabbccddeeff}", "{99999999-"},
                               {"open", "true", "a word"},
                               {"open", "f", "a word"}}) {
        SCOPED_TRACE(one.text);
        store(one.column, one.text);
        const koine::error_info why = refusal();
        EXPECT_EQ(why.code, koine::errc::unreadable_value);
        EXPECT_EQ(why.column, one.column);
        EXPECT_NE(why.message.find(one.column), std::string::npos) << why.message;
        EXPECT_NE(why.message.find(one.form), std::string::npos) << why.message;
        EXPECT_NE(why.message.find("would not find"), std::string::npos) << why.message;
        EXPECT_NE(why.hint.find("UPDATE ... SET"), std::string::npos) << why.hint;
        const std::string at = why.message + why.hint;
        EXPECT_EQ(at.find("2021"), std::string::npos) << "no value: " << at;
        // The same by text.
        koine::connection on = engine.connect();
        const auto of_text = [&] { on.execute(koine::sql("select * from events")).into<event>(); };
        EXPECT_NE(message_of(of_text).find("would not find"), std::string::npos) << message_of(of_text);
        on.close();
        run("delete from events");
    }
    // What is none at all is told as before.
    store("local", "soon");
    EXPECT_EQ(refusal().message.find("would not find"), std::string::npos);
}

// The remedies that the hints name.
TEST_F(stored_forms, can_be_rewritten_once) {
    store("local", "2021-09-14T02:12:04");
    store("moment", "2021-09-14T02:12:04+02:00");
    store("hour", "02:12");
    store("key", "00112233-4455-6677-8899-AABBCCDDEEFF");
    store("open", "true");
    run("update events set local = strftime('%Y-%m-%d %H:%M:%f', local) || '000', "
        "moment = strftime('%Y-%m-%d %H:%M:%f', moment) || '000Z', hour = strftime('%H:%M:%f', hour) || '000', "
        "key = lower(key), open = lower(open) IN ('t', 'true')");
    const auto all = [this] {
        koine::session on{engine};
        return on.query<event>().order_by(col<&event::id>.asc()).values();
    }();
    ASSERT_EQ(all.size(), 5U);
    EXPECT_EQ(count_of(col<&event::local> == all[0].local), 1);
    EXPECT_EQ(all[1].moment, koine::instant{std::chrono::seconds{1'631'578'324}});
    EXPECT_EQ(count_of(col<&event::hour> == all[2].hour), 1);
    EXPECT_EQ(count_of(col<&event::key> == all[3].key), 1);
    EXPECT_TRUE(all[4].open.value());
}

// ---- The sign of zero ----

struct zero {
    std::int64_t id{};
    double value{};
    static constexpr auto koine_table() {
        return koine::table("zeros", col<&zero::id>(koine::primary_key), col<&zero::value>);
    }
};

class zeros : public orm {};

// SQLite stores a double without a fraction as an integer, which has no such zero, and MariaDB
// makes it the other one.
TEST_P(zeros, keep_their_sign_on_postgresql) {
    koine::metadata tables = koine::map<zero>();
    tables.drop_all(engine);
    tables.create_all(engine);
    koine::session on{engine};
    on.add(zero{.value = -0.0});
    on.add(zero{.value = 0.0});
    on.commit();
    EXPECT_EQ(on.query<zero>().filter(col<&zero::value> == 0.0).count(), 2);
    EXPECT_EQ(on.query<zero>().filter(col<&zero::value>.in(std::vector<double>(20, -0.0))).count(), 2);
    on.close();
    const auto rows = [this] {
        koine::session other{engine};
        return other.query<zero>().order_by(col<&zero::id>.asc()).values();
    }();
    const bool kept = engine.dialect().name() == "postgresql";
    EXPECT_EQ(std::signbit(rows.at(0).value), kept);
    EXPECT_FALSE(std::signbit(rows.at(1).value));
    tables.drop_all(engine);
}

INSTANTIATE_TEST_SUITE_P(on, zeros, testing::ValuesIn(backends()), &name_of);

}  // namespace

}  // namespace koine_test
