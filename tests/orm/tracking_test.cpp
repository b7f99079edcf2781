// Tracking by snapshot: no assignment is lost, whatever reference it was made through.
#include "backend.hpp"

#include <cmath>
#include <type_traits>

namespace koine_test {
namespace {

static_assert(sizeof(koine::ref<user>) == sizeof(void*));
static_assert(std::is_convertible_v<koine::ref<user>&, const user&>);
static_assert(!std::is_convertible_v<koine::ref<user>&, user&>);
static_assert(std::is_same_v<decltype(*std::declval<const koine::ref<user>&>()), const user&>);
static_assert(std::is_same_v<decltype(*std::declval<koine::ref<user>&>()), user&>);
static_assert(std::is_same_v<decltype(*std::declval<koine::cref<user>&>()), const user&>);

const user& peek(const koine::ref<user>& object) {
    return *object;
}

TEST_P(orm, finds_assignments_through_a_reference_kept_across_flush_and_commit) {
    const std::int64_t id = insert_user("zero");
    koine::session session = open();
    auto found = session.get<user>(id);
    user& kept = *found;
    kept.name = "one";
    session.flush();
    kept.name = "two";
    session.commit();
    EXPECT_EQ(stored_user(id)->name, "two");
    kept.name = "three";
    session.commit();
    EXPECT_EQ(stored_user(id)->name, "three");
    kept.name = "four";
    session.rollback();
    EXPECT_EQ(kept.name, "three");
    kept.name = "five";
    session.commit();
    EXPECT_EQ(stored_user(id)->name, "five");
}

TEST_P(orm, finds_assignments_through_a_kept_reference_to_a_member) {
    const std::int64_t id = insert_user("short");
    koine::session session = open();
    auto found = session.get<user>(id);
    std::string& name = found->name;
    name = "a name that is too long for the small buffer of a string";
    session.commit();
    name += "!";
    session.flush();
    session.rollback();
    EXPECT_EQ(name, "a name that is too long for the small buffer of a string");
    name = "x";
    session.commit();
    EXPECT_EQ(stored_user(id)->name, "x");
}

TEST_P(orm, watches_an_added_object_from_the_start) {
    koine::session session = open();
    auto added = session.add(user{.name = "first"});
    user& kept = *added;
    session.commit();
    kept.name = "second";
    session.commit();
    EXPECT_EQ(stored_user(peek(added).id)->name, "second");
}

TEST_P(orm, does_not_touch_objects_that_are_only_read) {
    const std::int64_t id = insert_user("read");
    koine::session session = open();
    const auto found = session.get<user>(id);
    EXPECT_EQ(found->name, "read");
    for (const auto& one : session.query<user>().all()) EXPECT_EQ(one->name, "read");
    EXPECT_EQ(koine::detail::header_of(found.get())->base, nullptr);
    EXPECT_FALSE(session.is_modified());
}

TEST_P(orm, sends_only_the_columns_that_differ) {
    const std::int64_t id = insert_user("same");
    koine::session session = open();
    auto found = session.get<user>(id);
    found->email = "x";
    EXPECT_TRUE(session.is_modified(found));
    // flushes email alone
    session.execute(koine::sql("update users set score = 9 where id = :id", {{"id", id}}));
    found->name = "other";
    session.commit();
    const auto row = stored_user(id);
    EXPECT_EQ(row->score, 9) << "an UPDATE of all columns would have reset it";
    EXPECT_EQ(row->name, "other");
    EXPECT_EQ(row->email, "x");
}

TEST_P(orm, takes_nan_for_equal_to_nan) {
    koine::session session = open();
    auto added = session.add(user{.name = "nan", .score = 1.0});
    session.flush();
    added->score = std::nan("");
    EXPECT_TRUE(session.is_modified(added));
    added->score = 1.0;
    EXPECT_FALSE(session.is_modified(added));
}

TEST_P(orm, writes_nothing_for_a_value_that_was_set_back) {
    const std::int64_t id = insert_user("back");
    koine::session session = open();
    auto found = session.get<user>(id);
    found->name = "forth";
    found->name = "back";
    EXPECT_FALSE(session.is_modified());
    session.commit();
}

// ---- Rollback ----

TEST_P(orm, rollback_takes_back_what_was_not_flushed) {
    const std::int64_t id = insert_user("base");
    koine::session session = open();
    auto found = session.get<user>(id);
    found->name = "unflushed";
    session.rollback();
    EXPECT_EQ(found->name, "base");
}

TEST_P(orm, rollback_takes_back_flushed_changes_newest_first) {
    const std::int64_t id = insert_user("base");
    koine::session session = open();
    auto found = session.get<user>(id);
    for (const char* name : {"one", "two", "three"}) {
        found->name = name;
        session.flush();
    }
    found->name = "four";
    session.rollback();
    EXPECT_EQ(found->name, "base");
    EXPECT_FALSE(session.is_modified());
    found->name = "after";
    session.commit();
    EXPECT_EQ(stored_user(id)->name, "after");
}

TEST_P(orm, rollback_takes_back_a_long_transaction) {
    const std::int64_t id = insert_user("base");
    koine::session session = open();
    auto found = session.get<user>(id);
    const auto change = [&](int from, int to) {
        for (int i = from; i <= to; ++i) {
            found->score = i;
            session.flush();
        }
    };
    change(1, 100);
    koine::savepoint middle = session.begin_nested();
    change(101, 300);
    middle.rollback();
    EXPECT_EQ(found->score, 100);
    change(101, 150);
    session.rollback();
    EXPECT_EQ(found->score, 0);
    EXPECT_FALSE(session.is_modified());
}

TEST_P(orm, rollback_makes_inserted_objects_transient_and_unsets_their_generated_keys) {
    koine::session session = open();
    const auto added = session.add(user{.name = "again"});
    const auto given = session.add(user{.id = 99, .name = "given"});
    const auto unflushed = session.add(user{.name = "unflushed"});
    session.flush();
    const std::int64_t first = added->id;
    EXPECT_GT(first, 0);
    session.rollback();
    EXPECT_EQ(added->id, 0);
    EXPECT_EQ(given->id, 99) << "a key that the program gave is not the database's to unset";
    EXPECT_FALSE(session.contains(added));
    EXPECT_FALSE(session.get<user>(first));
    session.add(added);
    session.add(unflushed);
    session.commit();
    EXPECT_GT(added->id, 0);
    EXPECT_EQ(session.get<user>(added->id), added);
    EXPECT_EQ(session.query<user>().count(), 2);
    auto changed = added;
    changed->name = "watched again";
    session.commit();
    EXPECT_EQ(stored_user(peek(added).id)->name, "watched again");
}

TEST_P(orm, rollback_brings_deleted_objects_back) {
    const std::int64_t id = insert_user("phoenix");
    koine::session session = open();
    auto found = session.get<user>(id);
    session.delete_(found);
    session.flush();
    session.rollback();
    EXPECT_TRUE(session.contains(found));
    EXPECT_EQ(session.get<user>(id), found);
    found->name = "risen";
    session.commit();
    EXPECT_EQ(stored_user(id)->name, "risen");
}

TEST_P(orm, rollback_forgets_a_delete_that_was_not_flushed) {
    const std::int64_t id = insert_user("spared");
    koine::session session = open();
    const auto found = session.get<user>(id);
    session.delete_(found);
    session.rollback();
    session.commit();
    EXPECT_TRUE(stored_user(id));
}

// ---- Savepoints ----

TEST_P(orm, a_savepoint_takes_back_only_what_came_after_it) {
    const std::int64_t id = insert_user("base");
    koine::session session = open();
    auto found = session.get<user>(id);
    found->name = "outer";
    auto nested = session.begin_nested();
    found->name = "inner";
    const auto added = session.add(user{.name = "added"});
    session.flush();
    found->name = "unflushed";
    nested.rollback();
    EXPECT_FALSE(nested.active());
    EXPECT_EQ(peek(found).name, "outer") << "begin_nested() flushes first";
    EXPECT_EQ(added->id, 0);
    session.commit();
    EXPECT_EQ(stored_user(id)->name, "outer");
    EXPECT_EQ(stored<user>().size(), 1U);
}

TEST_P(orm, a_committed_savepoint_goes_with_the_transaction_around_it) {
    const std::int64_t id = insert_user("base");
    koine::session session = open();
    auto found = session.get<user>(id);
    auto nested = session.begin_nested();
    found->name = "inner";
    nested.commit();
    EXPECT_EQ(code_of([&] { nested.commit(); }), koine::errc::usage);
    session.rollback();
    EXPECT_EQ(found->name, "base");
    EXPECT_EQ(stored_user(id)->name, "base");
}

TEST_P(orm, savepoints_nest_and_an_outer_one_ends_the_inner_ones) {
    const std::int64_t id = insert_user("0");
    koine::session session = open();
    auto found = session.get<user>(id);
    auto one = session.begin_nested();
    found->name = "1";
    auto two = session.begin_nested();
    found->name = "2";
    EXPECT_EQ(code_of([&] { one.commit(); }), koine::errc::usage);
    one.rollback();
    EXPECT_FALSE(two.active());
    EXPECT_EQ(found->name, "0");
    session.commit();
    EXPECT_EQ(stored_user(id)->name, "0");
}

TEST_P(orm, a_savepoint_that_is_left_is_rolled_back) {
    const std::int64_t id = insert_user("base");
    koine::session session = open();
    auto found = session.get<user>(id);
    {
        const auto nested = session.begin_nested();
        found->name = "inner";
        session.flush();
    }
    EXPECT_EQ(found->name, "base");
    session.commit();
    EXPECT_EQ(stored_user(id)->name, "base");
}

TEST_P(orm, a_savepoint_heals_a_failed_flush) {
    insert_user("taken");
    koine::session session = open();
    session.add(user{.name = "outer"});
    auto nested = session.begin_nested();
    const auto twice = session.add(user{.name = "taken"});
    EXPECT_EQ(code_of([&] { session.flush(); }), koine::errc::unique_violation);
    EXPECT_EQ(code_of([&] { session.flush(); }), koine::errc::transaction_failed);
    nested.rollback();
    EXPECT_FALSE(session.contains(twice));
    session.commit();
    EXPECT_EQ(stored<user>().size(), 2U);
}

// ---- Failures ----

TEST_P(orm, a_failed_flush_leaves_memory_as_it_is_and_takes_only_rollback) {
    const std::int64_t id = insert_user("taken");
    koine::session session = open();
    auto found = session.get<user>(id);
    found->score = 5;
    const auto good = session.add(user{.name = "good"});
    const auto bad = session.add(user{.name = "taken"});
    EXPECT_EQ(code_of([&] { session.flush(); }), koine::errc::unique_violation);
    EXPECT_EQ(peek(found).score, 5);
    EXPECT_EQ(good->id, 0) << "no key is handed out by a flush that failed";
    EXPECT_EQ(code_of([&] { session.flush(); }), koine::errc::transaction_failed);
    EXPECT_EQ(code_of([&] { session.commit(); }), koine::errc::transaction_failed);
    EXPECT_EQ(code_of([&] { (void)session.get<user>(id); }), koine::errc::transaction_failed);
    EXPECT_EQ(code_of([&] { (void)session.query<user>().all(); }), koine::errc::transaction_failed);
    session.rollback();
    EXPECT_EQ(peek(found).score, 0);
    EXPECT_FALSE(session.contains(good));
    session.add(good);
    session.commit();
    EXPECT_EQ(stored<user>().size(), 2U);
    EXPECT_EQ(bad->name, "taken");
}

TEST_P(orm, a_key_whose_insert_failed_is_free_afterwards) {
    insert_user("taken");
    koine::session session = open();
    const auto clash = session.add(user{.id = 77, .name = "taken"});
    EXPECT_EQ(code_of([&] { session.flush(); }), koine::errc::unique_violation);
    session.rollback();
    EXPECT_FALSE(session.contains(clash));
    EXPECT_FALSE(session.get<user>(77));
    const auto other = session.add(user{.id = 77, .name = "free"});
    session.commit();
    EXPECT_EQ(session.get<user>(77), other);
}

TEST_P(orm, refuses_values_that_cannot_be_stored_before_anything_is_sent) {
    koine::session session = open();
    auto added = session.add(user{.name = std::string{"a\0b", 3}});
    EXPECT_NE(code_of([&] { session.flush(); }), koine::errc{});
    added->name = "ab";
    session.commit();
    EXPECT_EQ(stored<user>().size(), 1U);
}

// ---- Detached objects ----

TEST_P(orm, objects_outlive_their_session_and_can_be_taken_up_by_another_one) {
    const std::int64_t id = insert_user("base");
    koine::ref<user> kept;
    {
        koine::session session = open();
        kept = session.get<user>(id);
        kept->name = "assigned before the end";
    }
    EXPECT_EQ(peek(kept).name, "base") << "the transaction was open, so that it was rolled back";
    kept->name = "assigned while detached";
    koine::session other = open();
    other.add(kept);
    EXPECT_TRUE(other.contains(kept));
    other.commit();
    EXPECT_EQ(stored_user(id)->name, "assigned while detached");
    user& reference = *kept;
    reference.name = "still watched";
    other.commit();
    EXPECT_EQ(stored_user(id)->name, "still watched");
    EXPECT_EQ(other.get<user>(id), kept);
}

TEST_P(orm, assignments_after_the_last_transaction_stay_with_a_detached_object) {
    const std::int64_t id = insert_user("base");
    koine::session session = open();
    auto kept = session.get<user>(id);
    session.commit();
    kept->name = "between";
    session.close();
    EXPECT_EQ(peek(kept).name, "between");
    session.add(kept);
    session.commit();
    EXPECT_EQ(stored_user(id)->name, "between");
}

TEST_P(orm, an_expunged_object_is_written_by_no_flush) {
    const std::int64_t id = insert_user("base");
    koine::session session = open();
    auto found = session.get<user>(id);
    found->name = "changed";
    session.expunge(found);
    session.commit();
    EXPECT_EQ(stored_user(id)->name, "base");
    const auto again = session.get<user>(id);
    EXPECT_FALSE(again == found);
    EXPECT_EQ(code_of([&] { session.add(found); }), koine::errc::usage) << "the row has another object by now";
    session.expunge_all();
    EXPECT_FALSE(session.contains(again));
    session.add(found);
    session.commit();
    EXPECT_EQ(stored_user(id)->name, "changed");
}

TEST_P(orm, expunge_all_in_a_transaction_still_rolls_the_objects_back) {
    const std::int64_t id = insert_user("base");
    koine::session session = open();
    auto found = session.get<user>(id);
    found->name = "flushed";
    session.flush();
    session.expunge_all();
    session.rollback();
    EXPECT_EQ(peek(found).name, "base");
}

TEST_P(orm, rollback_brings_an_object_back_whose_key_another_one_took_over) {
    koine::session session = open();
    session.add(country{"GR", "Greece"});
    session.add(folder{1, {}, "first"});
    session.commit();
    auto greece = session.get<country>("GR");
    auto first = session.get<folder>(1);
    auto attempt = session.begin_nested();
    session.query<country>().delete_();
    session.query<folder>().delete_();
    const auto hellas = session.add(country{"GR", "Hellas"});
    session.flush();
    const auto second = session.add(folder{1, {}, "second"});
    session.flush();
    EXPECT_EQ(session.get<country>("GR"), hellas);
    EXPECT_EQ(session.get<folder>(1), second);
    EXPECT_FALSE(session.contains(greece));
    attempt.rollback();
    EXPECT_EQ(session.get<country>("GR"), greece);
    EXPECT_EQ(session.get<folder>(1), first);
    EXPECT_FALSE(session.contains(hellas));
    greece->name = "Ellada";
    first->name = "changed";
    session.commit();
    EXPECT_EQ(stored<country>().front().name, "Ellada");
    EXPECT_EQ(stored<folder>().front().name, "changed");
}

TEST_P(orm, an_object_that_was_deleted_and_expunged_has_its_row_again_after_a_rollback) {
    const std::int64_t id = insert_user("base");
    koine::session session = open();
    auto found = session.get<user>(id);
    session.delete_(found);
    session.flush();
    session.expunge_all();
    session.rollback();
    session.add(found);
    found->name = "changed";
    session.commit();
    EXPECT_EQ(stored_user(id)->name, "changed");
}

TEST_P(orm, rollback_takes_back_assignments_to_an_object_whose_row_was_gone) {
    const std::int64_t id = insert_user("base");
    koine::session session = open();
    auto found = session.get<user>(id);
    session.query<user>().delete_();
    EXPECT_FALSE(session.get<user>(id));
    found->name = "of a row that is gone";
    session.rollback();
    EXPECT_EQ(peek(found).name, "base");
    found->name = "changed";
    session.commit();
    EXPECT_EQ(stored_user(id)->name, "changed");
}

TEST_P(orm, changes_and_deletes_of_a_row_that_is_gone_do_not_meet_a_new_one_of_the_same_key) {
    koine::session session = open();
    for (const bool deletes : {false, true}) {
        session.add(country{"GR", "Greece"});
        session.commit();
        auto greece = session.get<country>("GR");
        session.query<country>().delete_();
        if (deletes)
            session.delete_(greece);
        else
            greece->name = "too late";
        session.add(country{"GR", "Hellas"});
        EXPECT_EQ(code_of([&] { session.flush(); }), koine::errc::stale_object);
        session.rollback();
        EXPECT_EQ(session.get<country>("GR"), greece);
        session.delete_(greece);
        session.add(country{"GR", "Hellas"});
        EXPECT_EQ(code_of([&] { session.flush(); }), koine::errc::unique_violation) << "inserts go first";
        session.rollback();
        session.delete_(greece);
        session.commit();
    }
}

TEST_P(orm, a_version_begins_again_after_the_largest_number) {
    koine::session session = open();
    auto added = session.add(document{.title = "draft"});
    session.commit();
    session.query<document>().update(col<&document::revision>.set(std::numeric_limits<std::int32_t>::max()));
    session.refresh(added);
    added->title = "final";
    session.commit();
    EXPECT_EQ(std::as_const(*added).revision, 1);
    EXPECT_EQ(stored<document>().front().revision, 1);
}

}  // namespace
}  // namespace koine_test
