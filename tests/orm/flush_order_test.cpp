// In which order a flush writes, as databases and other sessions see it.
#include "backend.hpp"

#include <algorithm>
#include <atomic>
#include <memory>
#include <random>
#include <string_view>
#include <thread>

namespace koine_test {

struct top {
    std::int64_t id{};
    static constexpr auto koine_table() {
        return koine::table("tops", col<&top::id>(koine::primary_key, koine::not_generated));
    }
};
struct middle {
    std::int64_t id{};
    std::int64_t parent{};
    static constexpr auto koine_table() {
        return koine::table("middles", col<&middle::id>(koine::primary_key, koine::not_generated),
                            col<&middle::parent>(koine::foreign_key<&top::id>.on_delete(koine::cascade)));
    }
};
struct bottom {
    std::int64_t id{};
    std::int64_t parent{};
    static constexpr auto koine_table() {
        return koine::table("bottoms", col<&bottom::id>(koine::primary_key, koine::not_generated),
                            col<&bottom::parent>(koine::foreign_key<&middle::id>.on_delete(koine::cascade)));
    }
};
struct branch {
    std::int64_t id{};
    std::optional<std::int64_t> parent{};
    static constexpr auto koine_table() {
        return koine::table("branches", col<&branch::id>(koine::primary_key, koine::not_generated),
                            col<&branch::parent>(koine::foreign_key<&branch::id>.on_delete(koine::cascade)));
    }
};
// Classes that refer to each other.
struct city {
    std::int64_t id{};
    std::optional<std::int64_t> mayor{};
};
struct person {
    std::int64_t id{};
    std::optional<std::int64_t> home{};
};

}  // namespace koine_test

template <>
struct koine::mapping<koine_test::city> {
    static constexpr auto table() {
        using koine_test::city;
        return koine::table("cities", col<&city::id>(koine::primary_key, koine::not_generated),
                            col<&city::mayor>(koine::foreign_key<&koine_test::person::id>));
    }
};
template <>
struct koine::mapping<koine_test::person> {
    static constexpr auto table() {
        using koine_test::person;
        return koine::table("persons", col<&person::id>(koine::primary_key, koine::not_generated),
                            col<&person::home>(koine::foreign_key<&koine_test::city::id>.on_delete(koine::cascade)));
    }
};

namespace koine_test {
namespace {

class flush_order : public orm {
protected:
    flush_order() {
        tables_ = koine::map<top, middle, bottom, branch, city, person>();
        tables_.drop_all(engine);
        tables_.create_all(engine);
    }
    ~flush_order() override { tables_.drop_all(engine); }

