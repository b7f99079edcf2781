// What outlives its session, or passes from one to another.
#include "backend.hpp"

#include <koine/orm/scoped_session.hpp>

#include <functional>
#include <utility>

namespace koine_test {
namespace {

const user& peek(const koine::ref<user>& object) {
    return *object;
}

TEST_P(orm, an_object_that_was_added_and_expunged_can_be_added_to_another_session) {
    koine::session first = open();
    const auto object = first.add(user{.name = "handed on"});
    first.expunge(object);
    koine::session second = open();
    second.add(object);
    EXPECT_TRUE(second.contains(object));
    EXPECT_FALSE(first.contains(object));
    EXPECT_EQ(code_of([&] { first.add(object); }), koine::errc::usage) << "it belongs to somebody";
    second.commit();
    EXPECT_NE(peek(object).id, 0);
    first.commit();
    auto same = object;
    same->name = "still watched";
    second.commit();
    EXPECT_FALSE(first.is_modified());
    first.close();
    second.close();
    EXPECT_EQ(stored_user(peek(object).id)->name, "still watched");
}

TEST_P(orm, an_object_whose_insert_was_rolled_back_can_be_added_to_another_session) {
    koine::session first = open();
    const auto flushed = first.add(user{.name = "flushed"});
    first.flush();
    const auto pending = first.add(user{.name = "pending"});
    first.rollback();
    koine::session second = open();
    second.add(flushed);
    second.add(pending);
    second.commit();
    EXPECT_NE(peek(flushed).id, 0);
    EXPECT_NE(peek(pending).id, 0);
    second.close();
    // and back
    first.add(flushed);
    auto again = flushed;
    again->name = "back";
    first.commit();
    first.close();
    EXPECT_EQ(stored_user(peek(flushed).id)->name, "back");
}

TEST_P(orm, an_object_passes_on_without_a_row_when_the_session_that_took_it_up_lets_it_go) {
    koine::session first = open();
    const auto object = first.add(user{.name = "wanders"});
    first.expunge(object);
    {
        koine::session second = open();
        second.add(object);
    }
    EXPECT_FALSE(first.contains(object));
    first.add(object);
    first.commit();
    EXPECT_TRUE(first.contains(object));
    first.close();
    EXPECT_EQ(stored<user>().size(), 1U);
}

TEST_P(orm_shared, an_object_that_another_session_has_taken_up_is_not_taken_back) {
    const std::int64_t id = insert_user("there");
    koine::session first = open();
    const auto loaded = first.get<user>(id);
    const auto expunged = first.add(user{.name = "expunged"});
    first.expunge(expunged);
    first.commit();
    auto written = loaded;
    written->score = 1;
    first.flush();
    first.expunge(loaded);
    first.commit();
    koine::session second = open();
    second.add(loaded);
    second.add(expunged);
    second.flush();
    first.rollback();
    EXPECT_TRUE(second.contains(loaded));
    EXPECT_TRUE(second.contains(expunged));
    EXPECT_NE(peek(expunged).id, 0);
    second.commit();
    second.close();
    EXPECT_EQ(stored<user>().size(), 2U);
}

TEST_P(orm_shared, a_rollback_leaves_alone_what_was_expunged_and_taken_up_elsewhere) {
    koine::session first = open();
    auto object = first.add(user{.name = "first"});
    first.flush();
    const std::int64_t id = peek(object).id;
    first.expunge(object);
    koine::session second = open();
    second.add(object);
    first.rollback();
    EXPECT_TRUE(second.contains(object));
    EXPECT_EQ(peek(object).id, id);
    object->name = "its row is gone";
    EXPECT_EQ(code_of([&] { second.commit(); }), koine::errc::stale_object);
    second.rollback();
}

// ---- Queries ----

void expect_refused(const koine::engine& engine, const koine::query<user>& query) {
    const auto before = engine.stats();
    const std::function<void()> uses[]{[&] { query.all(); },
                                       [&] { query.first(); },
                                       [&] { query.one_or_none(); },
                                       [&] { query.values(); },
                                       [&] { query.count(); },
                                       [&] { query.exists(); },
                                       [&] { query.filter(col<&user::id> == 1).first(); },
                                       [&] { query.update(col<&user::score>.set(1.0)); },
                                       [&] { query.delete_(); }};
    for (const auto& use : uses) {
        EXPECT_EQ(code_of(use), koine::errc::usage);
        EXPECT_NE(message_of(use).find("session has ended"), std::string::npos) << message_of(use);
    }
    const auto after = engine.stats();
    EXPECT_EQ(after.acquired, before.acquired);
    EXPECT_EQ(after.leased, before.leased);
}

TEST_P(orm, a_query_that_outlives_its_session_is_refused_and_leases_nothing) {
    insert_user("there");
    std::optional<koine::session> session{open()};
    const auto query = session->query<user>();
    const auto used = query.filter(col<&user::name> == "there");
    EXPECT_EQ(used.count(), 1);
    session->close();
    EXPECT_EQ(used.count(), 1) << "a closed session can be used again";
    session->commit();
    session.reset();
    expect_refused(engine, query);
    expect_refused(engine, used);

    koine::session replaced = open();
    const auto of_replaced = replaced.query<user>();
    replaced = open();
    expect_refused(engine, of_replaced);
    EXPECT_EQ(replaced.query<user>().count(), 1);
    replaced.close();

    koine::session moved = open();
    const auto of_moved = moved.query<user>();
    {
        koine::session target = std::move(moved);
        EXPECT_EQ(of_moved.count(), 1) << "the session lives on";
        target.close();
    }
    expect_refused(engine, of_moved);

    koine::scoped_session scoped{koine::sessionmaker{engine}};
    const auto of_scope = scoped.query<user>();
    EXPECT_EQ(of_scope.count(), 1);
    scoped.remove();
    expect_refused(engine, of_scope);
}

TEST_P(orm, a_savepoint_that_outlives_its_session_is_over) {
    std::optional<koine::session> session{open()};
    session->add(user{.name = "x"});
    koine::savepoint inner = session->begin_nested();
    session.reset();
    EXPECT_FALSE(inner.active());
    EXPECT_EQ(code_of([&] { inner.commit(); }), koine::errc::usage);
    EXPECT_EQ(code_of([&] { inner.rollback(); }), koine::errc::usage);
    EXPECT_EQ(engine.stats().leased, 0U);
}

// ---- Versions ----

TEST_P(orm, an_update_of_a_query_counts_the_version_up) {
    koine::session session = open();
    auto read = session.add(document{.title = "first"});
    session.add(document{.title = "second"});
    session.commit();
    EXPECT_EQ(session.query<document>().update(col<&document::title>.set("both")), 2);
    for (const document& one : session.query<document>().values()) EXPECT_EQ(one.revision, 2);
    EXPECT_EQ(session.query<document>().filter(col<&document::title> == "none").update(col<&document::title>.set("x")),
              0);
    read->title = "changed without a look";
    EXPECT_EQ(code_of([&] { session.flush(); }), koine::errc::stale_object);
    session.rollback();
    session.query<document>().update(col<&document::title>.set("both"), col<&document::state>.set("read"));
    EXPECT_EQ(session.get<document>(std::as_const(read)->id)->revision, 2);
    read->title = "changed";
    session.commit();
    EXPECT_EQ(std::as_const(read)->revision, 3);
    session.query<document>().update(col<&document::revision>.set(7));
    EXPECT_EQ(session.get<document>(std::as_const(read)->id)->revision, 7) << "as the program says";
}

TEST_P(orm_shared, an_update_of_a_query_makes_the_objects_of_others_stale) {
    koine::session mine = open();
    auto read = mine.add(document{.title = "mine"});
    mine.commit();
    koine::session{engine}.begin(
        [](koine::session& in) { in.query<document>().update(col<&document::title>.set("theirs")); });
    read->title = "mine again";
    EXPECT_EQ(code_of([&] { mine.commit(); }), koine::errc::stale_object);
    mine.rollback();
}

// ---- Errors ----

TEST_P(orm, what_is_refused_behind_a_failed_flush_carries_the_cause) {
    insert_user("taken");
    koine::session session = open();
    session.add(user{.name = "taken"});
    EXPECT_THROW(session.flush(), koine::constraint_error);
    const std::function<void()> uses[]{[&] { session.flush(); },
                                       [&] { session.commit(); },
                                       [&] { session.get<user>(1); },
                                       [&] { session.begin_nested(); },
                                       [&] { session.query<user>().all(); },
                                       [&] { session.add(user{}); }};
    for (const auto& use : uses) {
        EXPECT_EQ(code_of(use), koine::errc::transaction_failed);
        const std::string message = message_of(use);
        EXPECT_NE(message.find("rollback()"), std::string::npos) << message;
        EXPECT_NE(message.find("23505"), std::string::npos) << message;
    }
    session.rollback();
    // The next failure has a cause of its own.
    session.add(user{.name = "\xff"});
    EXPECT_EQ(code_of([&] { session.flush(); }), koine::errc::invalid_encoding);
    EXPECT_EQ(code_of([&] { session.flush(); }), koine::errc::invalid_encoding) << "nothing was sent";
    session.rollback();
    session.add(post{.author = 4711, .text = "nobody's"});
    EXPECT_THROW(session.flush(), koine::constraint_error);
    const std::string message = message_of([&] { session.flush(); });
    EXPECT_NE(message.find("23503"), std::string::npos) << message;
    EXPECT_EQ(message.find("23505"), std::string::npos) << message;
}

TEST_P(orm, what_is_refused_behind_a_failed_text_carries_the_cause) {
    koine::session session = open();
    EXPECT_EQ(code_of([&] { session.execute(koine::sql("select no_such_column from users")); }),
              koine::errc::undefined_column);
    const std::function<void()> uses[]{[&] { session.get<user>(1); }, [&] { session.query<user>().all(); },
                                       [&] { session.execute(koine::sql("select 1")); }};
    for (const auto& use : uses) {
        if (code_of(use) == koine::errc{}) continue;  // no transaction had begun
        EXPECT_EQ(code_of(use), koine::errc::transaction_failed);
        EXPECT_NE(message_of(use).find("no_such_column"), std::string::npos) << message_of(use);
    }
    session.rollback();
    EXPECT_TRUE(session.query<user>().all().empty());
}

}  // namespace
}  // namespace koine_test
