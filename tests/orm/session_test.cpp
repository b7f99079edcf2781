// What a session does with objects: adding, finding, changing, deleting.
#include "backend.hpp"

#include <sstream>

namespace koine_test {
namespace {

TEST_P(orm, gives_an_added_object_its_generated_key) {
    koine::session session = open();
    const auto added = session.add(user{.name = "admin"});
    EXPECT_EQ(added->id, 0);
    session.flush();
    EXPECT_GT(added->id, 0);
    session.commit();
    EXPECT_EQ(stored_user(added->id)->name, "admin");
}

TEST_P(orm, leaves_the_ends_of_transactions_to_those_who_know_of_them) {
    koine::session session{engine};
    const auto kept = session.add(user{.name = "kept"});
    session.flush();
    for (const char* const text : {"commit", " ROLLBACK", "/* a */ begin", "-- b\nstart transaction", "end",
                                   "rollback work", "commit work;", "abort"}) {
        try {
            session.execute(koine::sql(koine::unsafe_sql(text)));
            ADD_FAILURE() << text;
        } catch (const koine::usage_error& why) {
            EXPECT_NE(std::string{why.what()}.find("isolation::autocommit"), std::string::npos) << why.what();
        }
    }
    session.execute(koine::sql("savepoint by_hand"));
    session.execute(koine::sql("rollback to savepoint by_hand"));
    session.commit();
    EXPECT_TRUE(session.contains(kept));
    EXPECT_EQ(session.query<user>().count(), 1);
}

TEST_P(orm, adds_a_copy_of_an_object_that_the_program_keeps) {
    user mine{.name = "mine, and longer than what fits into a string by itself"};
    const user constant{.name = "constant"};
    koine::session session = open();
    const auto copy = session.add(mine);
    session.add(constant);
    mine.name += '!';
    session.commit();
    EXPECT_EQ(mine.name, "mine, and longer than what fits into a string by itself!");
    EXPECT_EQ(stored_user(copy->id)->name, "mine, and longer than what fits into a string by itself");
    EXPECT_EQ(stored<user>().size(), 2U);
}

TEST_P(orm, flushes_one_new_object_beside_objects_that_are_watched) {
    const std::int64_t id = insert_user("watched");
    koine::session session = open();
    auto watched = session.get<user>(id);
    watched->score = 1;
    session.flush();
    const auto first = session.add(user{.name = "first"});
    session.flush();
    EXPECT_GT(first->id, 0);
    EXPECT_EQ(session.get<user>(first->id), first);
    watched->score = 2;
    const auto second = session.add(user{.name = "second"});
    session.commit();
    EXPECT_GT(second->id, 0);
    EXPECT_EQ(stored_user(id)->score, 2);
    EXPECT_EQ(stored<user>().size(), 3U);
}

TEST_P(orm, gives_each_of_1000_objects_of_one_flush_its_own_key) {
    koine::session session = open();
    std::vector<koine::ref<user>> added;
    for (int i = 0; i < 1000; ++i)
        added.push_back(session.add(user{.name = "user " + std::to_string(i * 7919 % 1000)}));
    session.commit();
    for (const user& row : stored<user>()) {
        const auto found = session.get<user>(row.id);
        EXPECT_EQ(static_cast<const user&>(found).name, row.name);
    }
    for (const auto& one : added) EXPECT_EQ(session.get<user>(one->id), one);
    EXPECT_EQ(session.query<user>().count(), 1000);
}

TEST_P(orm, writes_what_was_assigned_through_a_reference) {
    const std::int64_t id = insert_user("before");
    koine::session session = open();
    auto found = session.get<user>(id);
    ASSERT_TRUE(found);
    found->name = "after";
    found->email = "after@localhost";
    session.commit();
    EXPECT_EQ(stored_user(id)->name, "after");
    EXPECT_EQ(stored_user(id)->email, "after@localhost");
}

TEST_P(orm, answers_the_same_object_for_the_same_row) {
    const std::int64_t id = insert_user("one");
    koine::session session = open();
    const auto by_key = session.get<user>(id);
    const auto by_query = session.query<user>().filter(col<&user::name> == "one").first();
    EXPECT_EQ(by_key, by_query);
    EXPECT_EQ(by_key.get(), by_query.get());
}

TEST_P(orm, answers_an_empty_reference_for_a_key_without_row) {
    koine::session session = open();
    const auto none = session.get<user>(4711);
    EXPECT_FALSE(none);
    EXPECT_EQ(code_of([&] { (void)none->name; }), koine::errc::usage);
    EXPECT_NE(message_of([&] { (void)none->name; }).find("ref<"), std::string::npos);
}

TEST_P(orm, answers_an_empty_reference_for_a_key_that_its_column_cannot_hold) {
    koine::session session = open();
    session.add(seat{0, "a", "ada"});
    session.add(user{.id = -1, .name = "ada"});
    session.commit();
    for (const std::int64_t row :
         {std::int64_t{1} << 32, std::int64_t{1} << 31, std::numeric_limits<std::int64_t>::min()})
        EXPECT_FALSE(session.get<seat>(row, "a")) << row;
    EXPECT_FALSE(session.get<user>(std::numeric_limits<std::uint64_t>::max()));
    EXPECT_TRUE(session.get<seat>(std::int64_t{0}, "a"));
    EXPECT_TRUE(session.get<user>(-1));
}

TEST_P(orm, finds_text_keys) {
    koine::session session = open();
    session.add(country{"GR", "Greece"});
    session.add(country{"EG", "Egypt"});
    session.commit();
    EXPECT_EQ(session.get<country>("GR")->name, "Greece");
    EXPECT_EQ(session.get<country>(std::string{"EG"})->name, "Egypt");
    EXPECT_FALSE(session.get<country>("XX"));
    auto greece = session.get<country>("GR");
    greece->name = "Hellas";
    session.commit();
    EXPECT_EQ(session.query<country>().filter(col<&country::name> == "Hellas").count(), 1);
    EXPECT_EQ(session.query<country>().order_by(col<&country::code>.desc()).first(), greece);
}

TEST_P(orm, finds_composite_keys_in_the_order_of_their_columns) {
    koine::session session = open();
    session.add(seat{1, "A", "Ada"});
    session.add(seat{1, "B", "Bob"});
    session.add(seat{2, "A", "Cyd"});
    session.commit();
    EXPECT_EQ(session.get<seat>(1, "B")->guest, "Bob");
    EXPECT_EQ(session.get<seat>(2, "A")->guest, "Cyd");
    EXPECT_FALSE(session.get<seat>(2, "B"));
    auto moved = session.get<seat>(2, "A");
    moved->guest = "Dan";
    session.commit();
    session.delete_(moved);
    session.commit();
    EXPECT_EQ(stored<seat>().size(), 2U);
}

TEST_P(orm, deletes_rows) {
    const std::int64_t id = insert_user("gone");
    koine::session session = open();
    const auto found = session.get<user>(id);
    session.delete_(found);
    EXPECT_TRUE(session.is_modified(found));
    session.flush();
    EXPECT_FALSE(session.get<user>(id));
    session.commit();
    EXPECT_FALSE(stored_user(id));
    EXPECT_EQ(found->name, "gone") << "a deleted object stays readable";
    EXPECT_EQ(code_of([&] { session.add(found); }), koine::errc::usage);
}

TEST_P(orm, takes_back_a_delete_when_the_object_is_added_again) {
    const std::int64_t id = insert_user("kept");
    koine::session session = open();
    const auto found = session.get<user>(id);
    session.delete_(found);
    session.add(found);
    session.commit();
    EXPECT_TRUE(stored_user(id));
}

TEST_P(orm, forgets_an_object_that_is_deleted_before_it_was_inserted) {
    koine::session session = open();
    const auto added = session.add(user{.name = "never"});
    session.delete_(added);
    session.commit();
    EXPECT_TRUE(stored<user>().empty());
    session.add(added);
    session.commit();
    EXPECT_EQ(stored<user>().size(), 1U);
}

TEST_P(orm, refuses_a_changed_primary_key) {
    const std::int64_t id = insert_user("fixed");
    koine::session session = open();
    auto found = session.get<user>(id);
    found->id = id + 1;
    const std::string message = message_of([&] { session.flush(); });
    EXPECT_NE(message.find("primary key of"), std::string::npos) << message;
    EXPECT_NE(message.find("user"), std::string::npos) << message;
    EXPECT_NE(message.find("id " + std::to_string(id)), std::string::npos) << message;
    found->id = id;
    session.commit();
}

TEST_P(orm, flushes_before_queries) {
    koine::session session = open();
    auto added = session.add(user{.name = "new"});
    EXPECT_EQ(session.query<user>().filter(col<&user::name> == "new").count(), 1);
    added->name = "newer";
    EXPECT_TRUE(session.query<user>().filter(col<&user::name> == "newer").exists());
    const auto guard = session.no_autoflush();
    added->name = "newest";
    EXPECT_FALSE(session.query<user>().filter(col<&user::name> == "newest").exists());
    session.rollback();
}

TEST_P(orm, does_not_flush_before_queries_if_the_options_say_so) {
    koine::session session = open({.autoflush = false});
    session.add(user{.name = "new"});
    EXPECT_EQ(session.query<user>().count(), 0);
    session.commit();
    EXPECT_EQ(session.query<user>().count(), 1);
}

TEST_P(orm, reads_back_what_the_database_filled_in) {
    koine::session session = open();
    const auto plain = session.add(document{.title = "plain"});
    const auto given = session.add(document{.title = "given", .state = "final"});
    const auto other = session.add(document{.title = "other"});
    session.flush();
    EXPECT_EQ(plain->state, "draft");
    EXPECT_EQ(given->state, "final");
    EXPECT_EQ(other->state, "draft");
    EXPECT_FALSE(session.is_modified());
    session.commit();
    for (const document& row : stored<document>()) EXPECT_EQ(row.state, row.title == "given" ? "final" : "draft");
    EXPECT_EQ(session.get<document>(other->id), other);
    EXPECT_EQ(other->title, "other");
}

TEST_P(orm, inserts_parents_before_children_and_deletes_children_first) {
    koine::session session = open();
    const auto author = session.add(user{.id = 7, .name = "author"});
    const auto note = session.add(post{.author = 7, .text = "first"});
    session.commit();
    session.delete_(author);
    session.delete_(note);
    session.commit();
    EXPECT_TRUE(stored<user>().empty());
    // The child is added first.
    session.add(post{.author = 8, .text = "second"});
    session.add(user{.id = 8, .name = "late"});
    session.commit();
    EXPECT_EQ(stored<post>().size(), 1U);
}

TEST_P(orm, orders_rows_that_refer_to_their_own_table) {
    koine::session session = open();
    const auto leaf = session.add(folder{3, 2, "leaf"});
    const auto middle = session.add(folder{2, 1, "middle"});
    const auto root = session.add(folder{1, std::nullopt, "root"});
    session.commit();
    EXPECT_EQ(stored<folder>().size(), 3U);
    session.delete_(root);
    session.delete_(middle);
    session.delete_(leaf);
    session.commit();
    EXPECT_TRUE(stored<folder>().empty());
}

TEST_P(orm, reports_rows_that_refer_to_each_other_in_a_circle) {
    koine::session session = open();
    session.add(folder{1, 2, "hen"});
    session.add(folder{2, 1, "egg"});
    const std::string message = message_of([&] { session.flush(); });
    EXPECT_NE(message.find("circle"), std::string::npos) << message;
    EXPECT_NE(message.find("folder"), std::string::npos) << message;
}

TEST_P(orm, prints_objects_and_empty_references) {
    koine::session session = open();
    const auto added = session.add(user{.id = 1, .name = "admin"});
    std::ostringstream out;
    out << added << ' ' << koine::ref<user>{} << ' ' << koine::cref<user>{added};
    EXPECT_NE(out.str().find("id=1"), std::string::npos) << out.str();
    EXPECT_NE(out.str().find(" none "), std::string::npos) << out.str();
}

TEST_P(orm, runs_text_in_its_transaction) {
    koine::session session = open();
    auto added = session.add(user{.name = "text"});
    const auto found = session.execute(koine::sql("select * from users where name = :n", {{"n", "text"}})).into<user>();
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].id, added->id);
    session.execute(koine::sql("update users set score = 2.5 where name = :n", {{"n", "text"}}));
    EXPECT_EQ(static_cast<const user&>(session.get<user>(found[0].id)).score, 2.5);
    session.rollback();
    EXPECT_TRUE(stored<user>().empty());
}

