// A small client of the driver contract's table, for the tests of the SQLite driver.
#pragma once

#include <gtest/gtest.h>

#include <stdlib.h>
#include <time.h>

#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <koine/driver_spi.hpp>
#include <koine/drivers/sqlite3.hpp>

namespace sqlite3_test {

using koine::errc;
using koine::outcome;

inline const koine_driver& table() {
    static const koine_driver made = [] {
        koine_driver driver{};
        driver.struct_size = sizeof driver;
        koine_error error{};
        EXPECT_EQ(koine::sqlite3_driver_init(KOINE_ABI_VERSION, &driver, &error), KOINE_DONE);
        return driver;
    }();
    return made;
}

// What an error said, kept after its release.
struct problem {
    errc code{};
    koine::outcome outcome{};
    unsigned poisons = 0;
    std::uint32_t position = 0;
    int native = 0;
    std::string sqlstate{}, message{}, hint{}, constraint{}, table{}, column{};

    explicit problem(koine_error& error)
        : code{static_cast<errc>(error.code)},
          outcome{static_cast<koine::outcome>(error.outcome)},
          poisons{error.poisons},
          position{error.position},
          native{error.native_code},
          sqlstate{error.sqlstate},
          message{koine::spi::to_view(error.message)},
          hint{koine::spi::to_view(error.hint)},
          constraint{koine::spi::to_view(error.constraint)},
          table{koine::spi::to_view(error.table)},
          column{koine::spi::to_view(error.column)} {
        if (error.release != nullptr) error.release(&error);
    }
};

using cell = std::variant<std::monostate, std::int64_t, double, std::string, std::vector<std::byte>>;
using row = std::vector<cell>;

inline koine_value null() {
    return {};
}
inline koine_value number(std::int64_t i) {
    koine_value v{};
    v.tag = KOINE_INT64;
    v.u.i = i;
    return v;
}
inline koine_value real(double f) {
    koine_value v{};
    v.tag = KOINE_FLOAT64;
    v.u.f = f;
    return v;
}
inline koine_value bytes(std::string_view s, koine_tag tag) {
    koine_value v{};
    v.tag = static_cast<std::uint8_t>(tag);
    v.len = static_cast<std::uint32_t>(s.size());
    v.u.p = s.data();
    return v;
}
inline koine_value text(std::string_view s) {
    return bytes(s, KOINE_TEXT);
}

inline cell to_cell(const koine_value& v) {
    const auto* const p = static_cast<const char*>(v.u.p);
    switch (v.tag) {
        case KOINE_INT64:
            return v.u.i;
        case KOINE_FLOAT64:
            return v.u.f;
        case KOINE_TEXT:
            return std::string{p, v.len};
        case KOINE_BLOB:
            return std::vector<std::byte>{reinterpret_cast<const std::byte*>(p),
                                          reinterpret_cast<const std::byte*>(p) + v.len};
        default:
            return std::monostate{};
    }
}

// The answer to one call: rows, or what went wrong.
struct answer {
    std::vector<row> rows{};
    std::int64_t affected = -1;
    std::optional<problem> failed{};

    bool ok() const { return !failed.has_value(); }
    errc code() const { return failed ? failed->code : errc{}; }
    std::string why() const { return failed ? failed->sqlstate + " " + failed->message : "done"; }
    std::int64_t as_number() const { return std::get<std::int64_t>(rows.at(0).at(0)); }
    std::string as_text() const { return std::get<std::string>(rows.at(0).at(0)); }
};

using parameters = std::vector<std::pair<std::string, std::string>>;

class connection;

class prepared {
public:
    prepared(koine_statement* handle) : handle_{handle} { size(); }
    koine_statement* handle() const { return handle_; }
    void size() { cells.resize(table().column_count(handle_) + 1); }

    // One call of the table's execute; at most one row is in `cells`.
    answer start(std::initializer_list<koine_value> binds = {}, std::uint32_t max_rows = 1) {
        return take([&](std::uint32_t& got, koine_wait& wait, koine_error& error) {
            return table().execute(handle_, binds.begin(), static_cast<std::uint32_t>(binds.size()), cells.data(),
                                   max_rows, &got, &wait, &error);
        });
    }
    answer next() {
        return take([&](std::uint32_t& got, koine_wait& wait, koine_error& error) {
            return table().fetch(handle_, cells.data(), 1, &got, &wait, &error);
        });
    }
    void finish() { EXPECT_TRUE(end().ok()); }
    answer end() {
        return take([&](std::uint32_t& got, koine_wait& wait, koine_error& error) {
            got = 0;
            return table().finish(handle_, &wait, &error);
        });
    }
    answer all(std::initializer_list<koine_value> binds = {}) {
        answer collected = start(binds);
        while (collected.ok() && !collected.rows.empty()) {
            answer more = next();
            if (!more.ok() || more.rows.empty()) {
                collected.failed = std::move(more.failed);
                break;
            }
            collected.rows.push_back(std::move(more.rows.front()));
        }
        collected.affected = table().rows_affected(handle_);
        return collected;
    }

