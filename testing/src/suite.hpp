// How the suite's files add their tests.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include <koine/connection.hpp>
#include <koine/engine.hpp>
#include <koine/testing/conformance.hpp>

namespace koine {
inline namespace v1 {
namespace testing {

// What a test is given: the backend, and an engine on its database of which every table was
// dropped.
struct context {
    const backend& under_test;
    koine::engine engine;

    connection connect() const { return engine.connect(); }
    // Another engine on the same database.
    koine::engine other(engine_options options = {}) const { return under_test.make_engine(std::move(options)); }
    const koine::testing::quirks& quirks() const { return under_test.quirks; }
};

struct test_case {
    const char* name;
    void (*run)(context&);
    // Answers a quirk's name if the backend's quirk excuses it from this test, else null.
    const char* (*excuse)(const quirks&);
};

// Fails where a quirk that a backend declares is not true of it.
struct quirk_test {
    const char* name;
    bool (*declared)(const quirks&);
    void (*run)(context&);
};

std::span<const test_case> value_tests();
std::span<const test_case> statement_tests();
std::span<const test_case> constraint_tests();
std::span<const test_case> transaction_tests();
std::span<const test_case> concurrency_tests();
std::span<const quirk_test> quirk_tests();

// The code of the koine::error that `body` throws, or errc{} (and a test failure) if it throws
// none.
template <class Body>
errc code_of(Body body) {
    try {
        body();
    } catch (const error& why) {
        return why.code();
    }
    ADD_FAILURE() << "no error was thrown";
    return errc{};
}

}  // namespace testing
}  // namespace v1
}  // namespace koine