TEST_P(orm, runs_work_in_a_transaction_that_commits_or_rolls_back) {
    koine::session session = open();
    const std::int64_t id = session.begin([](koine::session& in) {
        const auto added = in.add(user{.name = "kept"});
        in.flush();
        return added->id;
    });
    EXPECT_TRUE(stored_user(id));
    EXPECT_THROW(session.begin([](koine::session& in) {
        in.add(user{.name = "lost"});
        in.flush();
        throw std::runtime_error("no");
    }),
                 std::runtime_error);
    EXPECT_FALSE(session.in_transaction());
    EXPECT_EQ(stored<user>().size(), 1U);
    int calls = 0;
    session.run(koine::retry{3}, [&](koine::session& in) {
        in.add(user{.name = "retried"});
        in.flush();
        if (++calls == 1) {
            koine::error_info info;
            info.code = koine::errc::serialization_failure;
            koine::throw_error(info);
        }
    });
    EXPECT_EQ(calls, 2);
    EXPECT_EQ(stored<user>().size(), 2U);
}

TEST_P(orm, run_refuses_changes_that_it_could_not_make_again) {
    koine::session session = open();
    const auto added = session.add(user{.name = "before"});
    int calls = 0;
    const auto work = [&](koine::session&) { ++calls; };
    EXPECT_EQ(code_of([&] { session.run(koine::retry{3}, work); }), koine::errc::usage);
    EXPECT_EQ(calls, 0);
    EXPECT_TRUE(session.contains(added));
    session.commit();
    session.run(koine::retry{3}, work);
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(stored<user>().size(), 1U);
}