    std::vector<koine_value> cells{};

private:
    template <class Call>
    answer take(Call call) {
        koine_wait wait{};
        koine_error error{};
        std::uint32_t got = 77;
        answer out;
        if (call(got, wait, error) != KOINE_DONE) {
            out.failed.emplace(error);
            return out;
        }
        EXPECT_LE(got, 1U);
        if (got == 1) {
            row& first = out.rows.emplace_back();
            for (std::uint32_t i = 0; i < table().column_count(handle_); ++i) first.push_back(to_cell(cells[i]));
        }
        return out;
    }

    koine_statement* handle_;
};

class connection {
public:
    explicit connection(const parameters& given) {
        std::vector<koine_parameter> raw;
        for (const auto& [key, value] : given) raw.push_back({{key.data(), key.size()}, {value.data(), value.size()}});
        koine_wait wait{};
        koine_error error{};
        if (table().create(raw.data(), raw.size(), &handle_, &error) != KOINE_DONE) {
            failed.emplace(error);
            return;
        }
        if (table().connect(handle_, &wait, &error) != KOINE_DONE) failed.emplace(error);
    }
    explicit connection(const std::filesystem::path& file) : connection{parameters{{"database", file.string()}}} {}
    connection() : connection{parameters{}} {}
    ~connection() { close(); }
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    void close() {
        if (handle_ != nullptr) table().close(std::exchange(handle_, nullptr));
    }
    koine_connection* handle() const { return handle_; }
    std::uint32_t state() const { return table().state(handle_); }
    void deadline_in(std::chrono::milliseconds time) {
        timespec now{};
        clock_gettime(CLOCK_MONOTONIC, &now);
        table().set_deadline(handle_, now.tv_sec * 1000000000LL + now.tv_nsec + time.count() * 1000000LL);
    }
    void no_deadline() { table().set_deadline(handle_, KOINE_NO_DEADLINE); }

    answer prepare(std::string_view sql, koine_statement*& out, std::uint32_t flags = 0) {
        koine_wait wait{};
        koine_error error{};
        answer result;
        if (table().prepare(handle_, {sql.data(), sql.size()}, flags, &out, &wait, &error) != KOINE_DONE)
            result.failed.emplace(error);
        return result;
    }
    prepared prepare(std::string_view sql) {
        koine_statement* made = nullptr;
        const answer result = prepare(sql, made);
        EXPECT_TRUE(result.ok()) << result.why() << " in " << sql;
        return prepared{made};
    }
    // Prepares, runs to the end, finalises.
    answer run(std::string_view sql, std::initializer_list<koine_value> binds = {}) {
        koine_statement* made = nullptr;
        answer result = prepare(sql, made, KOINE_PREPARE_ONCE);
        if (!result.ok()) return result;
        prepared statement{made};
        result = statement.all(binds);
        table().finalize(made);
        return result;
    }
    template <class Call>
    answer call(Call function) {
        koine_wait wait{};
        koine_error error{};
        answer result;
        if (function(handle_, &wait, &error) != KOINE_DONE) result.failed.emplace(error);
        return result;
    }
    answer reset() { return call(table().reset); }
    answer ping() { return call(table().ping); }
    void cancel() {
        koine_error error{};
        EXPECT_EQ(table().cancel(handle_, &error), KOINE_DONE);
    }

    std::optional<problem> failed{};

private:
    koine_connection* handle_ = nullptr;
};

// A directory of its own for each test.
class files : public ::testing::Test {
protected:
    files() {
        std::string name = (std::filesystem::temp_directory_path() / "koine_sqlite3_XXXXXX").string();
        directory = mkdtemp(name.data());
        file = directory / "test.db";
    }
    ~files() override {
        std::error_code ignored;
        std::filesystem::remove_all(directory, ignored);
    }
    static std::string content(const std::filesystem::path& of) {
        std::ifstream in{of, std::ios::binary};
        return {std::istreambuf_iterator<char>{in}, {}};
    }
    static void write(const std::filesystem::path& to, std::string_view what) {
        std::ofstream{to, std::ios::binary | std::ios::trunc} << what;
    }

    std::filesystem::path directory{};
    std::filesystem::path file{};
};

#define EXPECT_RUNS(db, ...)                     \
    do {                                         \
        const auto ran_ = (db).run(__VA_ARGS__); \
        EXPECT_TRUE(ran_.ok()) << ran_.why();    \
    } while (false)

}  // namespace sqlite3_test
