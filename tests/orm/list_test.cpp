// in() and not_in(): lists of every type and of any size, the same on each backend.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <numeric>

#include <koine/connection.hpp>
#include <koine/dialect.hpp>

#include "backend.hpp"

namespace koine_test {

namespace {

enum class colour { red, green, blue };

struct thing {
    std::int64_t id{};
    std::string name{};
    std::optional<std::string> note{};
    double weight{};
    std::vector<std::byte> bytes{};
    bool kept{};
    koine::date day{};
    koine::time_of_day hour{};
    koine::timestamp local{};
    koine::instant moment{};
    koine::uuid key{};
    colour paint{};

    static constexpr auto koine_table() {
        return koine::table("things", col<&thing::id>(koine::primary_key, koine::not_generated), col<&thing::name>,
                            col<&thing::note>, col<&thing::weight>, col<&thing::bytes>, col<&thing::kept>,
                            col<&thing::day>, col<&thing::hour>, col<&thing::local>, col<&thing::moment>,
                            col<&thing::key>, col<&thing::paint>);
    }
};

using std::chrono::microseconds;

// Texts that would say something else if one of the forms in which a list travels were wrong.
const std::array<std::string, 12> awkward{"",
                                          "NULL",
                                          "a,b",
                                          "{a}",
                                          "\"quoted\"",
                                          "back\\slash",
                                          "'x'",
                                          "[1]",
                                          "tab\there",
                                          "line\nfeed\x01",
                                          "\xc3\xa4\xe2\x82\xac\xf0\x9f\x92\xa3",
                                          " x "};

std::string name_of_row(std::int64_t id) {
    const auto n = static_cast<std::size_t>(id);
    return awkward[n % awkward.size()] + std::to_string(n / awkward.size());
}

thing thing_of(std::int64_t id) {
    thing out;
    out.id = id;
    const auto n = static_cast<std::size_t>(id);
    out.name = name_of_row(id);
    if (id % 3 != 0) out.note = "note " + std::to_string(id);
    out.weight = static_cast<double>(id) / 3;
    out.bytes = {std::byte{0}, static_cast<std::byte>(n), std::byte{0xff}};
    out.kept = id % 2 == 0;
    out.day = koine::date{std::chrono::sys_days{std::chrono::days{id * 100}}};
    out.hour = koine::time_of_day{microseconds{id * 1'000'001}};
    out.local = koine::timestamp{microseconds{id * 86'400'500'000}};
    out.moment = koine::instant{microseconds{id * -86'400'500'001}};
    koine::uuid::bytes_type bytes{};
    bytes[0] = static_cast<std::uint8_t>(id);
    bytes[15] = 0xab;
    out.key = koine::uuid{bytes};
    out.paint = static_cast<colour>(id % 3);
    return out;
}

constexpr std::int64_t rows = 40;

class lists : public orm {
protected:
    lists() {
        things_.drop_all(engine);
        things_.create_all(engine);
        koine::session on{engine};
        for (std::int64_t i = 1; i <= rows; ++i) on.add(thing_of(i));
        on.commit();
    }
    ~lists() override { things_.drop_all(engine); }

    // The keys of the rows that satisfy a condition.
    std::vector<std::int64_t> found(const koine::predicate<thing>& condition) {
        koine::session on{engine};
        std::vector<std::int64_t> out;
        for (const thing& one : on.query<thing>().filter(condition).order_by(col<&thing::id>.asc()).values())
            out.push_back(one.id);
        return out;
    }
    // A list of the values of the rows first, first + step, ... in a column.
    template <class T>
    static std::vector<T> values_of(T thing::*member, std::int64_t first, std::int64_t step) {
        std::vector<T> out;
        for (std::int64_t i = first; i <= rows; i += step) out.push_back(thing_of(i).*member);
        return out;
    }
    static std::vector<std::int64_t> keys(std::int64_t first, std::int64_t step) {
        return values_of(&thing::id, first, step);
    }
    // A row is found by its own value in a list, short and long, and not in the complement.
    template <auto M, class T>
    void expect_found() {
        constexpr auto member = M;
        for (const std::int64_t step : {2, 10}) {
            const std::vector<T> listed = values_of<T>(member, 1, step);
            EXPECT_EQ(found(col<M>.in(listed)), keys(1, step));
            std::vector<std::int64_t> others;
            for (std::int64_t i = 1; i <= rows; ++i)
                if ((i - 1) % step != 0) others.push_back(i);
            EXPECT_EQ(found(col<M>.not_in(listed)), others);
        }
    }
    bool one_placeholder_each() const {
        const std::string_view name = engine.dialect().name();
        return name == "mariadb" || name == "mysql";
    }
    static std::vector<std::int64_t> numbers(std::int64_t count) {
        std::vector<std::int64_t> out(static_cast<std::size_t>(count));
        std::iota(out.begin(), out.end(), 21);
        return out;
    }

private:
    koine::metadata things_ = koine::map<thing>();
};

TEST_P(lists, hold_integers) {
    expect_found<&thing::id, std::int64_t>();
}
TEST_P(lists, hold_texts_of_all_characters) {
    expect_found<&thing::name, std::string>();
}
TEST_P(lists, hold_doubles_exactly) {
    expect_found<&thing::weight, double>();
}
TEST_P(lists, hold_bytes) {
    expect_found<&thing::bytes, std::vector<std::byte>>();
}
TEST_P(lists, hold_dates_and_times) {
    expect_found<&thing::day, koine::date>();
    expect_found<&thing::hour, koine::time_of_day>();
    expect_found<&thing::local, koine::timestamp>();
    expect_found<&thing::moment, koine::instant>();
}
TEST_P(lists, hold_uuids) {
    expect_found<&thing::key, koine::uuid>();
}

TEST_P(lists, hold_booleans_and_enumerators) {
    const std::vector<bool> yes(20, true);
    EXPECT_EQ(found(col<&thing::kept>.in(yes)), keys(2, 2));
    EXPECT_EQ(found(col<&thing::kept>.not_in(yes)), keys(1, 2));
    const std::vector<colour> reds(20, colour::red);
    EXPECT_EQ(found(col<&thing::paint>.in(reds)), keys(3, 3));
}

TEST_P(lists, of_dates_reach_beyond_the_sortable_years) {
    // Only PostgreSQL stores these; what is not stored is refused.
    if (engine.dialect().name() != "postgresql") return;
    using namespace std::chrono;
    std::vector<koine::date> days{koine::infinite_date, koine::minus_infinite_date, year{-43} / March / 15,
                                  year{0} / January / 1, year{12345} / December / 31};
    std::vector<koine::timestamp> moments;
    for (std::int64_t i = 0; i < 5; ++i) {
        const auto at = static_cast<std::size_t>(i);
        koine::session on{engine};
        auto row = on.get<thing>(i + 1);
        row->day = days[at];
        row->local = i < 2 ? koine::infinite_timestamp
                           : koine::timestamp{local_days{days[at]}.time_since_epoch() + microseconds{1}};
        row->moment = koine::instant{row->local.time_since_epoch()};
        moments.push_back(row->local);
        on.commit();
    }
    for (int i = 0; i < 10; ++i) days.push_back(year{1900} / May / 1);
    while (moments.size() < days.size()) moments.push_back(koine::timestamp{microseconds{5}});
    std::vector<koine::instant> instants;
    for (const koine::timestamp& one : moments) instants.push_back(koine::instant{one.time_since_epoch()});
    const std::vector<std::int64_t> first_five{1, 2, 3, 4, 5};
    EXPECT_EQ(found(col<&thing::day>.in(days)), first_five);
    EXPECT_EQ(found(col<&thing::local>.in(moments)), first_five);
    EXPECT_EQ(found(col<&thing::moment>.in(instants)), first_five);
}

// NULL is neither in a list nor not in it, however long the list is.
TEST_P(lists, leave_null_out) {
    for (const std::size_t size : {1U, 3U, 9U, 5'000U}) {
        std::vector<std::string> notes{"note 1"};
        while (notes.size() < size) notes.push_back("nothing " + std::to_string(notes.size()));
        EXPECT_EQ(found(col<&thing::note>.in(notes)), (std::vector<std::int64_t>{1}));
        std::vector<std::int64_t> others;
        for (std::int64_t i = 2; i <= rows; ++i)
            if (i % 3 != 0) others.push_back(i);
        EXPECT_EQ(found(col<&thing::note>.not_in(notes)), others);
        EXPECT_EQ(found(!col<&thing::note>.in(notes)), others);
    }
    EXPECT_EQ(found(col<&thing::note>.in(std::vector<std::string>{})).size(), 0U);
    EXPECT_EQ(found(col<&thing::note>.not_in(std::vector<std::string>{})).size(), 40U);
}

TEST_P(lists, have_any_size) {
    std::vector<std::int64_t> sizes{7, 8, 9, 2'048, 2'049, 4'097, 7'500, 30'000, 65'534, 65'535};
    if (!one_placeholder_each()) sizes.push_back(300'000);
    for (const std::int64_t size : sizes) {
        koine::session on{engine};
        const auto query = on.query<thing>();
        const std::int64_t expected = std::min<std::int64_t>(size, 20);
        EXPECT_EQ(query.filter(col<&thing::id>.in(numbers(size))).count(), expected) << size;
        EXPECT_EQ(query.filter(col<&thing::id>.not_in(numbers(size))).count(), rows - expected) << size;
        std::vector<std::string> names;
        for (const std::int64_t number : numbers(size)) names.push_back(name_of_row(number));
        EXPECT_EQ(query.filter(col<&thing::name>.in(names)).count(), expected) << size;
    }
}

TEST_P(lists, beyond_what_a_statement_takes_are_refused_where_each_value_has_a_placeholder) {
    koine::session on{engine};
    if (one_placeholder_each()) {
        EXPECT_EQ(code_of([&] { on.query<thing>().filter(col<&thing::id>.in(numbers(65'536))).count(); }),
                  koine::errc::not_supported);
    } else {
        EXPECT_EQ(on.query<thing>().filter(col<&thing::id>.in(numbers(65'536))).count(), 20);
    }
    EXPECT_EQ(on.query<thing>().count(), rows) << "the session goes on";
}

// Values in front of a list and behind it keep their places.
TEST_P(lists, stand_among_other_conditions) {
    const auto all = [this](std::int64_t size) {
        koine::session on{engine};
        std::vector<std::string> names;
        for (const std::int64_t number : numbers(size)) names.push_back(name_of_row(number));
        const auto query = on.query<thing>()
                               .filter(col<&thing::weight> > 7.5, col<&thing::id>.in(numbers(size)))
                               .filter(col<&thing::name>.in(names) || col<&thing::note> == "note 40")
                               .filter(col<&thing::id> != 30, col<&thing::paint>.not_in(colour::blue))
                               .order_by(col<&thing::id>.asc());
        std::vector<std::int64_t> out;
        for (const thing& one : query.limit(4).offset(1).values()) out.push_back(one.id);
        out.push_back(query.count());
        out.push_back(query.exists() ? 1 : 0);
        out.push_back(query.distinct().limit(3).count());
        return out;
    };
    const std::vector<std::int64_t> expected{25, 27, 28, 31, 11, 1, 3};
    EXPECT_EQ(all(20), expected);
    EXPECT_EQ(all(3'000), expected);
    EXPECT_EQ(all(20), expected) << "the statements are kept, and found again with other values";
}

TEST_P(lists, choose_what_is_updated_and_deleted) {
    koine::session on{engine};
    const auto some = on.query<thing>().filter(col<&thing::id>.in(numbers(10'000)), col<&thing::kept> == true);
    EXPECT_EQ(some.update(col<&thing::note>.set("changed"), col<&thing::weight>.set(-1.0)), 10);
    EXPECT_EQ(on.query<thing>().filter(col<&thing::note> == "changed").count(), 10);
    EXPECT_EQ(some.delete_(), 10);
    const auto others = on.query<thing>().filter(col<&thing::id>.not_in(numbers(10'000)));
    EXPECT_EQ(others.delete_(), 20);
    on.commit();
    EXPECT_EQ(found(col<&thing::id> > 0), keys(21, 2));
}

// A condition on a base class, whose columns and values move to those of the class.
TEST_P(lists, of_a_base_class_serve_its_classes) {
    const koine::predicate<thing> moved{col<&thing::id>.in(numbers(100)) && col<&thing::kept> == true};
    const koine::predicate<thing> twice = moved && moved;
    EXPECT_EQ(found(twice), keys(22, 2));
}

TEST_P(lists, are_beside_patterns_of_any_size) {
    koine::session on{engine};
    const std::string large = std::string(60'000, 'x') + "%_\\'end";
    auto row = on.get<thing>(1);
    row->note = "begin " + large;
    on.flush();
    const auto query = on.query<thing>();
    EXPECT_EQ(query.filter(col<&thing::note>.contains(large)).count(), 1);
    EXPECT_EQ(query.filter(col<&thing::note>.ends_with(large)).count(), 1);
    EXPECT_EQ(query.filter(col<&thing::note>.contains(large + "!")).count(), 0);
    EXPECT_EQ(query.filter(col<&thing::note>.starts_with("begin " + large)).count(), 1);
    EXPECT_EQ(query.filter(col<&thing::note>.ilike('%' + std::string(55'000, 'X') + '%')).count(), 1);
}

INSTANTIATE_TEST_SUITE_P(on, lists, testing::ValuesIn(backends()), &name_of);

}  // namespace

}  // namespace koine_test
