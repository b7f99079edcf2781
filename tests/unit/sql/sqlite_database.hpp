// An in-memory SQLite for tests, set up as Koine's driver does where it matters to the text of
// statements.
#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <string>
#include <string_view>
#include <vector>

#include "expression_tree.hpp"

namespace koine::test {

class sqlite_database {
public:
    sqlite_database() {
        sqlite3_open(":memory:", &handle_);
        sqlite3_db_config(handle_, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
        sqlite3_db_config(handle_, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
        run("PRAGMA foreign_keys = ON");
        for (const char* name : {"koine_like", "koine_ilike"})
            sqlite3_create_function(handle_, name, 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nullptr, &like, nullptr,
                                    nullptr);
    }
    ~sqlite_database() { sqlite3_close_v2(handle_); }
    sqlite_database(const sqlite_database&) = delete;
    sqlite_database& operator=(const sqlite_database&) = delete;

    // Runs one statement; answers its first cell as text ("NULL" for null, "" without rows).
    std::string run(const std::string& sql, const std::vector<bound>& binds = {},
                    const std::vector<std::uint32_t>& order = {}) {
        sqlite3_stmt* statement = nullptr;
        const char* tail = nullptr;
        error_ = sqlite3_prepare_v2(handle_, sql.c_str(), -1, &statement, &tail);
        if (error_ != SQLITE_OK) return std::string{"error: "} + sqlite3_errmsg(handle_);
        const auto count = order.empty() ? binds.size() : order.size();
        EXPECT_EQ(static_cast<int>(count), sqlite3_bind_parameter_count(statement)) << sql;
        for (std::size_t i = 0; i < count; ++i) {
            const bound& value = binds[order.empty() ? i : order[i]];
            const auto place = static_cast<int>(i + 1);
            if (value.tag == KOINE_TEXT)
                sqlite3_bind_text(statement, place, value.s.data(), static_cast<int>(value.s.size()), SQLITE_TRANSIENT);
            else
                sqlite3_bind_int64(statement, place, value.i);
        }
        std::string out;
        error_ = sqlite3_step(statement);
        if (error_ == SQLITE_ROW) {
            const auto* cell = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
            out = cell == nullptr ? "NULL" : cell;
        } else if (error_ != SQLITE_DONE) {
            out = std::string{"error: "} + sqlite3_errmsg(handle_);
        }
        sqlite3_finalize(statement);
        return out;
    }

    // The extended code of the last statement.
    int error() const { return sqlite3_extended_errcode(handle_); }

private:
    static void like(sqlite3_context* context, int, sqlite3_value** arguments) {
        const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(arguments[0]));
        const auto* pattern = reinterpret_cast<const char*>(sqlite3_value_text(arguments[1]));
        if (text == nullptr || pattern == nullptr) return sqlite3_result_null(context);
        sqlite3_result_int(context, matches(text, pattern) ? 1 : 0);
    }

    sqlite3* handle_ = nullptr;
    int error_ = 0;
};

}  // namespace koine::test
