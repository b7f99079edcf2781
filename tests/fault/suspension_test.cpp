// Every wait of every operation: counted, then interrupted, timed out and abandoned one by one.
// What the error says is true, the pool's numbers add up, no session of the server stays in a
// transaction, and the next lease works.
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <koine_test/test_waiter.hpp>

#include <koine/mapping.hpp>
#include <koine/orm/session.hpp>
#include <koine/rows.hpp>

#include "servers.hpp"

namespace fault {
namespace {

using koine_test::test_waiter;
using woken = koine::detail::woken;

struct note {
    std::int64_t id{};
    std::string text{};
    static constexpr auto koine_table() {
        return koine::table("notes", koine::col<&note::id>(koine::primary_key), koine::col<&note::text>);
    }
};

// What is done before the operation, and the operation, whose waits are looked at.
struct operation {
    const char* name;
    std::function<void(connection&)> before;
    std::function<void(connection&)> run;
    bool commits = false;       // marks 1 for good
    bool in_a_session = false;  // commits something else
};

class suspension : public with_each_server {
protected:
    void SetUp() override {
        with_each_server::SetUp();
        on = over_socket(pool_of(1));
        make_marks(on);
        koine::map<note>().drop_all(on);
        koine::map<note>().create_all(on);
    }
    void TearDown() override {
        on = {};
        EXPECT_GT(looked_at_, 5) << "operations that talk to a server wait";
    }

    // Sessions that are in a transaction. MariaDB can list one of a session that is over: of no
    // process.
    bool nobody_idles_in_a_transaction() {
        const char* const query = std::string_view{GetParam()} == "libpq"
                                      ? "select count(*) from pg_stat_activity where state like 'idle in transaction%'"
                                      : "select count(*) from information_schema.innodb_trx t join "
                                        "information_schema.processlist p on p.id = t.trx_mysql_thread_id";
        return server().admin(query) == "0";
    }

    // Says what does not happen, and where.
    template <class Condition>
    static void wait_for_the_end(const char* operation, const char* meanwhile, Condition&& condition) {
        try {
            wait_until(condition);
        } catch (const std::runtime_error&) {
            ADD_FAILURE() << operation << ": " << meanwhile;
        }
    }

    void expect_sound(std::optional<koine::error> why, const operation& what, woken answer) {
        if (why) {
            const bool in_doubt = why->code() == errc::in_doubt;
            EXPECT_TRUE(in_doubt || why->code() == errc::cancelled || why->code() == errc::timeout ||
                        why->code() == errc::disconnected || why->code() == errc::closed)
                << why->what();
            EXPECT_TRUE(!in_doubt || what.commits || what.in_a_session) << why->what();
            EXPECT_TRUE(answer != woken::abandoned || why->poisons_connection()) << why->what();
        }
        wait_for_the_end(what.name, "its lease is out", [&] { return on.stats().leased == 0; });
        wait_for_the_end(what.name, "its session is in a transaction", [&] { return nobody_idles_in_a_transaction(); });
        connection next = on.connect();
        const std::int64_t stored = marks(next);
        if (what.commits && !why) {
            EXPECT_EQ(stored, 1) << "what is told as done is done";
        } else if (!why || why->code() != errc::in_doubt) {
            EXPECT_EQ(stored, 0) << "what failed and is not in doubt is not done: " << (why ? why->what() : "");
        }
        next.execute(sql("delete from marks"));
        next.commit();
        next.close();
        const koine::pool_stats numbers = on.stats();
        EXPECT_EQ(numbers.acquired, numbers.returned + numbers.abandoned) << what.name;
    }

