// What a process of its own does, such as ending or forking with a pool: fault_process <case>
// <url>. Exit status 0: it went as it should.
#include <cstdlib>
#include <iostream>
#include <optional>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

#include "case.hpp"

using namespace fault_process;

// A child leaves the parent's handles alone, their memory included.
extern "C" int __lsan_is_turned_off();
extern "C" int __lsan_is_turned_off() {
    return forked_here ? 1 : 0;
}
// A child of ours may start threads.
extern "C" const char* __tsan_default_options();
extern "C" const char* __tsan_default_options() {
    return "die_after_fork=0";
}

namespace {

void mark(connection& on, std::int64_t id) {
    on.execute(sql("insert into marks (id) values (:id)", {{"id", id}}));
}
std::int64_t marks(connection& on) {
    return on.execute(sql("select count(*) from marks")).one<std::int64_t>();
}

template <class Body>
errc code_of(Body body) {
    try {
        body();
    } catch (const koine::error& why) {
        return why.code();
    }
    return errc{};
}

// Runs the body in a forked child, which then ends as main() does, by exit(); 0 if all was well
// there.
template <class Body>
int in_child(Body body) {
    const pid_t child = fork();
    if (child == 0) {
        forked_here = true;
        alarm(60);
        body();
        std::exit(0);
    }
    int status = -1;
    while (waitpid(child, &status, 0) != child) {
    }
    if (WIFSIGNALED(status)) std::cerr << "the child ended by signal " << WTERMSIG(status) << '\n';
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int ends_with_static_objects() {
    static engine on = make_engine();
    static connection idle = on.connect();
    static connection busy = on.connect();
    mark(busy, 1);
    static koine::rows open_result = busy.execute(sql("select id from marks"), {.stream = true});
    check(open_result.next(), "a row");
    return 0;
}

int ends_with_connections_that_outlive_their_engine() {
    static std::optional<connection> last;
    static engine on = make_engine();
    last.emplace(on.connect());
    mark(*last, 1);
    return 0;
}

int drops_the_engine_under_its_connections() {
    std::optional<connection> kept;
    std::optional<koine::transaction> work;
    {
        const engine on = make_engine();
        kept.emplace(on.connect());
        work.emplace(kept->begin());
        mark(*kept, 1);
    }
    mark(*kept, 2);
    work->commit();
    check(marks(*kept) == 2, "a connection works without its engine");
    kept->close();
    kept.reset();
    return 0;
}

int exits_while_threads_work() {
    static engine on = make_engine();
    std::atomic<int> rounds{0};
    for (int t = 0; t < 2; ++t)
        std::thread{[&rounds, mine = on] {
            for (;;) {
                try {
                    connection c = mine.connect();
                    c.execute(sql("select count(*) from marks")).one<std::int64_t>();
                    ++rounds;
                } catch (const koine::error&) {
                    return;
                }
            }
        }}.detach();
    while (rounds.load() < 10) std::this_thread::yield();
    std::exit(0);
}

int exits_on_another_thread() {
    static engine on = make_engine();
    static connection held = on.connect();
    mark(held, 1);
    std::thread{[] {
        connection mine = on.connect();
        mine.execute(sql("select count(*) from marks")).one<std::int64_t>();
        std::exit(0);
    }}.join();
    return 1;
}

// The parent goes on as if nothing had happened, in the transaction and the result that it had
// open.
void check_parent(connection& on, koine::rows& result) {
    std::int64_t seen = 1;
    while (result.next()) ++seen;
    check(seen == 300, "the parent's result is whole");
    mark(on, 1000);
    on.commit();
    check(marks(on) == 301, "the parent's transaction is whole");
}

koine::rows begin_work(connection& on) {
    for (int i = 0; i < 300; ++i) mark(on, i);
    koine::rows result = on.execute(sql("select id from marks"), {.stream = true});
    check(result.next(), "a row");
    return result;
}

int forks_and_the_child_exits() {
    static engine on = make_engine();
    static connection idle = on.connect();
    static connection busy = on.connect();
    static koine::rows result = begin_work(busy);
    on.connect().close();
    check(in_child([] {}) == 0, "the child exits");
    check_parent(busy, result);
    idle.ping();
    check(on.stats().opened == 3, "no connection was lost");
    return 0;
}

int forks_and_the_child_uses_what_is_not_its_own() {
    const engine on = make_engine();
    connection busy = on.connect();
    koine::transaction work = busy.begin();
    koine::rows result = begin_work(busy);
    const koine::canceller stop = busy.canceller();
    const int child = in_child([&] {
        check(code_of([&] { busy.execute(sql("select 1")); }) == errc::forked, "execute");
        check(code_of([&] { result.next(); }) == errc::forked || result.next(), "next");
        check(code_of([&] {
                  while (result.next()) {
                  }
              }) == errc::forked,
              "the end of the rows");
        check(code_of([&] { work.commit(); }) == errc::forked, "commit");
        check(code_of([&] { busy.rollback(); }) == errc::forked, "rollback");
        check(code_of([&] { busy.ping(); }) == errc::forked, "ping");
        check(code_of([&] { busy.begin_nested(); }) == errc::forked, "begin_nested");
        code_of([&] { stop.cancel(); });
        check(code_of([&] { busy.close(); }) == errc::forked, "close");
    });
    check(child == 0, "the child is told");
    check_parent(busy, result);
    return 0;
}

int forks_and_the_child_closes_everything() {
    std::optional<engine> on{make_engine()};
    std::optional<connection> busy{on->connect()};
    std::optional<connection> idle{on->connect()};
    std::optional<koine::transaction> work{busy->begin()};
    std::optional<koine::rows> result{begin_work(*busy)};
    on->connect().close();
    const int child = in_child([&] {
        result.reset();
        work.reset();
        busy.reset();
        idle.reset();
        on->dispose();
        on.reset();
    });
    check(child == 0, "the child closes");
    check_parent(*busy, *result);
    idle->ping();
    check(on->stats().opened == 3, "no connection was lost");
    return 0;
}

int forks_and_the_child_works_for_itself() {
    const engine on = make_engine();
    connection held = on.connect();
    mark(held, 1);
    held.commit();
    const int child = in_child([&] {
        check(on.stats().leased == 0 && on.stats().idle == 0, "the child's pool is empty");
        on.begin([](connection& c) { mark(c, 2); });
        connection mine = on.connect();
        check(marks(mine) == 2, "the child sees the database");
    });
    check(child == 0, "the child works");
    check(marks(held) == 2, "and the parent goes on");
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    case_list cases{
        {"ends_with_static_objects", &ends_with_static_objects},
        {"ends_with_connections_that_outlive_their_engine", &ends_with_connections_that_outlive_their_engine},
        {"drops_the_engine_under_its_connections", &drops_the_engine_under_its_connections},
        {"exits_while_threads_work", &exits_while_threads_work},
        {"exits_on_another_thread", &exits_on_another_thread},
        {"forks_and_the_child_exits", &forks_and_the_child_exits},
        {"forks_and_the_child_uses_what_is_not_its_own", &forks_and_the_child_uses_what_is_not_its_own},
        {"forks_and_the_child_closes_everything", &forks_and_the_child_closes_everything},
        {"forks_and_the_child_works_for_itself", &forks_and_the_child_works_for_itself},
    };
    cases.insert(session_cases().begin(), session_cases().end());
    cases.insert(schema_cases().begin(), schema_cases().end());
    const auto found = argc == 3 ? cases.find(argv[1]) : cases.end();
    if (found == cases.end()) return 2;
    address = argv[2];
    try {
        return found->second();
    } catch (const std::exception& why) {
        std::cerr << why.what() << '\n';
        return 3;
    }
}
