// What observers hear of the statements of an engine.
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <koine/connection.hpp>
#include <koine/dialects/postgresql.hpp>
#include <koine/drivers/fake.hpp>
#include <koine/engine.hpp>
#include <koine/registry.hpp>
#include <koine/sql/text.hpp>
#include <koine/statement_observer.hpp>

#include <koine_test/captured_log.hpp>

namespace koine {
namespace {

struct told {
    std::string text;
    std::int64_t rows = -1;
    errc failed{};
    std::string values{};
    std::uint32_t line = 0;

    friend bool operator==(const told& a, const told& b) {
        return a.text == b.text && a.rows == b.rows && a.failed == b.failed && a.values == b.values;
    }
    friend std::ostream& operator<<(std::ostream& out, const told& one) {
        return out << one.text << " " << one.rows << " " << to_string(one.failed) << " " << one.values;
    }
};

struct recorder final : statement_observer {
    explicit recorder(bool with_values = false) : values{with_values} {}
    bool wants_values() const noexcept override { return values; }
    void on_statement(const statement_event& what) override {
        EXPECT_GE(what.duration.count(), 0);
        all.push_back({std::string{what.text}, what.rows, what.error == nullptr ? errc{} : what.error->code,
                       std::string{what.values}, what.place.line});
        if (throws) throw std::runtime_error{"by an observer"};
    }
    std::vector<told> take() { return std::exchange(all, {}); }

    bool values;
    bool throws = false;
    std::vector<told> all{};
};

class statement_observers : public testing::Test {
protected:
    statement_observers() {
        names_.add_dialect(std::make_shared<const dialects::postgresql>(), "fake");
        names_.add_driver("fake", &fake_driver_init);
        server.server_is("postgresql", "16.0");
        server.on("select 1", {.columns = {{"one", KOINE_INT64}}, .rows = {{1}}, .read_only = true});
        server.on("insert into t values ($1)", {.affected = 1});
        server.on("delete from t", {.affected = 3});
    }
    engine open(engine_options options = {}) {
        return create_engine(url{"postgresql+fake:///observed"}, names_, std::move(options));
    }

    fake::script server{"observed"};
    std::shared_ptr<recorder> heard = std::make_shared<recorder>();

private:
    registry names_{};
};

using all = std::vector<told>;

TEST_F(statement_observers, hear_of_each_statement_with_its_rows_and_of_the_transaction) {
    const engine on = open();
    const auto subscription = on.observe(heard);
    connection c = on.connect();
    c.execute(sql("delete from t"));
    EXPECT_EQ(c.execute(sql("select 1")).one<std::int64_t>(), 1);
    c.commit();
    c.execute(sql("delete from t"));
    c.rollback();
    EXPECT_EQ(heard->take(), (all{{"BEGIN"},
                                  {"delete from t", 3},
                                  {"select 1", 1},
                                  {"COMMIT"},
                                  {"BEGIN"},
                                  {"delete from t", 3},
                                  {"ROLLBACK"}}));
}

TEST_F(statement_observers, hear_of_failures_and_may_fail_themselves) {
    const engine on = open();
    const auto subscription = on.observe(heard);
    heard->throws = true;
    server.fail_containing("delete", {.code = errc::check_violation});
    connection c = on.connect();
    EXPECT_THROW(c.execute(sql("delete from t")), koine::error);
    c.rollback();
    EXPECT_EQ(heard->take(), (all{{"BEGIN"}, {"delete from t", -1, errc::check_violation}, {"ROLLBACK"}}));
}

TEST_F(statement_observers, get_values_only_where_they_want_them) {
    const auto curious = std::make_shared<recorder>(true);
    const engine on = open();
    const auto first = on.observe(heard);
    const auto second = on.observe(curious);
    connection c = on.connect();
    c.execute(sql("insert into t values (:v)", {{"v", std::string{"it"}}}));
    EXPECT_EQ(heard->take().back(), (told{"insert into t values ($1)", 1}));
    EXPECT_EQ(curious->take().back(), (told{"insert into t values ($1)", 1, errc{}, "('it')"}));
}

TEST_F(statement_observers, know_where_a_text_was_made) {
    const engine on = open();
    const auto subscription = on.observe(heard);
    const std::uint32_t leased = __LINE__ + 1;
    connection c = on.connect();
    const std::uint32_t made = __LINE__ + 1;
    const auto text = sql("delete from t");
    c.execute(text);
    c.commit();
    ASSERT_EQ(heard->all.size(), 3U);
    EXPECT_EQ(heard->all[1].line, made);
    EXPECT_EQ(heard->all[2].line, leased);
}

TEST_F(statement_observers, hear_nothing_of_leases_after_their_subscription) {
    const engine on = open();
    {
        const auto subscription = on.observe(heard);
        connection c = on.connect();
        c.execute(sql("delete from t"));
        c.close();
    }
    heard->take();
    connection c = on.connect();
    c.execute(sql("delete from t"));
    c.rollback();
    EXPECT_EQ(heard->take(), all{});
    EXPECT_EQ(heard.use_count(), 1);
}

TEST_F(statement_observers, write_the_log_where_echo_is_on) {
    const koine_test::captured_log log;
    {
        connection c = open({.echo = echo_mode::statements}).connect();
        c.execute(sql("insert into t values (:v)", {{"v", 987654321}}));
        c.commit();
    }
    auto lines = log.lines();
    ASSERT_EQ(lines.size(), 3U);
    EXPECT_TRUE(lines[0].starts_with("BEGIN [")) << lines[0];
    EXPECT_TRUE(lines[1].starts_with("insert into t values ($1) [")) << lines[1];
    EXPECT_NE(lines[1].find("1 row"), std::string::npos) << lines[1];
    EXPECT_EQ(lines[1].find("987654321"), std::string::npos) << "values are nobody's business";
    EXPECT_NE(lines[1].find("observer_test.cpp:"), std::string::npos) << lines[1];
    connection c = open({.echo = echo_mode::with_values}).connect();
    c.execute(sql("insert into t values (:v)", {{"v", 987654321}}));
    lines = log.lines();
    EXPECT_NE(lines.back().find("(987654321)"), std::string::npos) << lines.back();
}

}  // namespace
}  // namespace koine
