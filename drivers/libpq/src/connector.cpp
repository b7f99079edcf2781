#include "connector.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <new>
#include <string_view>
#include <utility>

#include <openssl/crypto.h>
#include <unistd.h>

#include <koine/deadline.hpp>
#include <koine/detail/wait_for.hpp>
#include <koine/driver_spi.hpp>

#include "errors.hpp"

namespace koine::libpq {

namespace {

std::string joined(const std::vector<target>& targets, std::size_t first, std::string target::*member) {
    std::string out;
    bool any = false;
    for (std::size_t i = first; i < targets.size(); ++i) {
        if (i != first) out += ',';
        out += targets[i].*member;
        any = any || !(targets[i].*member).empty();
    }
    return any ? out : std::string{};
}

bool is_ready(const koine_wait& wait) noexcept {
    return koine::detail::wait_for(wait.fd, wait.events, 0);
}

target current_target(const PGconn* connection) {
    return target{std::string{spi::to_view(PQhost(connection))}, std::string{spi::to_view(PQhostaddr(connection))},
                  std::string{spi::to_view(PQport(connection))}};
}

bool same(const target& a, const target& b) noexcept {
    return a.host == b.host && a.address == b.address && a.port == b.port;
}

// Steps that were left to themselves and still run, by server. Never destroyed: threads may outlive
// the objects of the program.
struct left_steps {
    std::mutex mutex{};
    std::condition_variable one_ended{};
    std::map<std::string, int> of{};
    pid_t process = ::getpid();  // a fork leaves the threads to its parent