TEST_P(orm, gives_its_connection_back_at_the_end_of_a_transaction) {
    koine::session session = open();
    EXPECT_EQ(engine.stats().leased, 0U);
    session.add(user{.name = "one"});
    EXPECT_EQ(engine.stats().leased, 0U);
    session.flush();
    EXPECT_EQ(engine.stats().leased, 1U);
    EXPECT_TRUE(session.in_transaction());
    session.commit();
    EXPECT_EQ(engine.stats().leased, 0U);
    (void)session.query<user>().all();
    EXPECT_EQ(engine.stats().leased, 1U);
    session.rollback();
    EXPECT_EQ(engine.stats().leased, 0U);
    (void)session.query<user>().all();
    session.close();
    EXPECT_EQ(engine.stats().leased, 0U);
}

TEST_P(orm, gives_its_connection_back_after_text_too) {
    koine::session session = open();
    for (int i = 0; i < 2; ++i) {
        const auto added = session.add(user{.name = "one"});
        session.flush();
        EXPECT_EQ(session.execute(koine::sql("select * from users", {})).into<user>().size(), 1U);
        EXPECT_EQ(session.get<user>(added->id), added) << "text and objects share the transaction";
        EXPECT_EQ(engine.stats().leased, 1U);
        session.rollback();
        EXPECT_EQ(engine.stats().leased, 0U);
        EXPECT_FALSE(session.in_transaction());
    }
}

TEST_P(orm, each_transaction_begins_by_the_options_of_its_own_session) {
    koine::session_options reading;
    reading.transaction.read_only = true;
    for (const char* name : {"one", "two"}) {
        koine::session writer = open();
        writer.add(user{.name = name});
        writer.commit();
        koine::session reader = open(reading);
        reader.add(user{.name = "refused"});
        EXPECT_EQ(code_of([&] { reader.flush(); }), koine::errc::read_only);
        reader.close();
    }
    EXPECT_EQ(stored<user>().size(), 2U);
}

INSTANTIATE_TEST_SUITE_P(backends, orm, testing::ValuesIn(backends()), name_of);

}  // namespace
}  // namespace koine_test
