// One conversation with the server at a time: what was sent, which answers are due, and what they mean together.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <libpq-fe.h>

#include <koine/driver_abi.h>

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

// Sends a batch of commands (one plain command, or several in a pipeline) and hands out the answers. Used by the thread
// that owns the connection. Throws spi::failure; a lost connection is reported at once and for ever, a server's error
// when the last answer of the exchange has come, so that the connection is in step again.
class exchange {
public:
    // Takes a connected handle, not owned.
    void attach(PGconn* connection);
    // Remembers what the server says beside its answers; the receiver of libpq's notices.
    static void receive_notice(void* self, const PGresult* result) noexcept;

    bool active() const noexcept { return active_; }
    bool broken() const noexcept { return broken_; }
    canceller& cancels() noexcept { return canceller_; }
    const canceller& cancels() const noexcept { return canceller_; }
    // Whether the session was in no transaction when the batch was opened.
    bool starts_idle() const noexcept { return start_ == PQTRANS_IDLE; }

    // Starts a batch. `pipelined` for more than one command.
    void open(bool pipelined);
    void send_command(const char* sql, part of);  // that changes nothing which a caller counts on
    // A text without parameters.
    void send_text(const std::string& sql, const sql_facts& facts, part of, std::uint32_t index);
    // A statement that is not kept on the server: parsed, bound and run in one go.
    void send_unprepared(const std::string& sql, std::span<const std::uint32_t> types, const parameters& values, bool binary,
                         const sql_facts& facts, part of, std::uint32_t index);
    void send_prepared(const char* name, const parameters& values, bool binary, const sql_facts& facts, part of, std::uint32_t index);
    void send_prepare(const char* name, const std::string& sql);
    void send_sync();
    // The part `statement` delivers its rows one by one.
    void stream() noexcept { stream_ = true; }
    // Pushes the batch out. KOINE_WAIT follows from next().
    void go();

    // The next answer: KOINE_DONE with `out`, or KOINE_WAIT. Throws the failure of the batch instead of answering `over`.
    koine_status next(answer& out, koine_wait& wait);
    // Whether the next answer can be had without waiting.
    bool ready() noexcept { return flushed_ && PQisBusy(connection_) == 0; }
    // Reads and drops every answer, errors included. KOINE_DONE or KOINE_WAIT; throws only for a lost connection.
    koine_status drain(koine_wait& wait);

    // Marks the session as over.
    void break_off() noexcept { broken_ = true; }

private:
    struct due {
        part of;
        bool commits;
        std::uint32_t index;
    };

    void expect(part of, const sql_facts& facts, std::uint32_t index);
    void sent(int libpq_status);
    koine_status readable(koine_wait& wait);
    void take_error(const PGresult* error);
    void step();
    koine_status conclude(answer& out, koine_wait& wait);
    [[noreturn]] void lose(const PGresult* last);

    PGconn* connection_ = nullptr;
    std::vector<due> due_{};
    std::size_t at_ = 0;
    work_facts facts_{};
    std::optional<spi::failure> failure_{};
    char failed_state_[6] = {};  // what failure_ has a view of
    PGTransactionStatusType start_ = PQTRANS_UNKNOWN;  // when the batch was opened
    bool active_ = false;
    bool pipelined_ = false;
    bool stream_ = false;
    bool flushed_ = true;
    bool consumed_ = false;  // input was read while the batch was being sent
    bool waited_ = false;
    bool broken_ = false;
    canceller canceller_{};
    notice notice_{};
};

}  // namespace koine::libpq
