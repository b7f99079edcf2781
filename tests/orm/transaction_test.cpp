// What happens between transactions: refreshing, stale objects, versions.
#include "backend.hpp"

namespace koine_test {
namespace {

const user& peek(const koine::ref<user>& object) {
    return *object;
}

TEST_P(orm_shared, a_block_ends_its_transaction_itself) {
    for (const bool commits : {true, false}) {
        for (const bool repeated : {true, false}) {
            koine::session session = open();
            const auto work = [&](koine::session& in) {
                in.add(user{.name = "first"});
                in.flush();
                if (commits)
                    in.commit();
                else
                    in.rollback();
                in.add(user{.name = "second"});
            };
            EXPECT_THROW(
                {
                    if (repeated)
                        session.run(koine::retry{3}, work);
                    else
                        session.begin(work);
                },
                koine::usage_error);
            EXPECT_FALSE(session.in_transaction());
            EXPECT_EQ(session.query<user>().count(), 0) << "none of it is done, and nothing twice";
            session.add(user{.name = "after"});
            session.rollback();
        }
    }
    koine::session session = open();
    session.begin([](koine::session& in) {
        auto part = in.begin_nested();
        in.add(user{.name = "kept"});
        part.commit();
        EXPECT_THROW(in.begin([](koine::session&) {}), koine::usage_error);
    });
    EXPECT_EQ(session.query<user>().count(), 1);
}

TEST_P(orm_shared, an_outer_savepoint_takes_the_objects_of_those_inside_with_it) {
    koine::session session = open();
    session.add(user{.name = "kept"});
    auto outer = session.begin_nested();
    session.add(user{.name = "outer"});
    auto inner = session.begin_nested();
    session.add(user{.name = "inner"});
    session.flush();
    outer.rollback();
    EXPECT_FALSE(inner.active());
    EXPECT_THROW(inner.commit(), koine::usage_error);
    session.commit();
    EXPECT_EQ(session.query<user>().count(), 1);
}

TEST_P(orm_shared, a_new_transaction_sees_what_others_committed) {
    const std::int64_t id = insert_user("old");
    koine::session session = open();
    const auto found = session.get<user>(id);
    session.commit();
    elsewhere<user>(id, [](user& u) { u.name = "new"; });
    EXPECT_EQ(found->name, "old") << "nothing is read behind the program's back";
    EXPECT_EQ(session.get<user>(id), found);
    EXPECT_EQ(found->name, "new");
}

TEST_P(orm_shared, answers_from_memory_what_was_read_in_this_transaction) {
    const std::int64_t id = insert_user("old");
    koine::session session = open();
    const auto found = session.get<user>(id);
    elsewhere<user>(id, [](user& u) { u.name = "new"; });
    (void)session.get<user>(id);
    EXPECT_EQ(found->name, "old");
    (void)session.query<user>().all();
    EXPECT_EQ(found->name, "old") << "the first load of a transaction counts";
    session.rollback();
    (void)session.query<user>().all();
    EXPECT_EQ(found->name, "new");
}

TEST_P(orm_shared, a_refresh_keeps_assignments_and_takes_over_the_other_columns) {
    const std::int64_t id = insert_user("old");
    koine::session session = open();
    auto found = session.get<user>(id);
    session.commit();
    elsewhere<user>(id, [](user& u) {
        u.name = "their name";
        u.email = "their email";
        u.score = 7;
    });
    user& kept = *found;
    kept.name = "my name";
    (void)session.get<user>(id);
    EXPECT_EQ(kept.name, "my name");
    EXPECT_EQ(kept.email, "their email");
    EXPECT_EQ(kept.score, 7);
    session.commit();
    const auto row = stored_user(id);
    EXPECT_EQ(row->name, "my name");
    EXPECT_EQ(row->email, "their email");
    EXPECT_EQ(row->score, 7);
    kept.email = "watched";
    session.commit();
    EXPECT_EQ(stored_user(id)->email, "watched");
}

TEST_P(orm_shared, rollback_after_a_refresh_goes_to_what_was_read) {
    const std::int64_t id = insert_user("old");
    koine::session session = open();
    auto found = session.get<user>(id);
    user& kept = *found;
    session.commit();
    elsewhere<user>(id, [](user& u) { u.name = "new"; });
    (void)session.get<user>(id);
    kept.name = "mine";
    session.rollback();
    EXPECT_EQ(kept.name, "new");
}

TEST_P(orm_shared, refresh_overwrites_everything) {
    const std::int64_t id = insert_user("old");
    koine::session session = open();
    auto found = session.get<user>(id);
    found->name = "mine";
    found->score = 3;
    elsewhere<user>(id, [](user& u) { u.name = "theirs"; });
    session.refresh(found);
    EXPECT_EQ(peek(found).name, "theirs");
    EXPECT_EQ(peek(found).score, 0);
    EXPECT_FALSE(session.is_modified());
    found->name = "mine again";
    session.commit();
    EXPECT_EQ(stored_user(id)->name, "mine again");
}

TEST_P(orm_shared, an_update_that_finds_no_row_reports_a_stale_object) {
    const std::int64_t id = insert_user("doomed");
    koine::session session = open();
    auto found = session.get<user>(id);
    session.commit();
    {
        koine::session other{engine};
        other.delete_(other.get<user>(id));
        other.commit();
    }
    found->name = "too late";
    try {
        session.commit();
        FAIL();
    } catch (const koine::serialization_error& why) {
        EXPECT_EQ(why.code(), koine::errc::stale_object);
        EXPECT_NE(why.info().message.find("user"), std::string::npos);
        EXPECT_NE(why.info().message.find("users"), std::string::npos);
        EXPECT_NE(why.info().message.find("id " + std::to_string(id)), std::string::npos);
    }
    EXPECT_EQ(peek(found).name, "too late");
    session.rollback();
    EXPECT_EQ(peek(found).name, "doomed");
    EXPECT_FALSE(session.get<user>(id));
    EXPECT_FALSE(session.contains(found));
}

TEST_P(orm_shared, a_delete_that_finds_no_row_reports_a_stale_object) {
    const std::int64_t id = insert_user("doomed");
    koine::session session = open();
    const auto found = session.get<user>(id);
    session.commit();
    {
        koine::session other{engine};
        other.delete_(other.get<user>(id));
        other.commit();
    }
    session.delete_(found);
    EXPECT_EQ(code_of([&] { session.flush(); }), koine::errc::stale_object);
    session.rollback();
}

TEST_P(orm_shared, refreshing_an_object_whose_row_is_gone_reports_it) {
    const std::int64_t id = insert_user("doomed");
    koine::session session = open();
    const auto found = session.get<user>(id);
    session.commit();
    {
        koine::session other{engine};
        other.delete_(other.get<user>(id));
        other.commit();
    }
    EXPECT_EQ(code_of([&] { session.refresh(found); }), koine::errc::stale_object);
    EXPECT_EQ(found->name, "doomed");
}

TEST_P(orm_shared, a_version_lets_only_one_of_two_changes_through) {
    std::int64_t id = 0;
    koine::session session = open();
    auto mine = session.add(document{.title = "shared"});
    session.commit();
    EXPECT_EQ(mine->revision, 1);
    id = mine->id;
    elsewhere<document>(id, [](document& d) { d.title = "theirs"; });
    mine->title = "mine";
    EXPECT_EQ(code_of([&] { session.commit(); }), koine::errc::stale_object);
    session.rollback();
    EXPECT_EQ(mine->title, "shared");
    EXPECT_EQ(mine->revision, 1);
    (void)session.get<document>(id);
    EXPECT_EQ(mine->title, "theirs");
    EXPECT_EQ(mine->revision, 2);
    mine->title = "mine";
    session.commit();
    EXPECT_EQ(mine->revision, 3);
    mine->title = "mine again";
    session.flush();
    EXPECT_EQ(mine->revision, 4);
    session.rollback();
    EXPECT_EQ(mine->revision, 3);
    mine->revision = 9;
    EXPECT_EQ(code_of([&] { session.flush(); }), koine::errc::usage);
}

TEST_P(orm_shared, a_version_guards_deletes) {
    koine::session session = open();
    const auto mine = session.add(document{.title = "shared"});
    session.commit();
    elsewhere<document>(mine->id, [](document& d) { d.title = "theirs"; });
    session.delete_(mine);
    EXPECT_EQ(code_of([&] { session.commit(); }), koine::errc::stale_object);
    session.rollback();
    session.refresh(mine);
    session.delete_(mine);
    session.commit();
    EXPECT_TRUE(stored<document>().empty());
}

TEST_P(orm_shared, run_repeats_work_that_met_a_stale_object) {
    const std::int64_t id = insert_user("counter");
    koine::session session = open();
    (void)session.get<user>(id);
    session.commit();
    koine::session elsewhere_too = open();
    int calls = 0;
    auto document_ref = elsewhere_too.add(document{.title = "x"});
    elsewhere_too.commit();
    const std::int64_t key = static_cast<const document&>(document_ref).id;
    session.run(koine::retry{3}, [&](koine::session& in) {
        auto mine = in.get<document>(key);
        if (++calls == 1) elsewhere<document>(key, [](document& d) { d.title = "theirs"; });
        mine->title += "+";
    });
    EXPECT_EQ(calls, 2);
    EXPECT_EQ(stored<document>().front().title, "theirs+");
}

TEST_P(orm_shared, an_object_belongs_to_one_session) {
    const std::int64_t id = insert_user("mine");
    koine::session one = open();
    koine::session two = open();
    const auto found = one.get<user>(id);
    EXPECT_EQ(code_of([&] { two.add(found); }), koine::errc::usage);
    EXPECT_EQ(code_of([&] { two.delete_(found); }), koine::errc::usage);
    one.expunge(found);
    two.add(found);
    EXPECT_EQ(code_of([&] { one.add(found); }), koine::errc::usage);
    two.delete_(found);
    two.commit();
    EXPECT_TRUE(stored<user>().empty());
}

TEST_P(orm_shared, writes_a_value_that_was_set_back_to_what_the_row_held_before_another_change) {
    const std::int64_t id = insert_user("old");
    koine::session session = open();
    auto found = session.get<user>(id);
    session.commit();
    found->name = "mine";
    elsewhere<user>(id, [](user& u) {
        u.name = "theirs";
        u.score = 7;
    });
    (void)session.get<user>(id);
    EXPECT_EQ(peek(found).name, "mine");
    EXPECT_EQ(peek(found).score, 7);
    found->name = "old";
    session.commit();
    EXPECT_EQ(stored_user(id)->name, "old");
    found->name = "theirs";
    session.rollback();
    EXPECT_EQ(peek(found).name, "old");
}

INSTANTIATE_TEST_SUITE_P(backends, orm_shared, testing::ValuesIn(shared_backends()), name_of);

}  // namespace
}  // namespace koine_test