    static left_steps& all() {
        static auto* const one = new left_steps;
        return *one;
    }
    // With the mutex held.
    void forget_those_of_parent() {
        if (process == ::getpid()) return;
        of.clear();
        process = ::getpid();
    }
};

// The TLS library takes itself apart when the program ends, and a step that still computes with it
// would crash. As a rule it is at its end; else the program ends here, with its status.
void end_before_left_steps(int status) noexcept {
    auto& left = left_steps::all();
    std::unique_lock lock{left.mutex};
    left.forget_those_of_parent();
    if (left.one_ended.wait_for(lock, std::chrono::seconds{1}, [&left] { return left.of.empty(); })) return;
    std::fflush(nullptr);
    std::_Exit(status);
}

void prepare_for_exit() {
    static const bool once = [] {
#if defined(__GLIBC__)
        return ::on_exit([](int status, void*) { end_before_left_steps(status); }, nullptr) == 0;
#else
        return std::atexit([] { end_before_left_steps(EXIT_FAILURE); }) == 0;
#endif
    }();
    (void)once;
}

constexpr int most_left_steps = 4;

// Notices have no place to go to while a connection comes up: the attempt may be given up
// meanwhile.
void ignore_notice(void*, const PGresult*) noexcept {}

}  // namespace

void lengthy_step::poll::run() noexcept {
    answer = PQconnectPoll(connection.get());
    // The TLS library keeps something of this thread, which must be gone when others may take the
    // thread to have ended.
    OPENSSL_thread_stop();
    if (!of->decided.exchange(true)) return;
    connection.reset();
    OPENSSL_thread_stop();
    auto& left = left_steps::all();
    const std::lock_guard lock{left.mutex};
    if (const auto at = left.of.find(of->server); at != left.of.end() && --at->second == 0) left.of.erase(at);
    left.one_ended.notify_all();
}

void lengthy_step::start(connection_ptr connection, const std::string& server) {
    {
        auto& left = left_steps::all();
        const std::lock_guard lock{left.mutex};
        left.forget_those_of_parent();
        if (const auto at = left.of.find(server); at != left.of.end() && at->second >= most_left_steps) {
            auto why = local_failure(errc::connect_failed,
                                     "earlier logins to this server are still computing what it asked for, although "
                                     "their time is over; no more are begun until one of them ends");
            why.poisons_connection = true;
            why.hint = "a server may ask for so many rounds of SCRAM (scram_iterations) that a login takes hours";
            throw why;
        }
    }
    fate_ = std::make_shared<fate>();
    fate_->server = server;
    work_.start(std::move(connection), fate_);
}

connection_ptr lengthy_step::take(PostgresPollingStatusType& answer) noexcept {
    answer = work_.job().answer;
    connection_ptr out = std::move(work_.job().connection);
    work_.forget();
    fate_.reset();
    return out;
}

void lengthy_step::leave() noexcept {
    if (fate_ == nullptr) return;
    {
        // Held while it is decided, so that the end of the step finds the count.
        auto& left = left_steps::all();
        const std::lock_guard lock{left.mutex};
        if (!fate_->decided.exchange(true)) {
            try {
                prepare_for_exit();
                left.forget_those_of_parent();
                ++left.of[fate_->server];
            } catch (...) {
                // Not counted for lack of memory: one more may be begun.
            }
        }
    }
    work_.forget();
    fate_.reset();
}

koine_status connector::start(koine_wait& wait) {
    const std::string host = joined(targets_, first_, &target::host);
    const std::string address = joined(targets_, first_, &target::address);
    const std::string port = joined(targets_, first_, &target::port);
    std::vector<const char*> keys;
    std::vector<const char*> values;
    const auto add = [&](const char* key, const std::string& value) {
        if (value.empty()) return;
        keys.push_back(key);
        values.push_back(value.c_str());
    };
    add("host", host);
    add("hostaddr", address);
    add("port", port);
    for (const auto& [key, value] : settings_->keywords) add(key.c_str(), value);
    keys.push_back(nullptr);
    values.push_back(nullptr);
    // The last argument: a database name is a name, never a connection string that could name
    // another server.
    connection_.reset(PQconnectStartParams(keys.data(), values.data(), 0));
    if (connection_ == nullptr) throw std::bad_alloc{};
    // Only verbose messages carry the SQLSTATE, and there is no result to ask while connecting.
    PQsetErrorVerbosity(connection_.get(), PQERRORS_VERBOSE);
    PQsetNoticeReceiver(connection_.get(), &ignore_notice, nullptr);
    phase_ = CONNECTION_NEEDED;
    current_ = target{};
    attempt_ends_ns_ = KOINE_NO_DEADLINE;
    if (PQstatus(connection_.get()) == CONNECTION_BAD) throw connect_failure(connection_.get(), CONNECTION_NEEDED);
    return waiting(KOINE_WAIT_WRITE, wait);
}

// Goes on behind the server that did not answer in time; false if it was the last.
bool connector::next_target() noexcept {
    for (std::size_t i = first_; i + 1 < targets_.size(); ++i) {
        const target& one = targets_[i];
        // Of one without a name libpq tells the address, or the directory of its default socket.
        const bool named =
            one.host.empty() ? !one.address.empty() || current_.host.substr(0, 1) == "/" : one.host == current_.host;
        if (named && (one.address.empty() || one.address == current_.address) &&
            (one.port.empty() || one.port == current_.port)) {
            first_ = i + 1;
            return true;
        }
    }
    return false;
}

bool connector::past_attempt() const noexcept {
    return attempt_ends_ns_ != KOINE_NO_DEADLINE && deadline::now_ns() >= attempt_ends_ns_;
}

koine_status connector::run(connection_ptr& out, PQnoticeReceiver receiver, void* self, koine_wait& wait) {
    if (connection_ == nullptr && !step_.started()) {
        if (const auto status = resolve(wait); status != KOINE_DONE) return status;
        first_ = 0;
        return start(wait);
    }
    if (past_attempt() && (!step_.started() || !step_.done())) {
        if (!next_target()) {
            auto why = local_failure(errc::timeout, "no server answered within connect_timeout");
            why.poisons_connection = true;
            throw why;
        }
        step_.leave();
        return start(wait);
    }
    bool connected = false;
    const auto status = go_on(wait, connected);
    if (!connected) return status;
    verify();
    PGconn* const connection = connection_.get();
    PQsetErrorVerbosity(connection, PQERRORS_DEFAULT);
    PQsetNoticeReceiver(connection, receiver, self);
    if (PQsetnonblocking(connection, 1) != 0) throw connect_failure(connection, CONNECTION_AUTH_OK);
    out = std::move(connection_);
    return KOINE_DONE;
}

// What the URL leaves open, and the addresses of names.
koine_status connector::resolve(koine_wait& wait) {
    if (!complete_) {
        settings_ = std::make_shared<const connect_settings>(complete(*settings_, ask_library(*settings_)));
        complete_ = true;
    }
    const auto& all = settings_->targets;
    if (!resolver_.started() &&
        std::any_of(all.begin(), all.end(), [](const target& t) { return t.needs_resolving(); }))
        resolver_.start(settings_);
    if (resolver_.started()) return resolver_.finish(targets_, wait);
    targets_ = all;
    return KOINE_DONE;
}

// One step of libpq's, if what it waits for has come.
koine_status connector::go_on(koine_wait& wait, bool& connected) {
    PostgresPollingStatusType answer{};
    if (step_.started()) {
        if (!step_.done()) {
            wait = step_.wait(attempt_ends_ns_);
            return KOINE_WAIT;
        }
        connection_ = step_.take(answer);
    } else {
        // Asked too early, libpq would take the socket for connected.
        if (!is_ready(wait_)) {
            wait = wait_;
            return KOINE_WAIT;
        }
        phase_ = PQstatus(connection_.get());
        if (phase_ == CONNECTION_AWAITING_RESPONSE || phase_ == CONNECTION_GSS_STARTUP) {
            step_.start(std::move(connection_), current_.host + ' ' + current_.address + ' ' + current_.port);
            wait = step_.wait(attempt_ends_ns_);
            return KOINE_WAIT;
        }
        answer = PQconnectPoll(connection_.get());
    }
    // One call may go through several phases; where it failed shows in what it had begun.
    if (PQstatus(connection_.get()) != CONNECTION_BAD) phase_ = PQstatus(connection_.get());
    if (answer == PGRES_POLLING_FAILED) throw connect_failure(connection_.get(), phase_);
    connected = answer == PGRES_POLLING_OK;
    if (connected) return KOINE_DONE;
    return waiting(answer == PGRES_POLLING_READING ? KOINE_WAIT_READ : KOINE_WAIT_WRITE, wait);
}

koine_status connector::waiting(std::uint32_t events, koine_wait& wait) {
    if (target at = current_target(connection_.get()); !same(at, current_)) {
        current_ = std::move(at);
        if (settings_->attempt_timeout_ns != 0) attempt_ends_ns_ = deadline::now_ns() + settings_->attempt_timeout_ns;
    }
    wait_ = koine_wait{PQsocket(connection_.get()), events, attempt_ends_ns_};
    wait = wait_;
    return KOINE_WAIT;
}

// What was asked for is what was got, whatever the library did on the way.
void connector::verify() const {
    const auto refuse = [](errc code, std::string message, const char* hint) {
        auto why = local_failure(code, std::move(message));
        why.poisons_connection = true;
        why.hint = hint;
        throw why;
    };
    const auto host = spi::to_view(PQhost(connection_.get()));
    const bool socket_file = !host.empty() && (host.front() == '/' || host.front() == '@');
    if (settings_->requires_tls && !socket_file && PQsslInUse(connection_.get()) == 0)
        refuse(errc::tls_failed, "sslmode asks for TLS, but the connection came up without it", "");
    // What texts of values and statements are read by. A server that does not tell has its reasons.
    const std::array<std::pair<const char*, std::string_view>, 3> relied_on{
        {{"client_encoding", "UTF8"}, {"standard_conforming_strings", "on"}, {"DateStyle", "ISO"}}};
    for (const auto& [name, value] : relied_on) {
        const auto is = spi::to_view(PQparameterStatus(connection_.get(), name));
        if (is.empty() || is.substr(0, is.find(',')) == value) continue;
        refuse(
            errc::connect_failed,
            std::string{"the session has "}
                .append(name)
                .append("=")
                .append(is)
                .append(", but Koine needs ")
                .append(value),
            "take the setting out of `options` in the URL or the service file, out of PGOPTIONS and PGDATESTYLE, or, "
            "behind a pooler, out of the role and the database");
    }
}

}  // namespace koine::libpq
