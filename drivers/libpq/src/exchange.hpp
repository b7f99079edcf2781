// One conversation with the server at a time: what was sent, which answers are due, and what they
// mean together.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <libpq-fe.h>

#include <koine/driver_abi.h>
#include <koine/spi/server_connection.hpp>

#include "canceller.hpp"
#include "encode.hpp"
#include "errors.hpp"
#include "result.hpp"
#include "sql_text.hpp"

namespace koine::libpq {

// Whose answer it is.
enum class part : std::uint8_t {
    housekeeping,  // nobody's: its errors are dropped
    prepare,
    describe,
    queued,
    statement,
    sync,
    failed,  // an error was met; it is thrown when the exchange has ended
    over     // every answer has come
};

struct answer {
    part of = part::over;
    std::uint32_t index = 0;  // of a queued part
    result_ptr result{};
};

// Sends a batch of commands (one plain command, or several in a pipeline) and hands out the
// answers. Used by the thread that owns the connection. Throws spi::failure; a lost connection is
// reported at once and for ever, a server's error when the last answer of the exchange has come, so
// that the connection is in step again.
class exchange {
public:
    // Takes a connected handle, not owned.
    void attach(PGconn* connection);
    // Remembers what the server says beside its answers; the receiver of libpq's notices.
    static void receive_notice(void* self, const PGresult* result) noexcept;

    bool active() const noexcept { return active_; }
    bool pipelined() const noexcept { return pipelined_; }
    bool broken() const noexcept { return broken_; }
    canceller& cancels() noexcept { return canceller_; }
    const canceller& cancels() const noexcept { return canceller_; }
    // Whether the session was in no transaction when the batch was opened.
    bool starts_idle() const noexcept { return start_ == PQTRANS_IDLE; }

    // Starts a batch. `pipelined` for more than one command.
    void open(bool pipelined) {
        if (broken_) spi::refuse_lost();
        due_.clear();
        at_ = 0;
        failure_.reset();
        stream_ = false;
        waited_ = false;
        flushed_ = true;
        start_ = PQtransactionStatus(connection_);
        pipelined_ = pipelined;
        if (pipelined) enter_pipeline();
        active_ = true;
        canceller_.begin();
    }
    void send_command(const char* sql, part of);  // that changes nothing which a caller counts on
    // A text without parameters.
    void send_text(const std::string& sql, const sql_facts& facts, part of, std::uint32_t index);
    // A statement that is not kept on the server: parsed, bound and run in one go.
    void send_unprepared(const std::string& sql, std::span<const std::uint32_t> types, const parameters& values,
                         bool binary, const sql_facts& facts, part of, std::uint32_t index);
    void send_prepared(const char* name, const parameters& values, bool binary, const sql_facts& facts, part of,
                       std::uint32_t index) {
        sent(PQsendQueryPrepared(connection_, name, values.count(), values.values(), values.lengths(), values.formats(),
                                 binary));
        expect(of, facts, index);
    }
    void send_prepare(const char* name, const std::string& sql);
    void send_sync();
    // The part `statement`, which has been sent, delivers its rows one by one.
    void stream() noexcept {
        stream_ = true;
        if (!pipelined_) PQsetSingleRowMode(connection_);
    }
    // Ends the batch. It is pushed out by the functions below.
    void go() noexcept {
        flushed_ = false;
        consumed_ = false;
    }
    // Pushes the batch out; KOINE_WAIT until the first answers may have come. next() and
    // finish_one() go on with it.
    koine_status push(koine_wait& wait) {
        if (const int left = PQflush(connection_); left != 0) return push_rest(left, wait);
        flushed_ = true;
        // Nothing can have been read since the batch was sent: asking costs more than it can tell.
        return consumed_ ? KOINE_DONE : await_input(wait);
    }

