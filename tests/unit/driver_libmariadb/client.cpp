#include "client.hpp"

#include <chrono>
#include <ostream>
#include <stdexcept>

#include <poll.h>

#include <koine/drivers/libmariadb.hpp>

namespace koine_test {

namespace {

std::string text(koine_string s) {
    return std::string{s.data, s.size};
}

std::int64_t now_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

report take(koine_status status, koine_error& error) {
    report out;
    out.status = status;
    if (status != KOINE_ERROR) return out;
    out.code = static_cast<koine::errc>(error.code);
    out.outcome = static_cast<koine::outcome>(error.outcome);
    out.poisons_transaction = (error.poisons & KOINE_POISONS_TRANSACTION) != 0;
    out.poisons_connection = (error.poisons & KOINE_POISONS_CONNECTION) != 0;
    out.position = error.position;
    out.native_code = error.native_code;
    out.sqlstate = error.sqlstate;
    out.message = text(error.message);
    out.detail = text(error.detail);
    out.constraint = text(error.constraint);
    out.table = text(error.table);
    out.column = text(error.column);
    if (error.release != nullptr) error.release(&error);
    return out;
}

koine_string view(std::string_view s) {
    return koine_string{s.data(), s.size()};
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const report& what) {
    if (what.timed_out) return out << "(the test's deadline passed)";
    if (what.status == KOINE_DONE) return out << "(done)";
    return out << '(' << koine::to_string(what.code) << ' ' << what.native_code << ' ' << what.sqlstate << " outcome "
               << koine::to_string(what.outcome) << (what.poisons_connection ? " poisons connection" : "")
               << (what.poisons_transaction ? " poisons transaction" : "") << ": " << what.message << " | "
               << what.detail << ')';
}

koine_value null() {
    return koine_value{};
}

koine_value integer(std::int64_t value, std::uint8_t tag) {
    koine_value out{};
    out.tag = tag;
    out.u.i = value;
    return out;
}

koine_value real(double value) {
    koine_value out{};
    out.tag = KOINE_FLOAT64;
    out.u.f = value;
    return out;
}

koine_value bytes(std::string_view value, std::uint8_t tag) {
    koine_value out{};
    out.tag = tag;
    out.len = static_cast<std::uint32_t>(value.size());
    out.u.p = value.data();
    return out;
}

kept::kept(const koine_value& value) : tag{value.tag} {
    switch (value.tag) {
        case KOINE_NULL:
            break;
        case KOINE_FLOAT64:
            f = value.u.f;
            break;
        case KOINE_TEXT:
        case KOINE_BLOB:
        case KOINE_UUID:
        case KOINE_DECIMAL:
        case KOINE_JSON:
        case KOINE_OPAQUE:
            text.assign(static_cast<const char*>(value.u.p), value.len);
            break;
        default:
            i = value.u.i;
            break;
    }
}

bool operator==(const kept& a, const kept& b) {
    return a.tag == b.tag && a.i == b.i && (a.f == b.f || (a.f != a.f && b.f != b.f)) && a.text == b.text;
}

std::ostream& operator<<(std::ostream& out, const kept& value) {
    return out << "tag " << value.tag << " i " << value.i << " f " << value.f << " '" << value.text.substr(0, 200)
               << "' of " << value.text.size();
}

const koine_driver& driver() {
    static const koine_driver table = [] {
        koine_driver out{};
        out.struct_size = sizeof out;
        koine_error error{};
        if (koine::libmariadb_driver_init(KOINE_ABI_VERSION, &out, &error) != KOINE_DONE)
            throw std::runtime_error{"libmariadb_driver_init"};
        return out;
    }();
    return table;
}

client::client(const parameters& with) {
    std::vector<koine_parameter> given;
    for (const auto& [key, value] : with) given.push_back(koine_parameter{view(key), view(value)});
    koine_error error{};
    created_ = take(driver().create(given.data(), given.size(), &handle_, &error), error);
}

client::~client() {
    close();
}

void client::close() {
    if (handle_ != nullptr) driver().close(std::exchange(handle_, nullptr));
}

report client::drive(const std::function<koine_status(koine_wait*, koine_error*)>& call) {
    const auto ends = now_ms() + patience;
    int waits = 0;
    for (;;) {
        koine_wait wait{-1, 0, KOINE_NO_DEADLINE};
        koine_error error{};
        const auto status = call(&wait, &error);
        if (status != KOINE_WAIT) {
            auto out = take(status, error);
            out.waits = waits;
            return out;
        }
        ++waits;
        if (before_wait) before_wait();
        auto left = ends - now_ms();
        if (left <= 0) {
            report out;
            out.status = KOINE_WAIT;
            out.timed_out = true;
            return out;
        }
        if (wait.deadline_ns != KOINE_NO_DEADLINE)
            left = std::max<std::int64_t>(std::min(left, wait.deadline_ns / 1'000'000 - now_ms() + 1), 0);
        const int events =
            ((wait.events & KOINE_WAIT_READ) != 0 ? POLLIN : 0) | ((wait.events & KOINE_WAIT_WRITE) != 0 ? POLLOUT : 0);
        pollfd one{wait.fd, static_cast<short>(events), 0};
        ::poll(&one, 1, static_cast<int>(left));
    }
}

report client::connect() {
    return drive([this](koine_wait* w, koine_error* e) { return driver().connect(handle_, w, e); });
}
report client::reset() {
    return drive([this](koine_wait* w, koine_error* e) { return driver().reset(handle_, w, e); });
}
report client::ping() {
    return drive([this](koine_wait* w, koine_error* e) { return driver().ping(handle_, w, e); });
}

report client::try_prepare(std::string_view sql, koine_statement*& out, std::uint32_t flags) {
    return drive(
        [&](koine_wait* w, koine_error* e) { return driver().prepare(handle_, view(sql), flags, &out, w, e); });
}

koine_statement* client::prepare(std::string_view sql, std::uint32_t flags) {
    koine_statement* out = nullptr;
    const auto how = try_prepare(sql, out, flags);
    EXPECT_TRUE(how.ok()) << sql << ' ' << how;
    if (out == nullptr) throw std::runtime_error{"prepare"};
    return out;
}

report client::execute(koine_statement* statement, std::vector<koine_value> binds, std::uint32_t block) {
    rows_.clear();
    // Of some statements only the execution tells the columns: their rows are fetched once there is
    // room.
    const bool late = (driver().statement_flags(statement) & KOINE_STATEMENT_LATE_COLUMNS) != 0;
    auto columns = driver().column_count(statement);
    std::vector<koine_value> cells(std::size_t{columns} * block + 1);
    std::uint32_t got = 0;
    auto how = drive([&](koine_wait* w, koine_error* e) {
        return driver().execute(statement, binds.data(), static_cast<std::uint32_t>(binds.size()), cells.data(),
                                columns == 0 || late ? 0 : block, &got, w, e);
    });
    if (late) columns = driver().column_count(statement);
    bool first = late && columns != 0;
    cells.resize(std::size_t{columns} * block + 1);
    while (how.ok() && (got != 0 || std::exchange(first, false))) {
        for (std::size_t i = 0; i < std::size_t{got} * columns; ++i) rows_.emplace_back(cells[i]);
        const int waits = how.waits;
        how = drive(
            [&](koine_wait* w, koine_error* e) { return driver().fetch(statement, cells.data(), block, &got, w, e); });
        how.waits += waits;
    }
    affected_ = driver().rows_affected(statement);
    return how;
}

report client::run(std::string_view sql, std::vector<koine_value> binds, std::uint32_t flags) {
    koine_statement* statement = nullptr;
    auto how = try_prepare(sql, statement, flags);
    if (!how.ok()) return how;
    how = execute(statement, std::move(binds));
    if (handle_ != nullptr) driver().finalize(statement);
    return how;
}

kept client::value(std::string_view sql, std::vector<koine_value> binds, std::uint32_t flags) {
    const auto how = run(sql, std::move(binds), flags);
    EXPECT_TRUE(how.ok()) << sql << ' ' << how;
    if (!how.ok() || rows_.empty()) return kept{null()};
    return rows_.front();
}

report client::cancel() {
    koine_error error{};
    return take(driver().cancel(handle_, &error), error);
}

void wait_for(const mariadb_server& server, int session, const std::string& what) {
    while (server
               .admin("select 1 from information_schema.processlist where id = " + std::to_string(session) + " and " +
                      what)
               .empty()) {
    }
}

void wait_until_reading(const mariadb_server& server, int session, const std::string& text) {
    wait_for(server, session, "info = '" + text + "' and state in ('Sending data', 'Writing to net')");
}

parameters over_tls(const mariadb_server& server, int port) {
    return {{"host", "localhost"},       {"port", std::to_string(port != 0 ? port : server.port())},
            {"user", server.user()},     {"password", server.password()},
            {"database", "test"},        {"ssl_mode", "verify-full"},
            {"ssl_ca", server.ca_file()}};
}

parameters over_tcp(const mariadb_server& server, int port) {
    return {{"host", "127.0.0.1"},   {"port", std::to_string(port != 0 ? port : server.port())},
            {"user", server.user()}, {"password", server.password()},
            {"database", "test"},    {"ssl_mode", "disable"}};
}

parameters over_socket(const mariadb_server& server) {
    return {{"unix_socket", server.socket()},
            {"user", server.user()},
            {"password", server.password()},
            {"database", "test"}};
}

}  // namespace koine_test
