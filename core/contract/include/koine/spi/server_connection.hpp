// The skeleton of a connection to a server, whose functions are resumable: which of them is under
// way and for which statement, the statements that live, and how it comes up.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <koine/driver_abi.h>
#include <koine/driver_spi.hpp>

namespace koine {
inline namespace v1 {
namespace spi {

// For everything but closing, on a connection whose server is gone.
[[noreturn]] KOINE_COLD inline void refuse_lost() {
    auto why = local_failure(errc::disconnected, "the connection was lost before");
    why.poisons_connection = why.poisons_transaction = true;
    throw why;
}

// The base of a driver's connection, with the functions of the driver contract that need no more.
// Derived, which makes it a friend, has
//   bool connected() const                        the client library's handle is there
//   bool broken() const                           it is of no use any more
//   bool active() const                           answers are still due
//   std::uint32_t transaction_bits() const        koine_connection_state; BROKEN hides all others
//   bool is_dirty() const                         the session is not what connect() made
//   void begin_connecting()                       no I/O
//   koine_status go_on_connecting(koine_wait&)    resumable
//   void give_up_connecting()                     broken from now on
//   void give_up()                                leave(), after a failure
// and its destructor calls delete_statements(). Statement has previous_ and next_ for the list.
template <class Derived, class Statement>
class server_connection {
public:
    server_connection(const server_connection&) = delete;
    server_connection& operator=(const server_connection&) = delete;

    // The functions of the driver contract of the same names.
    koine_status connect(koine_wait& wait) {
        if (!resumes(task::connect, nullptr)) {
            if (self().connected() || self().broken())
                throw local_failure(errc::usage, "a connection connects only once");
            self().begin_connecting();
            enter(task::connect, nullptr);
        }
        try {
            return step([&] { return self().go_on_connecting(wait); });
        } catch (...) {
            self().give_up_connecting();
            throw;
        }
    }
    std::uint32_t state() const noexcept {
        if (self().broken()) return KOINE_STATE_BROKEN;
        if (task_ == task::connect) return KOINE_STATE_BUSY;
        if (!self().connected()) return 0;
        std::uint32_t bits = self().transaction_bits();
        if ((bits & KOINE_STATE_BROKEN) != 0) return KOINE_STATE_BROKEN;
        if (task_ != task::none || self().active()) bits |= KOINE_STATE_BUSY;
        if (self().is_dirty()) bits |= KOINE_STATE_DIRTY;
        return bits;
    }
    std::string_view server_version() const noexcept { return server_version_; }

protected:
    // The resumable function that is under way.
    enum class task : std::uint8_t { none, connect, prepare, execute, stream, flush, reset, ping };

    server_connection() = default;
    ~server_connection() = default;

    // Whether the call goes on with what it began; throws if something else is under way.
    bool resumes(task what, const Statement* owner) const {
        if (task_ == what && owner_ == owner) return true;
        if (task_ != task::none || self().active() || !self().connected()) check_free(what);
        return false;
    }
    void enter(task what, Statement* owner) noexcept {
        task_ = what;
        owner_ = owner;
    }
    void leave() noexcept { enter(task::none, nullptr); }
    // Runs a step of a resumable function; an exception ends the function.
    template <class Step>
    koine_status step(Step&& body) {
        try {
            const koine_status status = body();
            if (status == KOINE_DONE) leave();
            return status;
        } catch (...) {
            self().give_up();
            throw;
        }
    }
    // The same for the preparation of preparing_, which is handed out when it is done.
    template <class Step>
    koine_status step_preparing(Statement*& out, Step&& body) {
        try {
            return step([&] {
                const koine_status status = body();
                if (status == KOINE_DONE) out = preparing_.release();
                return status;
            });
        } catch (...) {
            preparing_.reset();
            throw;
        }
    }

    void check_connected() const {
        if (!self().connected()) throw local_failure(errc::closed, "the connection is not connected");
    }
    // What a text has to be before the server hears of it.
    static void check_statement(bool empty, std::uint32_t parameters, std::uint32_t most_parameters) {
        if (empty) throw local_failure(errc::syntax_error, "the text holds no statement");
        if (parameters > most_parameters)
            throw local_failure(errc::usage,
                                "a statement takes at most " + std::to_string(most_parameters) + " parameters");
    }

    // Called by each statement's constructor and destructor.
    void link(Statement& one) noexcept {
        one.next_ = statements_;
        if (statements_ != nullptr) statements_->previous_ = &one;
        statements_ = &one;
    }
    void unlink(Statement& one) noexcept {
        (one.previous_ != nullptr ? one.previous_->next_ : statements_) = one.next_;
        if (one.next_ != nullptr) one.next_->previous_ = one.previous_;
    }
    void delete_statements() noexcept {
        preparing_.reset();
        while (statements_ != nullptr) delete statements_;
    }

    task task_ = task::none;
    Statement* owner_ = nullptr;
    std::unique_ptr<Statement> preparing_{};
    std::string server_version_{};

private:
    Derived& self() noexcept { return static_cast<Derived&>(*this); }
    const Derived& self() const noexcept { return static_cast<const Derived&>(*this); }
    KOINE_COLD void check_free(task what) const {
        if (task_ != task::none || self().active())
            throw local_failure(errc::operation_in_progress,
                                task_ == task::stream
                                    ? "a result is being streamed on the connection: read it to its end or let it go "
                                      "before anything else"
                                    : "another operation is under way on the connection");
        if (what != task::connect) check_connected();
    }

    Statement* statements_ = nullptr;
};

}  // namespace spi
}  // namespace v1
}  // namespace koine
