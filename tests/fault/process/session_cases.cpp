// Static objects are destroyed in the reverse order of their making: each case makes them in
// another one.
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include <koine/mapping.hpp>
#include <koine/orm/scoped_session.hpp>

#include "case.hpp"

namespace fault_process {

namespace {

using koine::col;

struct mark {
    std::int64_t id{};

    static constexpr auto koine_table() {
        return koine::table("marks", col<&mark::id>(koine::primary_key, koine::not_generated));
    }
};

// Commits mark 1, and leaves the session in a transaction with one mark flushed, one changed
// reference and one mark that waits for a flush. Answers the first.
template <class Session>
koine::ref<mark> leave_work(Session& in) {
    const koine::ref<mark> first = in.add(mark{1});
    in.commit();
    in.add(mark{2});
    in.flush();
    in.add(mark{3});
    in.delete_(first);
    check(in.is_modified(), "work is left");
    return first;
}

int ends_engine_session_reference() {
    static koine::ref<mark> kept;
    static std::optional<koine::session> work;
    static engine on = make_engine();
    work.emplace(on);
    kept = leave_work(*work);
    return 0;
}

int ends_session_reference_engine() {
    static engine on = make_engine();
    static koine::ref<mark> kept;
    static koine::session work{on};
    kept = leave_work(work);
    return 0;
}

int ends_reference_session_engine() {
    static engine on = make_engine();
    static koine::session work{on};
    static const koine::ref<mark> kept = leave_work(work);
    return 0;
}

int ends_reference_engine_session() {
    static std::optional<koine::session> work;
    static engine on = make_engine();
    work.emplace(on);
    static const koine::ref<mark> kept = leave_work(*work);
    return 0;
}

int ends_engine_before_its_scoped_session() {
    static koine::ref<mark> kept;
    static koine::scoped_session db_session;
    static engine on = make_engine();
    db_session.configure(koine::sessionmaker{on});
    kept = leave_work(db_session);
    return 0;
}

int ends_scoped_session_before_its_engine() {
    static engine on = make_engine();
    static koine::scoped_session db_session{koine::sessionmaker{on}};
    static const koine::ref<mark> kept = leave_work(db_session);
    return 0;
}

int ends_engine_before_the_scoped_sessions_of_requests() {
    static koine::ref<mark> kept;
    static std::uintptr_t request = 1;
    static koine::scoped_session db_session;
    static engine on = make_engine();
    db_session.configure(koine::sessionmaker{on}, [] { return request; });
    kept = leave_work(db_session);
    ++request;
    check(db_session.query<mark>().count() == 1, "another session");
    return 0;
}

// What a session gives out, made before it.
int ends_session_before_what_it_gave_out() {
    static std::optional<koine::query<mark>> question;
    static std::optional<koine::no_autoflush> quiet;
    static std::optional<koine::savepoint> inner;
    static std::optional<koine::rows> result;
    static std::optional<koine::session> work;
    static engine on = make_engine();
    work.emplace(on);
    leave_work(*work);
    inner.emplace(work->begin_nested());
    work->add(mark{4});
    question.emplace(work->query<mark>());
    result.emplace(work->execute(sql("select id from marks")));
    check(result->next(), "a row");
    quiet.emplace(work->no_autoflush());
    return 0;
}

int ends_session_after_what_it_gave_out() {
    static engine on = make_engine();
    static koine::session work{on};
    leave_work(work);
    static koine::savepoint inner = work.begin_nested();
    work.add(mark{4});
    static koine::query<mark> question = work.query<mark>();
    static koine::rows result = work.execute(sql("select id from marks"));
    check(result.next(), "a row");
    static koine::no_autoflush quiet = work.no_autoflush();
    return 0;
}

int ends_with_a_session_that_failed() {
    static koine::ref<mark> kept;
    static std::optional<koine::session> work;
    static engine on = make_engine();
    work.emplace(on);
    kept = leave_work(*work);
    work->add(mark{2});
    try {
        work->commit();
        check(false, "the mark is there already");
    } catch (const koine::constraint_error&) {
    }
    return 0;
}

int ends_with_objects_of_a_session_that_is_gone() {
    static koine::ref<mark> kept;
    {
        const engine on = make_engine();
        koine::session work{on};
        kept = leave_work(work);
    }
    check(std::as_const(kept)->id == 1, "the object is readable");
    return 0;
}

int disposes_of_the_pool_under_its_sessions() {
    static std::optional<engine> on{make_engine()};
    static koine::session idle{*on};
    static koine::session work{*on};
    leave_work(work);
    idle.query<mark>().count();
    on->dispose();
    on.reset();
    idle.commit();
    check(idle.query<mark>().count() == 1, "a session works without the engine's handle");
    return 0;
}

int exits_over_a_session_on_the_stack() {
    const engine on = make_engine();
    koine::session work{on};
    const koine::ref<mark> kept = leave_work(work);
    std::exit(0);
}

int exits_while_another_thread_has_a_scoped_session() {
    static koine::scoped_session db_session;
    static engine on = make_engine();
    db_session.configure(koine::sessionmaker{on});
    // Never destroyed: the thread goes on waiting while the process ends.
    struct meeting {
        std::mutex lock{};
        std::condition_variable changed{};
        bool ready = false;
    };
    static meeting& with = *new meeting;
    std::thread{[] {
        leave_work(db_session);
        std::unique_lock guard{with.lock};
        with.ready = true;
        with.changed.notify_all();
        with.changed.wait(guard, [] { return !with.ready; });
    }}.detach();
    std::unique_lock guard{with.lock};
    with.changed.wait(guard, [] { return with.ready; });
    return 0;
}

int exits_on_a_thread_that_has_a_scoped_session() {
    static koine::scoped_session db_session;
    static engine on = make_engine();
    db_session.configure(koine::sessionmaker{on});
    std::thread{[] {
        leave_work(db_session);
        std::exit(0);
    }}.join();
    return 1;
}

int exits_while_threads_work_with_sessions() {
    static engine on = make_engine();
    {
        koine::session work{on};
        leave_work(work);
    }
    static std::atomic<int> rounds{0};
    for (int t = 0; t < 2; ++t)
        std::thread{[mine = on] {
            for (;;) {
                try {
                    koine::session work{mine};
                    check(work.query<mark>().all().size() == 1, "what was committed is seen");
                    ++rounds;
                } catch (const koine::error&) {
                    return;
                }
            }
        }}.detach();
    while (rounds.load() < 10) std::this_thread::yield();
    std::exit(0);
}

}  // namespace

const case_list& session_cases() {
#define KOINE_CASE(name) \
    { #name, &name }
    static const case_list all{
        KOINE_CASE(ends_engine_session_reference),
        KOINE_CASE(ends_session_reference_engine),
        KOINE_CASE(ends_reference_session_engine),
        KOINE_CASE(ends_reference_engine_session),
        KOINE_CASE(ends_engine_before_its_scoped_session),
        KOINE_CASE(ends_scoped_session_before_its_engine),
        KOINE_CASE(ends_engine_before_the_scoped_sessions_of_requests),
        KOINE_CASE(ends_session_before_what_it_gave_out),
        KOINE_CASE(ends_session_after_what_it_gave_out),
        KOINE_CASE(ends_with_a_session_that_failed),
        KOINE_CASE(ends_with_objects_of_a_session_that_is_gone),
        KOINE_CASE(disposes_of_the_pool_under_its_sessions),
        KOINE_CASE(exits_over_a_session_on_the_stack),
        KOINE_CASE(exits_while_another_thread_has_a_scoped_session),
        KOINE_CASE(exits_on_a_thread_that_has_a_scoped_session),
        KOINE_CASE(exits_while_threads_work_with_sessions),
    };
#undef KOINE_CASE
    return all;
}

}  // namespace fault_process
