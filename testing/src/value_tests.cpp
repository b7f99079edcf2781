// Values: what goes in comes out, exactly, on every backend.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <koine/dialect.hpp>
#include <koine/mapping.hpp>

#include "suite.hpp"

namespace koine {
inline namespace v1 {
namespace testing {

enum class colour : std::uint8_t { red, green, blue };

struct sample {
    std::int64_t id{};
    std::optional<std::int16_t> small{};
    std::optional<std::int32_t> medium{};
    std::optional<std::int64_t> large{};
    std::optional<bool> flag{};
    std::optional<double> real{};
    std::optional<std::string> text{};
    std::optional<std::vector<std::byte>> bytes{};
    std::optional<std::chrono::year_month_day> day{};
    std::optional<time_of_day> clock{};
    std::optional<std::chrono::local_time<std::chrono::microseconds>> local{};
    std::optional<std::chrono::sys_time<std::chrono::microseconds>> instant{};
    std::optional<uuid> key{};
    std::optional<colour> shade{};

    static constexpr auto koine_table() {
        return table("koine_samples", col<&sample::id>(primary_key), col<&sample::small>, col<&sample::medium>,
                     col<&sample::large>, col<&sample::flag>, col<&sample::real>, col<&sample::text>,
                     col<&sample::bytes>, col<&sample::day>, col<&sample::clock>, col<&sample::local>,
                     col<&sample::instant>, col<&sample::key>, col<&sample::shade>);
    }
};

namespace {

using std::chrono::microseconds;

void make_samples(context& given) {
    connection on = given.connect();
    on.execute(sql("drop table if exists koine_samples"));
    on.commit();
    on.close();
    map<sample>().create_all(given.engine);
}

// Writes one column and reads it back; the others are NULL.
template <class V>
std::optional<V> through(connection& on, const std::string& column, const std::optional<V>& value) {
    on.execute(sql("delete from koine_samples"));
    on.execute(sql(unsafe_sql("insert into koine_samples (id, " + column + ") values (1, :v)"), {{"v", value}}));
    return on.execute(sql(unsafe_sql("select " + column + " from koine_samples where id = 1"))).one<std::optional<V>>();
}

template <class V>
void comes_back(context& given, const char* column, std::initializer_list<V> values) {
    make_samples(given);
    connection on = given.connect();
    const std::string name = given.engine.dialect().quote(column);
    for (const V& value : values) EXPECT_EQ(through<V>(on, name, value), std::optional<V>{value}) << column;
    EXPECT_EQ(through<V>(on, name, std::nullopt), std::nullopt) << column;
    on.rollback();
}

template <class T>
constexpr T least = std::numeric_limits<T>::min();
template <class T>
constexpr T most = std::numeric_limits<T>::max();

void brings_back_integers(context& given) {
    comes_back<std::int16_t>(given, "small", {0, 1, -1, least<std::int16_t>, most<std::int16_t>});
    comes_back<std::int32_t>(given, "medium", {0, 42, least<std::int32_t>, most<std::int32_t>});
    comes_back<std::int64_t>(given, "large", {0, -7, 1LL << 40, least<std::int64_t>, most<std::int64_t>});
}

void brings_back_booleans(context& given) {
    comes_back<bool>(given, "flag", {true, false});
}

void brings_back_doubles(context& given) {
    comes_back<double>(given, "real", {0.0, 1.5, -2.25, 0.1, 3.0, 1e300, 5e-324, most<double>});
}

void brings_back_infinite_numbers_or_refuses_them(context& given) {
    const double infinite = -std::numeric_limits<double>::infinity();
    if (!given.quirks().finite_numbers_only) return comes_back<double>(given, "real", {infinite});
    make_samples(given);
    connection on = given.connect();
    const std::string name = given.engine.dialect().quote("real");
    EXPECT_EQ(code_of([&] { through<double>(on, name, infinite); }), errc::out_of_range);
    on.rollback();
}

void brings_back_text(context& given) {
    comes_back<std::string>(
        given, "text",
        {"", "plain", "it's \"quoted\" \\ and $1 ?1 :x", "\xCE\xBA\xCE\xBF\xCE\xB9\xCE\xBD\xCE\xAE \xF0\x9F\x9A\x80",
         " spaces at both ends ", "line\nbreak\ttab", std::string(100'000, 'x')});
}

void brings_back_bytes(context& given) {
    std::vector<std::byte> all;
    for (int i = 0; i < 256; ++i) all.push_back(static_cast<std::byte>(i));
    comes_back<std::vector<std::byte>>(given, "bytes", {{}, all, std::vector<std::byte>(100'000)});
}

void brings_back_dates_and_times(context& given) {
    using namespace std::chrono_literals;
    using std::chrono::year_month_day;
    comes_back<year_month_day>(given, "day",
                               {1970y / 1 / 1, 2024y / 2 / 29, 1582y / 10 / 15, 9999y / 12 / 31, 1y / 1 / 1});
    comes_back<time_of_day>(
        given, "clock",
        {time_of_day{microseconds{0}}, time_of_day{microseconds{1}}, time_of_day{microseconds{86'399'999'999}}});
    using local = std::chrono::local_time<microseconds>;
    comes_back<local>(given, "local",
                      {local{microseconds{0}}, local{microseconds{1'700'000'000'123'456}}, local{microseconds{-1}}});
    using instant = std::chrono::sys_time<microseconds>;
    comes_back<instant>(given, "instant",
                        {instant{microseconds{0}}, instant{microseconds{1'700'000'000'123'456}},
                         instant{microseconds{-62'135'596'800'000'000}}});
}

void brings_back_uuids_and_enumerations(context& given) {
    comes_back<uuid>(given, "key", {uuid{}, uuid::parse("00112233-4455-6677-8899-aabbccddeeff")});
    comes_back<colour>(given, "shade", {colour::red, colour::blue});
}

void brings_back_a_whole_row(context& given) {
    make_samples(given);
    connection on = given.connect();
    on.execute(sql("insert into koine_samples (id, medium, text, flag, shade) values (:id, :m, :t, :f, :s)",
                   {{"id", 5}, {"m", 6}, {"t", "seven"}, {"f", true}, {"s", colour::green}}));
    const auto found = on.execute(sql("select * from koine_samples")).into<sample>();
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].id, 5);
    EXPECT_EQ(found[0].medium, 6);
    EXPECT_EQ(found[0].text, "seven");
    EXPECT_EQ(found[0].flag, true);
    EXPECT_EQ(found[0].shade, colour::green);
    EXPECT_EQ(found[0].day, std::nullopt);
    on.rollback();
}

void refuses_text_that_is_no_text(context& given) {
    make_samples(given);
    connection on = given.connect();
    for (const std::string& bad : {std::string{"nul\0inside", 10}, std::string{"\xff"}, std::string{"\xC0\xAF"},
                                   std::string{"\xED\xA0\x80"}, std::string{"cut \xE2\x82"}}) {
        EXPECT_EQ(code_of([&] {
                      on.execute(sql("insert into koine_samples (id, text) values (1, :t)", {{"t", bad}}));
                  }),
                  errc::invalid_encoding);
    }
    EXPECT_EQ(on.execute(sql("select count(*) from koine_samples")).one<std::int64_t>(), 0);
    on.rollback();
}

void never_narrows_in_silence(context& given) {
    make_samples(given);
    connection on = given.connect();
    on.execute(sql("insert into koine_samples (id, large, text) values (1, :l, 'word')", {{"l", 1LL << 40}}));
    rows found = on.execute(sql("select large, text from koine_samples"));
    ASSERT_TRUE(found.next());
    EXPECT_NE(code_of([&] { (void)found.current()[0].as<std::int32_t>(); }), errc{});
    EXPECT_NE(code_of([&] { (void)found.current()[1].as<std::int64_t>(); }), errc{});
    EXPECT_NE(code_of([&] { (void)found.current()[1].as<double>(); }), errc{});
    EXPECT_EQ(found.current()[0].as<std::int64_t>(), 1LL << 40);
    rows empty = on.execute(sql("select medium from koine_samples"));
    ASSERT_TRUE(empty.next());
    EXPECT_EQ(code_of([&] { (void)empty.current()[0].as<std::int32_t>(); }), errc::unexpected_null);
    on.rollback();
}

void compares_text_by_code_point(context& given) {
    make_samples(given);
    connection on = given.connect();
    const char* const words[] = {"Zebra", "apple", "Admin", "admin", "a ", "a", "\xC3\xA9t\xC3\xA9"};
    int id = 0;
    for (const char* word : words)
        on.execute(sql("insert into koine_samples (id, text) values (:id, :t)", {{"id", ++id}, {"t", word}}));
    EXPECT_EQ(on.execute(sql("select text from koine_samples order by text")).into<std::string>(),
              (std::vector<std::string>{"Admin", "Zebra", "a", "a ", "admin", "apple", "\xC3\xA9t\xC3\xA9"}));
    EXPECT_EQ(
        on.execute(sql("select count(*) from koine_samples where text = :t", {{"t", "admin"}})).one<std::int64_t>(), 1);
    EXPECT_EQ(on.execute(sql("select count(*) from koine_samples where text = :t", {{"t", "a"}})).one<std::int64_t>(),
              1);
    on.rollback();
}

}  // namespace

std::span<const test_case> value_tests() {
#define KOINE_CASE(name)      \
    test_case {               \
#name, &name, nullptr \
    }
    static const test_case tests[] = {
        KOINE_CASE(brings_back_integers),
        KOINE_CASE(brings_back_booleans),
        KOINE_CASE(brings_back_doubles),
        KOINE_CASE(brings_back_infinite_numbers_or_refuses_them),
        KOINE_CASE(brings_back_text),
        KOINE_CASE(brings_back_bytes),
        KOINE_CASE(brings_back_dates_and_times),
        KOINE_CASE(brings_back_uuids_and_enumerations),
        KOINE_CASE(brings_back_a_whole_row),
        KOINE_CASE(refuses_text_that_is_no_text),
        KOINE_CASE(never_narrows_in_silence),
        KOINE_CASE(compares_text_by_code_point),
    };
#undef KOINE_CASE
    return tests;
}

}  // namespace testing
}  // namespace v1
}  // namespace koine