    // The next answer: KOINE_DONE with `out`, or KOINE_WAIT. Throws the failure of the batch
    // instead of answering `over`.
    koine_status next(answer& out, koine_wait& wait);
    // The same for a batch that is one statement, whose result comes whole: KOINE_DONE when its
    // last answer has come. `out` keeps the result between calls.
    koine_status finish_one(result_ptr& out, koine_wait& wait) {
        while (at_ == 0) {
            if (const auto status = readable(wait); status != KOINE_DONE) return status;
            // Once it has ended no answer is left to ask for.
            if (out != nullptr && has_ended()) {
                at_ = 1;
                break;
            }
            PGresult* const got = PQgetResult(connection_);
            if (PQresultStatus(got) == PGRES_TUPLES_OK) {
                out.reset(got);
            } else {
                take_other(result_ptr{got}, out);
            }
        }
        return conclude(wait);
    }
    // Whether the next answer can be had without waiting.
    bool ready() noexcept { return flushed_ && PQisBusy(connection_) == 0; }
    // Reads and drops every answer. KOINE_DONE or KOINE_WAIT; throws the errors that are asked for,
    // and for a lost connection.
    enum class errors : std::uint8_t { none, of_writes };
    koine_status drain(koine_wait& wait, errors which);

    // Marks the session as over.
    void break_off() noexcept { broken_ = true; }

private:
    struct due {
        part of;
        sql_effect effect;
        std::uint32_t index;
    };
    // Where a batch has led to, and what of it stays if the session ends there.
    struct course {
        bool in_transaction;
        bool failed;
        bool commits = false;         // a COMMIT that takes effect
        bool writes = false;          // something outside of a transaction
        bool commits_inside = false;  // of that, something that commits as it goes on
    };

    void expect(part of, const sql_facts& facts, std::uint32_t index) { due_.push_back(due{of, facts.effect, index}); }
    course follow(std::size_t parts) const noexcept;
    bool failed_to_write() const noexcept;
    work_facts facts_of_error() const noexcept;
    work_facts facts_of_loss(const PGresult* last) const noexcept;
    void sent(int libpq_status) {
        if (libpq_status == 0) fail_to_send();
    }
    koine_status push_rest(int left, koine_wait& wait);
    koine_status await_input(koine_wait& wait) {
        waited_ = true;
        wait = koine_wait{PQsocket(connection_), KOINE_WAIT_READ, KOINE_NO_DEADLINE};
        return KOINE_WAIT;
    }
    // Answers KOINE_DONE when PQgetResult will not block.
    koine_status readable(koine_wait& wait) {
        if (!flushed_) {
            if (const auto status = push_again(wait); status != KOINE_DONE) return status;
        }
        if (waited_) {
            waited_ = false;
            if (PQconsumeInput(connection_) == 0 && PQisBusy(connection_) != 0) lose(nullptr);
        }
        return PQisBusy(connection_) == 0 ? KOINE_DONE : await_more(wait);
    }
    koine_status push_again(koine_wait& wait);
    koine_status await_more(koine_wait& wait);
    // Whether the server is ready for the next command. False also when the line broke.
    bool has_ended() const noexcept {
        const auto state = PQtransactionStatus(connection_);
        return state != PQTRANS_ACTIVE && state != PQTRANS_UNKNOWN;
    }
    void take_other(result_ptr got, result_ptr& out);
    bool gives(answer& out);
    void take_error(const PGresult* error);
    void step();
    koine_status conclude(koine_wait& wait) {
        if (!canceller_.end(wait)) return KOINE_WAIT;
        active_ = false;
        if (failure_) throw_failure();
        return KOINE_DONE;
    }
    [[noreturn]] void throw_failure();
    void enter_pipeline();
    [[noreturn]] void fail_to_send();
    spi::failure loss(const PGresult* last);
    [[noreturn]] void lose(const PGresult* last);

    PGconn* connection_ = nullptr;
    std::vector<due> due_{};
    std::size_t at_ = 0;
    std::optional<spi::failure> failure_{};
    std::size_t failed_at_ = 0;                        // the part that stopped the batch
    char failed_state_[6] = {};                        // what failure_ has a view of
    PGTransactionStatusType start_ = PQTRANS_UNKNOWN;  // when the batch was opened
    bool active_ = false;
    bool pipelined_ = false;
    bool stream_ = false;
    bool flushed_ = true;
    bool consumed_ = false;  // input was read while the batch was being sent
    bool waited_ = false;
    bool broken_ = false;
    bool sync_failed_ = false;  // an error was the first answer to the Sync that is due
    canceller canceller_{};
    notice notice_{};
};

}  // namespace koine::libpq
