#include "connector.hpp"

#include <algorithm>
#include <string_view>

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

std::string address_of(const PGconn* connection) {
    return std::string{spi::to_view(PQhost(connection))} + ' ' + std::string{spi::to_view(PQhostaddr(connection))} +
           ' ' + std::string{spi::to_view(PQport(connection))};
}

}  // namespace

void connector::start() {
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
    phase_ = CONNECTION_NEEDED;
    current_.clear();
    attempt_ends_ns_ = KOINE_NO_DEADLINE;
}

// Goes on behind the server that did not answer in time; false if it was the last.
bool connector::next_target() noexcept {
    const auto host = spi::to_view(PQhost(connection_.get()));
    const auto address = spi::to_view(PQhostaddr(connection_.get()));
    const auto port = spi::to_view(PQport(connection_.get()));
    for (std::size_t i = first_; i + 1 < targets_.size(); ++i) {
        const target& one = targets_[i];
        if (one.host == host && (one.address.empty() || one.address == address) &&
            (one.port.empty() || one.port == port)) {
            first_ = i + 1;
            return true;
        }
    }
    return false;
}

koine_status connector::run(connection_ptr& out, PQnoticeReceiver receiver, void* self, koine_wait& wait) {
    if (connection_ == nullptr) {
        const auto& all = settings_->targets;
        if (!resolver_.started() &&
            std::any_of(all.begin(), all.end(), [](const target& t) { return t.needs_resolving(); }))
            resolver_.start(settings_);
        if (!resolver_.started()) {
            targets_ = all;
        } else if (const auto status = resolver_.finish(targets_, wait); status != KOINE_DONE) {
            return status;
        }
        first_ = 0;
        start();
        return begun(receiver, self, wait);
    }
    if (attempt_ends_ns_ != KOINE_NO_DEADLINE && deadline::now_ns() >= attempt_ends_ns_) {
        if (!next_target()) {
            auto why = local_failure(errc::timeout, "no server answered within connect_timeout");
            why.poisons_connection = true;
            throw why;
        }
        start();
        return begun(receiver, self, wait);
    }
    // Asked too early, libpq would take the socket for connected.
    if (!is_ready(wait_)) {
        wait = wait_;
        return KOINE_WAIT;
    }
    PGconn* const connection = connection_.get();
    phase_ = PQstatus(connection);
    const auto answer = PQconnectPoll(connection);
    // One call may go through several phases; where it failed shows in what it had begun.
    if (PQstatus(connection) != CONNECTION_BAD) phase_ = PQstatus(connection);
    switch (answer) {
        case PGRES_POLLING_FAILED:
            throw connect_failure(connection, phase_);
        case PGRES_POLLING_OK:
            verify();
            PQsetErrorVerbosity(connection, PQERRORS_DEFAULT);
            if (PQsetnonblocking(connection, 1) != 0) throw connect_failure(connection, CONNECTION_AUTH_OK);
            out = std::move(connection_);
            return KOINE_DONE;
        default:
            break;
    }
    return waiting(answer == PGRES_POLLING_READING ? KOINE_WAIT_READ : KOINE_WAIT_WRITE, wait);
}

koine_status connector::begun(PQnoticeReceiver receiver, void* self, koine_wait& wait) {
    PQsetNoticeReceiver(connection_.get(), receiver, self);
    if (PQstatus(connection_.get()) == CONNECTION_BAD) throw connect_failure(connection_.get(), CONNECTION_NEEDED);
    return waiting(KOINE_WAIT_WRITE, wait);
}

koine_status connector::waiting(std::uint32_t events, koine_wait& wait) {
    if (settings_->attempt_timeout_ns != 0) {
        if (auto at = address_of(connection_.get()); at != current_) {
            current_ = std::move(at);
            attempt_ends_ns_ = deadline::now_ns() + settings_->attempt_timeout_ns;
        }
    }
    wait_ = koine_wait{PQsocket(connection_.get()), events, attempt_ends_ns_};
    wait = wait_;
    return KOINE_WAIT;
}

// What was asked for is what was got, whatever the library did on the way.
void connector::verify() const {
    const auto host = spi::to_view(PQhost(connection_.get()));
    const bool socket_file = !host.empty() && (host.front() == '/' || host.front() == '@');
    if (!settings_->requires_tls || socket_file || PQsslInUse(connection_.get()) != 0) return;
    auto why = local_failure(errc::tls_failed, "sslmode asks for TLS, but the connection came up without it");
    why.poisons_connection = true;
    throw why;
}

}  // namespace koine::libpq