    void look_at(const operation& what) {
        SCOPED_TRACE(what.name);
        int waits = 0;
        {
            connection c = on.connect();
            what.before(c);
            test_waiter counts;
            {
                const koine::detail::waiter::scope here{&counts};
                what.run(c);
            }
            waits = counts.waits();
            c.close();
        }
        connection clean = on.connect();
        clean.execute(sql("delete from marks"));
        clean.commit();
        clean.close();
        looked_at_ += waits;  // an answer may be there at once
        for (const woken answer : {woken::interrupted, woken::abandoned, woken::ready}) {
            for (int at = 1; at <= waits; ++at) {
                SCOPED_TRACE(std::to_string(static_cast<int>(answer)) + " in wait " + std::to_string(at));
                std::optional<koine::error> why;
                {
                    std::optional<connection> c{connect_when_ready(on)};
                    c->rollback();
                    what.before(*c);
                    test_waiter answers{at, answer};
                    {
                        const koine::detail::waiter::scope here{&answers};
                        why = caught([&] { what.run(*c); });
                    }
                    EXPECT_FALSE(answer == woken::ready && why) << (why ? why->what() : "");
                    c.reset();
                }
                expect_sound(std::move(why), what, answer);
                if (HasFailure()) return;
            }
        }
    }

    static void nothing(connection&) {}
    static void write(connection& c) { mark(c, 1); }

    engine on;

private:
    int looked_at_ = 0;
};

TEST_P(suspension, statements) {
    look_at({"select", nothing, [](connection& c) { (void)marks(c); }});
    look_at({"insert", nothing, write});
    look_at({"second insert", write, [](connection& c) { mark(c, 2); }});
    look_at({"text", nothing, [](connection& c) { c.execute(sql("select 1 as another_text")); }});
    look_at({"stream", nothing, [](connection& c) {
                 auto rows = c.execute(sql(unsafe_sql(words().ten_thousand)), {.stream = true});
                 (void)rows.into<std::int64_t>();
             }});
    look_at({"stream that is left", nothing, [](connection& c) {
                 {
                     auto rows = c.execute(sql(unsafe_sql(words().ten_thousand)), {.stream = true});
                     (void)rows.next();
                 }
                 (void)marks(c);
             }});
    look_at({"ping", write, [](connection& c) { c.ping(); }});
}

TEST_P(suspension, transactions) {
    look_at({"commit", write, [](connection& c) { c.commit(); }, true});
    look_at({"transaction", nothing,
             [](connection& c) {
                 auto work = c.begin();
                 mark(c, 1);
                 work.commit();
             },
             true});
    look_at({"rollback", write, [](connection& c) { c.rollback(); }});
    look_at({"close", write, [](connection& c) { c.close(); }});
    look_at({"savepoint", write, [](connection& c) {
                 auto part = c.begin_nested();
                 mark(c, 2);
                 part.commit();
             }});
    look_at({"rollback to savepoint", write, [](connection& c) {
                 auto part = c.begin_nested();
                 mark(c, 2);
                 part.rollback();
             }});
    look_at({"transaction that is left", nothing, [](connection& c) {
                 {
                     const auto work = c.begin();
                     mark(c, 1);
                 }
                 (void)marks(c);
             }});
}

TEST_P(suspension, sessions) {
    const auto in_session = [this](const char* name, std::function<void(koine::session&)> run) {
        // The operation's connection is the session's own; the other one is only given back.
        look_at({name, [](connection& c) { c.close(); },
                 [this, run](connection&) {
                     koine::session session{on};
                     run(session);
                 },
                 false, true});
    };
    in_session("get", [](koine::session& s) { (void)s.get<note>(1); });
    in_session("flush", [](koine::session& s) {
        for (int i = 0; i < 3; ++i) s.add(note{.text = "a"});
        s.flush();
    });
    in_session("query", [](koine::session& s) { (void)s.query<note>().all(); });
    in_session("commit", [](koine::session& s) {
        auto added = s.add(note{.text = "a"});
        s.commit();
        added->text = "b";
        s.commit();
        s.delete_(added);
        s.commit();
    });
}

INSTANTIATE_TEST_SUITE_P(on, suspension, ::testing::ValuesIn(server_names()), name_of);

}  // namespace
}  // namespace fault
