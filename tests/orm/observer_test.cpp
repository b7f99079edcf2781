// What observers hear of a session's work on real databases.
#include <algorithm>
#include <memory>
#include <string_view>

#include <koine/statement_observer.hpp>

#include "backend.hpp"

namespace koine_test {
namespace {

struct heard final : koine::statement_observer {
    void on_statement(const koine::statement_event& what) override {
        texts.emplace_back(what.text);
        if (what.error != nullptr) ++failures;
        if (what.rows > 0) rows += what.rows;
    }
    int count(std::string_view start) const {
        return static_cast<int>(
            std::count_if(texts.begin(), texts.end(), [&](const std::string& one) { return one.starts_with(start); }));
    }
    std::vector<std::string> texts{};
    std::int64_t rows = 0;
    int failures = 0;
};

class observed_session : public orm {};

TEST_P(observed_session, tells_of_every_statement_once) {
    const auto observer = std::make_shared<heard>();
    const auto subscription = engine.observe(observer);
    koine::session session = open();
    auto first = session.add(user{.name = "first"});
    session.commit();
    EXPECT_EQ(observer->count("INSERT"), 1);
    EXPECT_EQ(observer->count("COMMIT"), 1);
    EXPECT_EQ(observer->count("BEGIN") + observer->count("START"), 1);
    first->name = "second";
    session.flush();
    EXPECT_EQ(observer->count("UPDATE"), 1);
    EXPECT_EQ(observer->failures, 0);
    session.rollback();
    EXPECT_EQ(observer->count("ROLLBACK"), 1);
}

TEST_P(observed_session, tells_of_the_statement_that_failed) {
    const auto observer = std::make_shared<heard>();
    const auto subscription = engine.observe(observer);
    koine::session session = open();
    session.add(user{.name = "same"});
    session.add(user{.name = "same"});
    EXPECT_THROW(session.flush(), koine::error);
    EXPECT_EQ(observer->failures, 1);
    session.rollback();
}

INSTANTIATE_TEST_SUITE_P(backends, observed_session, testing::ValuesIn(backends()), name_of);

}  // namespace
}  // namespace koine_test
