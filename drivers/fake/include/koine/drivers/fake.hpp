// A driver without a database: tests program every answer, delay and fault, and read what was sent.
//
//     koine::fake::script db{"orders"};  // URLs such as postgresql+fake:///orders
//     db.on("select 1", {.columns = {{"one"}}, .rows = {{1}}});
//     db.fail(koine::fake::operation::execute, 2,
//             {.code = errc::disconnected, .poisons_connection = true});
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <koine/driver_abi.h>
#include <koine/api.hpp>
#include <koine/errc.hpp>

namespace koine {
inline namespace v1 {

// Fills `out` with the fake driver; as the init function of any driver. Thread-safe.
KOINE_API koine_status fake_driver_init(std::uint32_t abi, koine_driver* out, koine_error* error) noexcept;

// Fills `out` with the relaying form of the fake driver, for scripts that relay_to() another
// driver. It never runs an operation inside the call, it queues, it is reached over no network and
// yet not in the process, and it binds the five tags that every database has. Thread-safe.
KOINE_API koine_status fake_relay_driver_init(std::uint32_t abi, koine_driver* out, koine_error* error) noexcept;

namespace fake {

// An owned value of any tag, well-formed or not.
struct KOINE_API value {
    koine_tag tag = KOINE_NULL;
    std::int64_t i = 0;
    double f = 0;
    std::string bytes{};

    value() = default;
    value(std::nullptr_t) {}
    value(int number) : tag{KOINE_INT64}, i{number} {}
    value(std::int64_t number) : tag{KOINE_INT64}, i{number} {}
    value(double number) : tag{KOINE_FLOAT64}, f{number} {}
    value(bool truth) : tag{KOINE_BOOL}, i{truth ? 1 : 0} {}
    value(const char* text) : tag{KOINE_TEXT}, bytes{text} {}
    value(std::string text) : tag{KOINE_TEXT}, bytes{std::move(text)} {}
    // A value of a tag that is carried as an integer: dates, times, instants.
    static value scalar(koine_tag tag, std::int64_t number);
    // A value of a tag that is carried as bytes, whatever their number: also one that no honest
    // driver would give.
    static value raw(koine_tag tag, std::string bytes);
    friend bool operator==(const value&, const value&) = default;
};

struct column {
    std::string name{};
    koine_tag tag = KOINE_NULL;
    std::string type_name{};
};

// What goes wrong. The poisons are as the driver contract says; a poisoned connection answers
// state() with BROKEN from then on.
struct fault {
    errc code = errc::unknown;
    koine::outcome outcome = koine::outcome::rejected;
    bool poisons_transaction = false;
    bool poisons_connection = false;
    std::string sqlstate{};
    std::string message = "scripted fault";
    std::string constraint{};
};

// The answer to a statement.
struct answer {
    std::vector<column> columns{};
    std::vector<std::vector<value>> rows{};
    std::int64_t affected = -1;
    std::int64_t last_insert_id = 0;
    bool read_only = false;
    // it commits what was done before, as DDL does on some databases
    bool ends_transaction = false;
    // How many rows one fetch gives at most; 0: as many as are asked for.
    std::uint32_t rows_a_fetch = 0;
    // After this many rows the result breaks off with `fault`. Beyond the rows: never.
    std::size_t breaks_after = ~std::size_t{0};
    koine::fake::fault fault{};
};

enum class operation : std::uint8_t { connect, reset, ping, prepare, execute, fetch, finish, flush };

// What becomes of a held operation when it is cancelled.
enum class cancelling : std::uint8_t {
    prompt,   // it ends with errc::cancelled at once
    slow,     // it ends with errc::cancelled when the script's drain is opened
    ignored,  // it goes on as if nothing had been asked
    fails     // the request itself fails
};

// Something that was asked of the driver, in order.
struct sent {
    int connection = 0;  // 1, 2, ... in the order of their making
    operation what{};
    std::string sql{};  // of prepare, execute, and of each statement in a queue (as execute)
    std::vector<value> binds{};
};

struct counts {
    int created = 0, connected = 0, closed = 0, abandoned = 0, cancels = 0;
    int open() const noexcept { return created - closed - abandoned; }
};

namespace detail {
class script_state;
struct hold_state;
}  // namespace detail

// Operations that are held up. They go on when it is opened or destroyed. Move-only; thread-safe
// apart from moves.
class KOINE_API hold {
public:
    hold(std::shared_ptr<detail::script_state> script, std::shared_ptr<detail::hold_state> state) noexcept;
    hold(hold&&) noexcept = default;
    hold& operator=(hold&&) = delete;
    ~hold();
    // Lets the operations go on that wait, and those to come.
    void open();
    // Blocks until so many operations have come to wait here, ever.
    void wait_for(int operations) const;

private:
    std::shared_ptr<detail::script_state> script_;
    std::shared_ptr<detail::hold_state> state_;
};

// A database that connections find by its name, which no other living script may have. Connections
// keep what they need, so a script may be destroyed before them. Thread-safe.
//
// Without a word from the script, BEGIN, START, COMMIT, END, ROLLBACK, SAVEPOINT and RELEASE move
// the transaction's state as in PostgreSQL, SET and PRAGMA do nothing, and every other statement is
// an errc::syntax_error that names its text.
class KOINE_API script {
public:
    explicit script(std::string name);
    script(const script&) = delete;
    script& operator=(const script&) = delete;
    ~script();

    // The answer to a statement of exactly this text; replaces an earlier one.
    void on(std::string sql, answer what);
    // The answers to the first, second, ... execution of this text; the last one stays.
    void on_each(std::string sql, std::vector<answer> what);
    // The answer to statements that contain `part` and are not answered by their whole text.
    void on_containing(std::string part, answer what);

    // The nth operation of a kind from now on fails (1: the next one), on whatever connection.
    void fail(operation what, int nth, fault why);
    // Every execution of a statement whose text contains `part` fails, until clear_faults().
    void fail_containing(std::string part, fault why);
    // The next COMMIT is carried out and its answer lost: errc::in_doubt, outcome unknown, the
    // connection broken.
    void lose_commit();
    void clear_faults();

    // Holds up every operation of a kind, or executions of statements whose text contains `part`.
    [[nodiscard]] hold hold_up(operation what);
    [[nodiscard]] hold hold_up_containing(std::string part);
    // What cancel() does to held operations. cancelling::slow ends them when open_drain() is
    // called.
    void on_cancel(cancelling how);
    void open_drain();
    // What connections made from now on call their server; "fake" and "1.0" without a word.
    void server_is(std::string product, std::string version);
    // Marks every open connection as changed from its configured state.
    void make_dirty();

    // Hands everything that connections of fake_relay_driver_init are asked for on to a connection
    // of `driver`, made with these parameters, and gives its answers in the most demanding way that
    // the driver contract allows: every operation waits before it works, on descriptors and on
    // timers; rows come in blocks of changing size, in memory that is gone with the next call;
    // statements are queued. Faults, holds and lost answers work on top of it; a connection that is
    // broken by one rolls back, as a server's would. The tables of `driver` must outlive the
    // connections.
    void relay_to(const koine_driver& driver, std::vector<std::pair<std::string, std::string>> parameters);
    // How relaying connections were used against the driver contract, one line a case. Such a use
    // also fails with errc::usage and breaks the connection.
    std::vector<std::string> violations() const;

    std::vector<sent> log() const;
    // The texts of what was executed, in order.
    std::vector<std::string> executed() const;
    void clear_log();
    counts connections() const;

private:
    std::shared_ptr<detail::script_state> state_;
};

}  // namespace fake
}  // namespace v1
}  // namespace koine
