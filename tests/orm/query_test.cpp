// Queries for objects.
#include "backend.hpp"

#include <algorithm>

namespace koine_test {
namespace {

const user& peek(const koine::ref<user>& object) {
    return *object;
}

class filled {
public:
    explicit filled(koine::session& session) {
        session.add(user{.name = "ada", .email = "ada@localhost", .score = 3});
        session.add(user{.name = "Bob", .score = 1});
        session.add(user{.name = "cyd", .email = "cyd@localhost", .score = 2});
        session.commit();
    }
};

std::string names(const std::vector<koine::ref<user>>& users) {
    std::string out;
    for (const auto& one : users) out += peek(one).name + ' ';
    return out;
}

TEST_P(orm, filters_orders_and_cuts) {
    koine::session session = open();
    const filled data{session};
    const auto users = session.query<user>().order_by(col<&user::score>);
    EXPECT_EQ(names(users.all()), "Bob cyd ada ");
    EXPECT_EQ(names(users.limit(2).all()), "Bob cyd ");
    EXPECT_EQ(names(users.limit(2).offset(1).all()), "cyd ada ");
    EXPECT_EQ(names(users.offset(2).all()), "ada ");
    EXPECT_EQ(names(users.filter(col<&user::email>.is_not_null()).all()), "cyd ada ");
    EXPECT_EQ(names(users.filter(col<&user::email> == std::nullopt).all()), "Bob ");
    EXPECT_EQ(names(users.filter(col<&user::score> > 1.0, col<&user::score> < 3.0).all()), "cyd ");
    EXPECT_EQ(names(users.filter(col<&user::score> > 1.0).filter(col<&user::score> < 3.0).all()), "cyd ");
    EXPECT_EQ(names(users.filter(col<&user::name> == "ada" || col<&user::name> == "cyd").all()), "cyd ada ");
    EXPECT_EQ(names(users.filter(!(col<&user::name> == "ada")).all()), "Bob cyd ");
    EXPECT_EQ(names(users.filter(col<&user::name>.in("ada", "Bob")).all()), "Bob ada ");
    EXPECT_EQ(names(users.filter(col<&user::name>.like("%d%")).all()), "cyd ada ");
    EXPECT_EQ(names(users.filter(col<&user::name>.like("b%")).all()), "");
    EXPECT_EQ(names(users.filter(col<&user::name>.ilike("b%")).all()), "Bob ");
    EXPECT_EQ(names(users.filter(col<&user::score>.between(1.5, 2.5)).all()), "cyd ");
    EXPECT_EQ(names(session.query<user>().order_by(col<&user::score>.desc()).all()), "ada cyd Bob ");
    EXPECT_EQ(names(users.all()), "Bob cyd ada ") << "a query is a value that refining does not change";
}

TEST_P(orm, answers_first_one_none_and_too_many) {
    koine::session session = open();
    const filled data{session};
    const auto users = session.query<user>().order_by(col<&user::score>);
    EXPECT_EQ(peek(users.first()).name, "Bob");
    EXPECT_FALSE(users.filter(col<&user::name> == "nobody").first());
    EXPECT_EQ(peek(users.filter(col<&user::name> == "ada").one()).name, "ada");
    EXPECT_EQ(code_of([&] { (void)users.one(); }), koine::errc::multiple_rows);
    EXPECT_EQ(code_of([&] { (void)users.one_or_none(); }), koine::errc::multiple_rows);
    EXPECT_EQ(code_of([&] { (void)users.filter(col<&user::name> == "nobody").one(); }), koine::errc::no_row);
    EXPECT_FALSE(users.filter(col<&user::name> == "nobody").one_or_none());
    const auto key = peek(users.first()).id;
    EXPECT_EQ(peek(users.filter(col<&user::id> == key).first()).name, "Bob");
    EXPECT_EQ(users.limit(0).first(), nullptr);
}

TEST_P(orm, counts_and_asks_for_existence) {
    koine::session session = open();
    const filled data{session};
    const auto users = session.query<user>();
    EXPECT_EQ(users.count(), 3);
    EXPECT_EQ(users.limit(2).count(), 2);
    EXPECT_EQ(users.filter(col<&user::score> > 1.0).count(), 2);
    EXPECT_EQ(users.distinct().count(), 3);
    EXPECT_TRUE(users.exists());
    EXPECT_FALSE(users.filter(col<&user::score> > 5.0).exists());
}

TEST_P(orm, values_are_plain_and_unknown_to_the_session) {
    koine::session session = open();
    const filled data{session};
    session.close();
    std::vector<user> plain = session.query<user>().order_by(col<&user::name>).values();
    ASSERT_EQ(plain.size(), 3U);
    plain[0].name = "changed";
    session.commit();
    EXPECT_EQ(stored<user>().size(), 3U);
    EXPECT_FALSE(session.query<user>().filter(col<&user::name> == "changed").exists());
}

TEST_P(orm, a_const_loop_reads_and_a_mutable_loop_writes) {
    koine::session session = open();
    const filled data{session};
    for (const auto& one : session.query<user>().all()) EXPECT_GT(one->score, 0);
    for (auto& one : session.query<user>().all()) one->score *= 10;
    session.commit();
    for (const user& row : stored<user>()) EXPECT_GE(row.score, 10);
}

TEST_P(orm, an_update_by_query_has_objects_read_again) {
    koine::session session = open();
    const filled data{session};
    auto ada = session.query<user>().filter(col<&user::name> == "ada").one();
    user& kept = *ada;
    EXPECT_EQ(session.query<user>().filter(col<&user::score> >= 2.0).update(col<&user::score>.set(50.0)), 2);
    EXPECT_EQ(kept.score, 3) << "an object keeps what it holds until it is asked for";
    (void)session.get<user>(kept.id);
    EXPECT_EQ(kept.score, 50);
    session.rollback();
    (void)session.get<user>(kept.id);
    EXPECT_EQ(kept.score, 3);
    EXPECT_EQ(session.query<user>().update(col<&user::email>.set(std::nullopt), col<&user::score>.set(0.5)), 3);
    session.commit();
    for (const user& row : stored<user>()) EXPECT_EQ(row.score, 0.5);
}

TEST_P(orm, a_delete_by_query_empties_get) {
    koine::session session = open();
    const filled data{session};
    const auto ada = session.query<user>().filter(col<&user::name> == "ada").one();
    EXPECT_EQ(session.query<user>().filter(col<&user::name> == "ada").delete_(), 1);
    EXPECT_FALSE(session.get<user>(ada->id));
    EXPECT_FALSE(session.contains(ada));
    session.rollback();
    EXPECT_TRUE(session.contains(ada));
    EXPECT_EQ(session.get<user>(ada->id), ada);
    EXPECT_EQ(session.query<user>().delete_(), 3);
    session.commit();
    EXPECT_TRUE(stored<user>().empty());
    EXPECT_EQ(code_of([&] { session.query<user>().limit(1).delete_(); }), koine::errc::usage);
}

TEST_P(orm, reports_the_column_that_does_not_fit) {
    koine::session session = open();
    session.execute(koine::sql("insert into countries (code, name) values ('XX', 'x')", {}));
    session.commit();
    koine::session other = open();
    EXPECT_EQ(other.query<country>().count(), 1);
    session.close();
    other.close();
}

TEST_P(orm, reads_several_thousand_objects_and_finds_each_by_its_key) {
    koine::session session = open();
    for (int i = 0; i < 5000; ++i) session.add(user{.name = std::to_string(i)});
    session.commit();
    session.close();
    for (int round = 0; round < 2; ++round) {
        const auto all = session.query<user>().all();
        ASSERT_EQ(all.size(), 5000U);
        for (const auto& one : all) ASSERT_EQ(session.get<user>(one->id), one);
    }
}

}  // namespace
}  // namespace koine_test
