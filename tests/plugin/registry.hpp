// A registry that looks where the tests' plugins are, and what it says when it refuses.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include <koine/dialects/sqlite.hpp>
#include <koine/error.hpp>
#include <koine/registry.hpp>

namespace koine_test {

inline std::string library(std::string_view name) {
    return std::string{KOINE_TEST_LIBRARIES "/libkoine_driver_"}.append(name).append(".so");
}

// Knows the dialect sqlite, and no driver.
class searching_registry : public koine::registry {
public:
    explicit searching_registry(std::vector<std::string> directories) {
        add_dialect(std::make_shared<const koine::dialects::sqlite>(), "sqlite3");
        search_plugins(koine::plugin_path{std::move(directories)});
    }
};

// The usage_error that `body` throws, with the expected code.
template <class Body>
koine::error_info refusal(koine::errc code, Body body) {
    try {
        body();
        ADD_FAILURE() << "nothing was refused";
    } catch (const koine::usage_error& why) {
        EXPECT_EQ(why.code(), code) << why.what();
        EXPECT_EQ(why.outcome(), koine::outcome::not_sent);
        return why.info();
    }
    return {};
}

inline void expect_part(const std::string& text, std::string_view part) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
}

}  // namespace koine_test
