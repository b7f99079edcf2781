// Rows that are inserted without the session keeping their objects.
#include "backend.hpp"

#include <koine/orm/scoped_session.hpp>

namespace koine_test {
namespace {

TEST_P(orm, inserts_a_row_for_an_object_that_stays_the_programs) {
    koine::session session = open();
    user mine{.name = "mine", .email = "mine@localhost", .score = 1.5};
    session.insert(mine);
    EXPECT_GT(mine.id, 0);
    EXPECT_FALSE(session.is_modified());
    mine.name = "changed, which nobody watches";
    const auto found = session.get<user>(mine.id);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->name, "mine");
    session.commit();
    const auto stored = stored_user(mine.id);
    ASSERT_TRUE(stored);
    EXPECT_EQ(stored->name, "mine");
    EXPECT_EQ(stored->email, "mine@localhost");
    EXPECT_EQ(stored->score, 1.5);
}

TEST_P(orm, answers_an_object_that_was_made_for_its_row_or_a_copy) {
    koine::session session = open();
    const user made = session.insert(user{.name = "made"});
    const user constant{.name = "constant"};
    const user copy = session.insert(constant);
    EXPECT_GT(made.id, 0);
    EXPECT_GT(copy.id, made.id);
    EXPECT_EQ(copy.name, "constant");
    EXPECT_EQ(constant.id, 0);
    session.commit();
    EXPECT_EQ(stored_user(made.id)->name, "made");
    EXPECT_EQ(stored_user(copy.id)->name, "constant");
}

TEST_P(orm, inserts_a_row_with_the_key_that_its_object_has) {
    koine::session session = open();
    user mine{.id = 4711, .name = "given"};
    session.insert(mine);
    EXPECT_EQ(mine.id, 4711);
    session.commit();
    EXPECT_EQ(stored_user(4711)->name, "given");
}

TEST_P(orm, gives_each_of_300_inserted_rows_its_own_key) {
    koine::session session = open();
    std::vector<user> made;
    for (int i = 0; i < 300; ++i) made.push_back(session.insert(user{.name = "user " + std::to_string(i)}));
    session.commit();
    for (const user& one : made) EXPECT_EQ(stored_user(one.id)->name, one.name);
}

TEST_P(orm, inserts_the_row_now) {
    koine::session session = open();
    const auto held = session.no_autoflush();
    session.insert(user{.name = "now"});
    EXPECT_EQ(session.execute(koine::sql("select count(*) from users")).one<std::int64_t>(), 1);
}

TEST_P(orm, inserts_a_row_after_what_waits_to_be_flushed) {
    koine::session session = open();
    session.add(user{.id = 7, .name = "author"});
    const post written = session.insert(post{.author = 7, .text = "refers to the author"});
    session.commit();
    EXPECT_EQ(stored<post>().at(0).id, written.id);
}

TEST_P(orm, inserts_rows_of_classes_with_keys_of_any_kind) {
    koine::session session = open();
    session.insert(country{.code = "gr", .name = "Greece"});
    session.insert(seat{.row = 4, .number = "b", .guest = "Ada"});
    session.insert(folder{.id = 1, .name = "root"});
    session.insert(folder{.id = 2, .parent = 1, .name = "leaf"});
    session.commit();
    EXPECT_EQ(stored<country>().at(0).name, "Greece");
    EXPECT_EQ(stored<seat>().at(0).guest, "Ada");
    EXPECT_EQ(stored<folder>().size(), 2U);
}

TEST_P(orm, assigns_to_an_inserted_object_what_the_database_made_of_it) {
    koine::session session = open();
    document made{.title = "plan"};
    session.insert(made);
    EXPECT_GT(made.id, 0);
    EXPECT_EQ(made.revision, 1);
    EXPECT_EQ(made.state, "draft");
    document own{.title = "own", .state = "final"};
    session.insert(own);
    EXPECT_EQ(own.state, "final");
    session.commit();
    for (const document& row : stored<document>()) EXPECT_EQ(row.state, row.id == made.id ? "draft" : "final");
}

TEST_P(orm, rollback_takes_back_an_inserted_row_and_leaves_its_object_alone) {
    koine::session session = open();
    user mine{.name = "mine"};
    session.insert(mine);
    const std::int64_t id = mine.id;
    session.rollback();
    EXPECT_EQ(mine.id, id);
    EXPECT_TRUE(stored<user>().empty());
}

TEST_P(orm, an_insert_that_fails_leaves_the_object_as_it_was_and_takes_only_rollback) {
    const std::int64_t id = insert_user("taken");
    koine::session session = open();
    user mine{.name = "taken"};
    EXPECT_THROW(session.insert(mine), koine::constraint_error);
    EXPECT_EQ(mine.id, 0);
    document other{.title = "never"};
    EXPECT_EQ(code_of([&] { session.insert(other); }), koine::errc::transaction_failed);
    EXPECT_EQ(code_of([&] { session.commit(); }), koine::errc::transaction_failed);
    session.rollback();
    mine.name = "free";
    session.insert(mine);
    session.commit();
    EXPECT_EQ(stored<user>().size(), 2U);
    EXPECT_NE(mine.id, id);
}

TEST_P(orm, a_savepoint_heals_an_insert_that_failed) {
    insert_user("taken");
    koine::session session = open();
    session.insert(user{.name = "before"});
    auto attempt = session.begin_nested();
    EXPECT_THROW(session.insert(user{.name = "taken"}), koine::constraint_error);
    attempt.rollback();
    session.insert(user{.name = "after"});
    session.commit();
    EXPECT_EQ(stored<user>().size(), 3U);
}

TEST_P(orm, an_insert_of_a_value_that_cannot_be_stored_sends_nothing) {
    koine::session session = open();
    session.insert(user{.name = "good"});
    EXPECT_EQ(code_of([&] { session.insert(user{.name = "\xff"}); }), koine::errc::invalid_encoding);
    EXPECT_EQ(code_of([&] {
                  session.insert(country{.code = "x", .name = std::string{"a\0b", 3}});
              }),
              koine::errc::invalid_encoding);
    session.insert(user{.name = "still open"});
    session.commit();
    EXPECT_EQ(stored<user>().size(), 2U);
    EXPECT_TRUE(stored<country>().empty());
}

TEST_P(orm, an_inserted_row_can_be_loaded_changed_and_deleted) {
    koine::session session = open();
    const user made = session.insert(user{.name = "made"});
    auto found = session.get<user>(made.id);
    found->score = 2;
    session.flush();
    session.delete_(found);
    session.commit();
    EXPECT_TRUE(stored<user>().empty());
}

TEST_P(orm, inserts_through_a_scoped_session) {
    koine::scoped_session db{koine::sessionmaker{engine}};
    user mine{.name = "mine"};
    db.insert(mine);
    const user made = db.insert(user{.name = "made"});
    db.commit();
    db.remove();
    EXPECT_EQ(stored_user(mine.id)->name, "mine");
    EXPECT_EQ(stored_user(made.id)->name, "made");
}

TEST_P(orm_shared, a_row_inserted_in_place_of_one_that_is_gone_is_read_again) {
    const std::int64_t id = insert_user("old");
    koine::session{engine}.begin([](koine::session& in) { in.insert(country{.code = "gr", .name = "old"}); });
    koine::session session = open();
    const auto known = session.get<user>(id);
    const auto land = session.get<country>("gr");
    EXPECT_EQ(known->name, "old");
    koine::session{engine}.begin([](koine::session& in) {
        in.query<user>().delete_();
        in.query<country>().delete_();
    });
    session.insert(user{.id = id, .name = "new"});
    session.insert(country{.code = "gr", .name = "new"});
    EXPECT_EQ(session.get<user>(id)->name, "new");
    EXPECT_EQ(session.get<country>("gr")->name, "new");
    EXPECT_EQ(known->name, "new");
    EXPECT_EQ(land->name, "new");
    session.commit();
}

}  // namespace
}  // namespace koine_test
