#include <memory>

#include "suite.hpp"

namespace koine {
inline namespace v1 {
namespace testing {

namespace {

class conformance_test : public ::testing::Test {
public:
    conformance_test(std::shared_ptr<const backend> under_test, const test_case& body) : under_test_{std::move(under_test)}, body_{body} {}

    void TestBody() override {
        if (body_.excuse != nullptr) {
            if (const char* quirk = body_.excuse(under_test_->quirks)) {
                // A named quirk is a documented answer, not a test that could not run.
                RecordProperty("quirk", quirk);
                return;
            }
        }
        context given{*under_test_, under_test_->make_engine({})};
        body_.run(given);
    }

private:
    std::shared_ptr<const backend> under_test_;
    const test_case& body_;
};

}  // namespace

void register_conformance(backend under_test) {
    const auto shared = std::make_shared<const backend>(std::move(under_test));
    const std::string suite = "conformance_" + shared->name;
    for (const auto tests : {value_tests(), statement_tests(), constraint_tests(), transaction_tests(), concurrency_tests()})
        for (const test_case& body : tests)
            ::testing::RegisterTest(suite.c_str(), body.name, nullptr, nullptr, __FILE__, __LINE__,
                                    [shared, &body]() -> ::testing::Test* { return new conformance_test{shared, body}; });
}

}  // namespace testing
}  // namespace v1
}  // namespace koine
