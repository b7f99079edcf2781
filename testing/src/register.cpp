#include <algorithm>
#include <iostream>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "suite.hpp"

namespace koine {
inline namespace v1 {
namespace testing {

namespace {

std::vector<test_case> all_tests() {
    std::vector<test_case> all;
    for (const auto tests :
         {value_tests(), statement_tests(), constraint_tests(), transaction_tests(), concurrency_tests()})
        all.insert(all.end(), tests.begin(), tests.end());
    return all;
}

const char* quirk_against(const test_case& body, const quirks& of) {
    return body.excuse != nullptr ? body.excuse(of) : nullptr;
}

class conformance_test : public ::testing::Test {
public:
    conformance_test(std::shared_ptr<const backend> under_test, const test_case& body)
        : under_test_{std::move(under_test)}, body_{body} {}

    void TestBody() override {
        if (const char* const quirk = quirk_against(body_, under_test_->quirks))
            GTEST_SKIP() << "excused by the quirk " << quirk;
        context given{*under_test_, under_test_->make_engine({})};
        body_.run(given);
    }

private:
    std::shared_ptr<const backend> under_test_;
    test_case body_;
};

// Compares what was skipped with what the backend's quirks excuse, and tells both.
class excuse_watch final : public ::testing::EmptyTestEventListener {
public:
    excuse_watch(std::string suite, quirks declared) : suite_{std::move(suite)}, declared_{declared} {}

    void OnTestSuiteEnd(const ::testing::TestSuite& suite) override {
        if (suite.name() != suite_) return;
        const std::vector<test_case> tests = all_tests();
        int skipped = 0;
        for (int i = 0; i < suite.total_test_count(); ++i) {
            const ::testing::TestInfo& one = *suite.GetTestInfo(i);
            if (!one.should_run()) continue;
            const auto found = std::find_if(tests.begin(), tests.end(),
                                            [&](const test_case& t) { return std::string_view{t.name} == one.name(); });
            const char* const quirk = found != tests.end() ? quirk_against(*found, declared_) : nullptr;
            if (one.result()->Skipped() && quirk == nullptr)
                ADD_FAILURE() << suite_ << '.' << one.name() << " was skipped, and no quirk excuses it";
            if (quirk == nullptr) continue;
            if (!one.result()->Skipped())
                ADD_FAILURE() << suite_ << '.' << one.name() << " ran in spite of the quirk " << quirk;
            if (skipped++ == 0) std::cout << suite_ << ": excused by quirks:\n";
            std::cout << "    " << one.name() << " (" << quirk << ")\n";
        }
        std::cout << suite_ << ": " << skipped << " tests excused by quirks" << std::endl;
    }

private:
    std::string suite_;
    quirks declared_;
};

}  // namespace

void register_conformance(backend under_test) {
    const auto shared = std::make_shared<const backend>(std::move(under_test));
    const std::string suite = "conformance_" + shared->name;
    const auto enter = [&](const std::string& name, const test_case& body) {
        ::testing::RegisterTest(suite.c_str(), name.c_str(), nullptr, nullptr, __FILE__, __LINE__,
                                [shared, body]() -> ::testing::Test* {
                                    return new conformance_test{shared, body};
                                });
    };
    for (const test_case& body : all_tests()) enter(body.name, body);
    for (const quirk_test& quirk : quirk_tests())
        if (quirk.declared(shared->quirks)) enter(quirk.name, {quirk.name, quirk.run, nullptr});
    ::testing::UnitTest::GetInstance()->listeners().Append(
        std::make_unique<excuse_watch>(suite, shared->quirks).release());
}

}  // namespace testing
}  // namespace v1
}  // namespace koine