    // get() would flush what was deleted before.
    template <class T>
    static void delete_together(koine::session& session, const std::vector<std::int64_t>& ids) {
        std::vector<koine::ref<T>> found;
        for (const std::int64_t id : ids) found.push_back(session.get<T>(id));
        for (const auto& one : found) session.delete_(one);
    }
    template <class T>
    std::int64_t count() {
        return static_cast<std::int64_t>(stored<T>().size());
    }

private:
    koine::metadata tables_{};
};
class flush_order_shared : public flush_order {};

TEST_P(flush_order, deletes_what_a_cascade_would_delete_before_what_it_comes_from) {
    for (const bool bottom_first : {true, false}) {
        koine::session session = open();
        const auto highest = session.add(top{1});
        const auto other = session.add(top{2});
        session.add(middle{1, 1});
        const auto lowest = session.add(bottom{1, 1});
        session.commit();
        if (bottom_first) session.delete_(lowest);
        session.delete_(highest);
        session.delete_(other);
        if (!bottom_first) session.delete_(lowest);
        session.commit();
        EXPECT_EQ(count<top>() + count<middle>() + count<bottom>(), 0);
    }
}

TEST_P(flush_order, changes_what_a_cascade_would_delete_before_what_it_comes_from) {
    koine::session session = open();
    const auto first = session.add(top{1});
    session.add(top{2});
    auto moved = session.add(middle{1, 1});
    session.commit();
    moved->parent = 2;
    session.delete_(first);
    session.commit();
    EXPECT_EQ(count<middle>(), 1);
}

TEST_P(flush_order, follows_a_cascade_within_one_table_through_rows_that_stay_out_of_it) {
    // 1 <- 2 <- 3 <- 4 <- 5, and 6 <- 7
    for (const std::vector<std::int64_t>& wanted :
         {std::vector<std::int64_t>{5, 1}, {1, 5}, {5, 3, 1}, {3, 5}, {7, 5, 1, 6}, {5, 1, 7}, {6, 5, 2}}) {
        std::vector<std::int64_t> ids{1, 2, 3, 4, 5, 6, 7};
        // the keys say nothing of who is above whom
        for (const bool upside_down : {false, true}) {
            const auto id = [&](std::int64_t of) { return upside_down ? 10 - of : of; };
            koine::session session = open();
            for (const std::int64_t one : ids) {
                const bool root = one == 1 || one == 6;
                session.add(branch{id(one), root ? std::nullopt : std::optional{id(one - 1)}});
            }
            session.commit();
            session.close();
            delete_together<branch>(session, [&] {
                std::vector<std::int64_t> keys;
                for (const std::int64_t one : wanted) keys.push_back(id(one));
                return keys;
            }());
            session.commit();
            session.query<branch>().delete_();
            session.commit();
        }
    }
}

TEST_P(flush_order, looks_at_a_tree_as_the_flush_leaves_it) {
    // 3 is moved from below 1 to below 2, of which 1 is the parent.
    koine::session session = open();
    session.add(branch{1, std::nullopt});
    session.add(branch{2, std::nullopt});
    session.add(branch{3, 2});
    session.add(branch{4, 3});
    session.commit();
    session.get<branch>(2)->parent = 1;
    delete_together<branch>(session, {4, 1});
    session.commit();
    EXPECT_EQ(count<branch>(), 0);
}

TEST_P(flush_order, takes_classes_that_refer_to_each_other_by_the_references_that_exist) {
    koine::session session = open();
    session.add(person{2, 1});
    session.add(city{1});
    session.add(person{1});
    session.add(city{2, 2});
    session.add(person{3, 2});
    session.commit();
    EXPECT_EQ(count<city>(), 2);
    EXPECT_EQ(count<person>(), 3);
    const auto persons = session.query<person>().all();
    delete_together<city>(session, {1, 2});
    for (const auto& one : persons) session.delete_(one);
    session.commit();
    EXPECT_EQ(count<city>() + count<person>(), 0);
}

TEST_P(flush_order, follows_a_cascade_through_classes_that_refer_to_each_other) {
    koine::session session = open();
    const auto home = session.add(city{1});
    const auto lives_there = session.add(person{2, 1});
    session.commit();
    session.delete_(home);
    session.delete_(lives_there);
    session.commit();
    EXPECT_EQ(count<city>() + count<person>(), 0);
}

TEST_P(flush_order, names_the_classes_whose_rows_refer_to_each_other_in_a_circle) {
    koine::session session = open();
    session.add(city{1, 1});
    session.add(person{1, 1});
    const std::string message = message_of([&] { session.flush(); });
    EXPECT_NE(message.find("circle"), std::string::npos) << message;
    EXPECT_NE(message.find("city"), std::string::npos) << message;
    EXPECT_NE(message.find("person"), std::string::npos) << message;
}

TEST_P(flush_order, deletes_a_row_that_refers_to_itself) {
    koine::session session = open();
    session.add(folder{1, 1, "own root"});
    const auto own = session.add(branch{1, 1});
    session.add(folder{2, 1, "below"});
    session.commit();
    delete_together<folder>(session, {1, 2});
    session.delete_(own);
    session.commit();
    EXPECT_TRUE(stored<folder>().empty());
    EXPECT_EQ(count<branch>(), 0);
    const auto again = session.add(folder{1, 1, "own root"});
    session.commit();
    session.delete_(again);
    session.rollback();
    EXPECT_EQ(stored<folder>().at(0).parent, 1);
}

// The key of each row that is changed or deleted.
struct changed_keys final : koine::statement_observer {
    std::vector<std::string> told{};
    bool wants_values() const noexcept override { return true; }
    void on_statement(const koine::statement_event& what) override {
        const std::string_view word = what.text.substr(0, 7);
        if (word != "UPDATE " && word != "DELETE ") return;
        const std::size_t at = what.values.find_last_of(" (") + 1;
        std::string key{what.values.substr(at, what.values.size() - at - 1)};
        key.erase(std::remove(key.begin(), key.end(), '\''), key.end());
        told.push_back((word == "DELETE " ? "-" : "") + key);
    }
};

TEST_P(flush_order, changes_and_deletes_rows_in_the_order_of_their_keys) {
    koine::session session = open();
    for (const std::int64_t id : {5, 1, 4, 2, 13}) session.add(user{.id = id, .name = std::to_string(id)});
    for (const char* const code : {"gr", "at", "it", "ch"}) session.add(country{code, "old"});
    session.add(post{.id = 1, .author = 1, .text = "old"});
    session.commit();
    const auto watched = std::make_shared<changed_keys>();
    const auto subscription = session.observe(watched);
    auto countries = session.query<country>().order_by(col<&country::code>.desc()).all();
    auto users = session.query<user>().order_by(col<&user::id>.desc()).all();
    auto written = session.get<post>(1);
    for (auto& one : countries) one->name = "new";
    written->text = "new";
    for (auto& one : users) {
        if (std::as_const(one)->id == 2 || std::as_const(one)->id == 13)
            session.delete_(one);
        else
            one->score = 1;
    }
    session.commit();
    EXPECT_EQ(watched->told, (std::vector<std::string>{"1", "1", "-2", "4", "5", "-13", "at", "ch", "gr", "it"}));
    EXPECT_EQ(stored<user>().size(), 3U);
}

TEST_P(flush_order, changes_many_rows_in_the_order_of_their_keys) {
    koine::session session = open();
    std::vector<koine::ref<folder>> added;
    // dense, far apart, and negative
    for (const std::int64_t step : {std::int64_t{1}, std::int64_t{1} << 20U, std::int64_t{1} << 40U}) {
        for (std::int64_t i = 0; i < 300; ++i)
            added.push_back(session.add(folder{(i * 7919 % 300 - 100) * step, std::nullopt, "old"}));
        session.commit();
        const auto watched = std::make_shared<changed_keys>();
        {
            const auto subscription = session.observe(watched);
            for (auto& one : added) one->name = "new " + std::to_string(step);
            session.commit();
        }
        ASSERT_EQ(watched->told.size(), 300U);
        for (std::int64_t i = 0; i < 300; ++i)
            ASSERT_EQ(watched->told[static_cast<std::size_t>(i)], std::to_string((i - 100) * step)) << i;
        for (const folder& one : stored<folder>()) EXPECT_EQ(one.name, "new " + std::to_string(step));
        session.query<folder>().delete_();
        session.commit();
        session.expunge_all();
        added.clear();
    }
}

// Four sessions at once change and delete the same 20 rows, each in an order of its own.
TEST_P(flush_order_shared, keeps_sessions_from_locking_each_other_out) {
    const std::string_view dialect = engine.dialect().name();
    if (dialect == "sqlite") GTEST_SKIP() << "one session writes at a time";
    constexpr int threads = 4;
    constexpr int rounds = 15;
    constexpr std::int64_t rows = 20;
    {
        koine::session session = open();
        for (std::int64_t id = 1; id <= rows; ++id) {
            session.add(user{.id = id, .name = "user " + std::to_string(id)});
            session.add(country{"country " + std::to_string(id), "x"});
        }
        session.commit();
    }
    std::atomic<int> deadlocks{0};
    std::atomic<int> others{0};
    std::vector<std::thread> all;
    for (int number = 0; number < threads; ++number) {
        all.emplace_back([&, number] {
            std::mt19937 random{static_cast<unsigned>(number)};
            for (int round = 0; round < rounds; ++round) {
                koine::session session = open();
                try {
                    auto users = session.query<user>().all();
                    auto countries = session.query<country>().all();
                    std::shuffle(users.begin(), users.end(), random);
                    std::shuffle(countries.begin(), countries.end(), random);
                    const auto touch_users = [&] {
                        for (auto& one : users) one->score = number * 1000.0 + round;
                    };
                    const auto touch_countries = [&] {
                        for (auto& one : countries) one->name = std::to_string(number * 1000 + round);
                    };
                    if (number % 2 == 0) touch_users();
                    touch_countries();
                    if (number % 2 != 0) touch_users();
                    session.commit();
                } catch (const koine::serialization_error& why) {
                    if (why.code() == koine::errc::deadlock)
                        ++deadlocks;
                    else
                        ++others;
                }
            }
        });
    }
    for (std::thread& one : all) one.join();
    RecordProperty("deadlocks", deadlocks.load());
    EXPECT_EQ(deadlocks.load(), 0) << "of " << threads * rounds << " flushes";
    EXPECT_EQ(others.load(), 0);
}

INSTANTIATE_TEST_SUITE_P(backends, flush_order, testing::ValuesIn(backends()), name_of);
INSTANTIATE_TEST_SUITE_P(backends, flush_order_shared, testing::ValuesIn(shared_backends()), name_of);

}  // namespace
}  // namespace koine_test
