#include <koine/error.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <type_traits>
#include <vector>

#include <koine/detail/escape.hpp>
#include <koine/result.hpp>

namespace {

using koine::advice;
using koine::errc;
using koine::error_info;
using koine::outcome;

constexpr errc all_codes[] = {errc::unknown,
                              errc::connect_failed,
                              errc::connection_refused,
                              errc::host_not_found,
                              errc::authentication_failed,
                              errc::database_not_found,
                              errc::too_many_connections,
                              errc::server_starting,
                              errc::tls_failed,
                              errc::disconnected,
                              errc::timeout,
                              errc::cancelled,
                              errc::lock_timeout,
                              errc::pool_timeout,
                              errc::constraint_violation,
                              errc::unique_violation,
                              errc::foreign_key_violation,
                              errc::not_null_violation,
                              errc::check_violation,
                              errc::exclusion_violation,
                              errc::serialization_failure,
                              errc::deadlock,
                              errc::stale_object,
                              errc::transaction_failed,
                              errc::read_only,
                              errc::in_doubt,
                              errc::out_of_range,
                              errc::invalid_encoding,
                              errc::type_mismatch,
                              errc::unexpected_null,
                              errc::invalid_value,
                              errc::too_big,
                              errc::no_row,
                              errc::multiple_rows,
                              errc::unreadable_value,
                              errc::syntax_error,
                              errc::undefined_table,
                              errc::undefined_column,
                              errc::undefined_object,
                              errc::duplicate_object,
                              errc::permission_denied,
                              errc::not_supported,
                              errc::statement_outdated,
                              errc::disk_full,
                              errc::io_error,
                              errc::corrupt_database,
                              errc::no_memory,
                              errc::usage,
                              errc::operation_in_progress,
                              errc::invalid_url,
                              errc::unknown_name,
                              errc::not_implemented,
                              errc::forked,
                              errc::closed,
                              errc::bad_plugin};

error_info info_of(errc code, outcome result = outcome::rejected) {
    error_info info;
    info.code = code;
    info.outcome = result;
    return info;
}

std::string class_thrown_for(errc code) {
    try {
        koine::throw_error(info_of(code));
    } catch (const koine::disconnected_error&) {
        return "disconnected";
    } catch (const koine::timeout_error&) {
        return "timeout";
    } catch (const koine::constraint_error&) {
        return "constraint";
    } catch (const koine::serialization_error&) {
        return "serialization";
    } catch (const koine::in_doubt_error&) {
        return "in_doubt";
    } catch (const koine::usage_error&) {
        return "usage";
    } catch (const koine::error&) {
        return "error";
    }
}

std::string expected_class(errc code) {
    const auto number = static_cast<int>(code);
    if (code == errc::disconnected) return "disconnected";
    if (code == errc::in_doubt) return "in_doubt";
    if (number >= 200 && number < 300) return "timeout";
    if (number >= 300 && number < 400) return "constraint";
    if (number >= 400 && number <= 402) return "serialization";
    if (number >= 800 && number < 900) return "usage";
    return "error";
}

TEST(errc, every_code_has_a_word_of_its_own) {
    std::vector<std::string> words;
    for (const auto code : all_codes) words.emplace_back(to_string(code));
    std::sort(words.begin(), words.end());
    EXPECT_EQ(std::adjacent_find(words.begin(), words.end()), words.end());
    EXPECT_EQ(to_string(errc::unique_violation), "unique_violation");
    EXPECT_EQ(to_string(static_cast<errc>(4711)), "unknown");
}

TEST(errc, converts_to_a_standard_error_code) {
    const std::error_code code = errc::deadlock;
    EXPECT_EQ(code.value(), 401);
    EXPECT_EQ(code.message(), "deadlock");
    EXPECT_STREQ(code.category().name(), "koine");
    EXPECT_TRUE(code == errc::deadlock);
}

TEST(errc, names_every_outcome) {
    EXPECT_EQ(to_string(outcome::not_sent), "not_sent");
    EXPECT_EQ(to_string(outcome::rejected), "rejected");
    EXPECT_EQ(to_string(outcome::unknown), "unknown");
}

TEST(error, throws_the_class_that_fits_each_code) {
    for (const auto code : all_codes) EXPECT_EQ(class_thrown_for(code), expected_class(code)) << to_string(code);
}

TEST(error, copies_without_throwing) {
    static_assert(std::is_nothrow_copy_constructible_v<koine::error>);
    static_assert(std::is_nothrow_copy_assignable_v<koine::error>);
    static_assert(std::is_nothrow_copy_constructible_v<koine::usage_error>);
    auto info = info_of(errc::deadlock);
    info.message = "first";
    const koine::error first{info};
    info.message = "second";
    koine::error second{info};
    second = first;
    EXPECT_STREQ(second.what(), "first");
    EXPECT_EQ(&second.info(), &first.info());
}

TEST(error, answers_everything_that_it_was_told) {
    error_info info = info_of(errc::unique_violation, outcome::unknown);
    info.sqlstate = koine::sqlstate{"23505"};
    info.native_code = 19;
    info.poisons_transaction = true;
    info.statement = "insert";
    info.where = koine::here{"a.cpp", 7, "f"};
    const koine::error e{info};
    EXPECT_EQ(e.code(), errc::unique_violation);
    EXPECT_EQ(e.outcome(), outcome::unknown);
    EXPECT_EQ(e.sqlstate(), "23505");
    EXPECT_EQ(e.native_code(), 19);
    EXPECT_TRUE(e.poisons_transaction());
    EXPECT_FALSE(e.poisons_connection());
    EXPECT_EQ(e.statement(), "insert");
    EXPECT_EQ(e.where().line, 7u);
    EXPECT_EQ(e.advice(), advice::ask_the_database);
}

TEST(error, says_what_is_known_in_one_line) {
    error_info info = info_of(errc::unique_violation);
    info.message = "duplicate key";
    info.sqlstate = koine::sqlstate{"23505"};
    info.constraint = "users_name_key";
    info.table = "users";
    info.column = "name";
    info.position = 12;
    info.detail = "Key exists";
    info.hint = "choose another";
    info.statement = "insert into users\nvalues ($1)";
    EXPECT_EQ(describe(info),
              "duplicate key (SQLSTATE 23505, constraint users_name_key, table users, column name, at "
              "character 12); "
              "hint: choose another; statement: insert into users\\nvalues ($1)");
}

TEST(error, says_the_word_of_the_code_when_there_is_no_message) {
    EXPECT_EQ(describe(info_of(errc::disk_full)), "disk_full");
    auto info = info_of(errc::disk_full);
    info.native_code = 13;
    EXPECT_EQ(describe(info), "disk_full (native code 13)");
}

TEST(error, escapes_control_characters_in_every_field) {
    error_info info = info_of(errc::unknown);
    const std::string evil = std::string{"a\x1b[2J\r\nb\x9b\xc2\x9b\xe2\x80\xae\x7f"} + '\0';
    info.message = info.detail = info.hint = info.constraint = info.table = info.column = info.statement = evil;
    const auto text = describe(info);
    for (const char c : text) EXPECT_TRUE(c >= 0x20 && c < 0x7f) << static_cast<int>(c);
    EXPECT_NE(text.find("a\\x1b[2J\\r\\nb\\x9b\\u{009b}\\u{202e}\\x7f\\x00"), text.npos) << text;
}

TEST(error, keeps_its_text_bounded_and_the_message_first) {
    error_info info = info_of(errc::unknown);
    const std::string huge(1u << 20, '\x01');
    info.message = info.detail = info.hint = info.constraint = info.table = info.column = info.statement = huge;
    const koine::error e{info};
    EXPECT_LE(std::string_view{e.what()}.size(), 8192u);
    EXPECT_NE(std::string_view{e.what()}.find("; statement: "), std::string_view::npos);
}

TEST(error, usage_is_reported_with_the_caller_and_as_not_sent) {
    try {
        koine::throw_usage("no");
    } catch (const koine::usage_error& e) {
        EXPECT_EQ(e.code(), errc::usage);
        EXPECT_EQ(e.outcome(), outcome::not_sent);
        EXPECT_NE(std::string_view{e.where().file}.find("error_test.cpp"), std::string_view::npos);
        return;
    }
    FAIL();
}

TEST(error, advises_by_code_and_outcome) {
    EXPECT_EQ(advise(info_of(errc::in_doubt)), advice::ask_the_database);
    for (const auto code : all_codes) EXPECT_EQ(advise(info_of(code, outcome::unknown)), advice::ask_the_database);
    for (const auto code : {errc::serialization_failure, errc::deadlock, errc::stale_object, errc::lock_timeout})
        EXPECT_EQ(advise(info_of(code)), advice::retry_transaction) << to_string(code);
    for (const auto code :
         {errc::disconnected, errc::connection_refused, errc::too_many_connections, errc::server_starting})
        EXPECT_EQ(advise(info_of(code)), advice::reconnect_and_retry) << to_string(code);
    for (const auto code : {errc::authentication_failed, errc::database_not_found, errc::unique_violation,
                            errc::timeout, errc::syntax_error, errc::usage, errc::corrupt_database})
        EXPECT_EQ(advise(info_of(code)), advice::give_up) << to_string(code);
    auto outdated = info_of(errc::statement_outdated);
    EXPECT_EQ(advise(outdated), advice::retry_statement);
    outdated.poisons_transaction = true;
    EXPECT_EQ(advise(outdated), advice::retry_transaction);
}

TEST(result, raises_the_class_that_fits) {
    koine::result<int> failed{koine::failure{errc::pool_timeout, "full"}};
    EXPECT_FALSE(failed);
    EXPECT_THROW(std::move(failed).value(), koine::timeout_error);
    koine::result<void> also_failed{koine::failure{errc::deadlock, "lost"}};
    EXPECT_THROW(std::move(also_failed).value(), koine::serialization_error);
    EXPECT_EQ(koine::result<int>{7}.value(), 7);
}

TEST(escape, leaves_readable_text_alone) {
    const std::string text = "na\xc3\xafve \xe6\xb8\xac\xe8\xa9\xa6 \xf0\x9f\x90\x8d \\x1b";
    EXPECT_EQ(koine::detail::escaped(text, 100), text);
}

TEST(escape, changes_nothing_the_second_time) {
    std::string every_byte;
    for (int c = 0; c < 256; ++c) every_byte += static_cast<char>(c);
    const auto once = koine::detail::escaped(every_byte, 4096);
    EXPECT_EQ(koine::detail::escaped(once, 4096), once);
}

TEST(escape, cuts_at_a_character_and_never_exceeds_the_limit) {
    EXPECT_EQ(koine::detail::escaped("abcdef", 6), "abcdef");
    EXPECT_EQ(koine::detail::escaped("abcdefg", 6), "abc...");
    EXPECT_EQ(koine::detail::escaped("\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4", 6), "\xc3\xa4...");
    EXPECT_EQ(koine::detail::escaped("\n\n\n\n", 6), "\\n...");
    EXPECT_EQ(koine::detail::escaped("abc", 2), "..");
    EXPECT_EQ(koine::detail::escaped("abc", 0), "");
    for (std::size_t limit = 0; limit < 40; ++limit)
        EXPECT_LE(koine::detail::escaped("a\xf0\x9f\x90\x8d\x01\xe2\x80\xae"
                                         "bc\n\n\nddddddddddddddd",
                                         limit)
                      .size(),
                  limit);
}

}  // namespace
