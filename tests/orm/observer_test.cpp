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
        places.push_back(what.place);
    }
    int count(std::string_view start) const {
        return static_cast<int>(
            std::count_if(texts.begin(), texts.end(), [&](const std::string& one) { return one.starts_with(start); }));
    }
    // Whether a statement that begins so was told with this line of this file.
    bool told(std::string_view start, std::uint32_t line) const {
        for (std::size_t i = 0; i < texts.size(); ++i)
            if (texts[i].starts_with(start) && places[i].line == line &&
                std::string_view{places[i].file}.ends_with("observer_test.cpp"))
                return true;
        return false;
    }
    std::vector<std::string> texts{};
    std::vector<koine::here> places{};
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

TEST_P(observed_session, tells_where_the_query_the_text_or_the_session_was_made) {
    const auto observer = std::make_shared<heard>();
    const auto subscription = engine.observe(observer);
    koine::session session{engine};
    const auto made = static_cast<std::uint32_t>(__LINE__ - 1);
    session.add(user{.name = "one"});
    session.commit();
    EXPECT_TRUE(observer->told("INSERT", made));
    const auto query = session.query<user>();
    const auto asked = static_cast<std::uint32_t>(__LINE__ - 1);
    EXPECT_EQ(query.count(), 1);
    EXPECT_TRUE(observer->told("SELECT count", asked));
    (void)query.all();
    (void)query.first();
    const auto text = koine::sql("select 1 as here");
    const auto written = static_cast<std::uint32_t>(__LINE__ - 1);
    (void)session.execute(text).one<std::int64_t>();
    EXPECT_TRUE(observer->told("select 1 as here", written));
}

TEST_P(observed_session, tells_its_own_observers_of_its_statements_alone) {
    const auto own = std::make_shared<heard>();
    koine::session session = open();
    koine::session other = open();
    {
        const auto subscription = session.observe(own);
        session.add(user{.name = "one"});
        session.commit();
        EXPECT_EQ(own->count("INSERT"), 1);
        EXPECT_NE(own->places.at(0).line, 0U);
        // The first INSERT asks some databases whose the key is that they tell.
        const int before = own->count("SELECT");
        EXPECT_EQ(other.query<user>().count(), 1);
        EXPECT_EQ(own->count("SELECT"), before) << "what another session runs on the same connection";
        other.rollback();
        (void)session.query<user>().all();
        const auto late = std::make_shared<heard>();
        const auto in_the_middle = session.observe(late);
        (void)session.query<user>().count();
        EXPECT_EQ(own->count("SELECT"), before + 2);
        EXPECT_EQ(late->count("SELECT"), 1);
        session.rollback();
    }
    const auto told = own->texts.size();
    EXPECT_EQ(session.query<user>().count(), 1);
    EXPECT_EQ(own->texts.size(), told);
}

INSTANTIATE_TEST_SUITE_P(backends, observed_session, testing::ValuesIn(backends()), name_of);

}  // namespace
}  // namespace koine_test
