#include "connector.hpp"

#include <algorithm>
#include <mutex>
#include <new>
#include <string>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/crypto.h>
#include <sys/socket.h>

#include <koine/deadline.hpp>

#include "errors.hpp"
#include "session.hpp"

namespace koine::libmariadb {

namespace {

// The library counts whole seconds. A thread that nobody waits for any more must end some time.
unsigned int seconds_until(std::int64_t deadline_ns) noexcept {
    constexpr std::int64_t most = 3600;
    if (deadline_ns == KOINE_NO_DEADLINE) return most;
    return static_cast<unsigned int>(
        std::clamp<std::int64_t>((deadline_ns - deadline::now_ns() + 999'999'999) / 1'000'000'000, 1, most));
}

// What the server may ask to prove who we are. Left out are those that always hand over the
// password as it is; the SHA-2 methods of MySQL do so when the server says that it does not know
// the proof.
constexpr const char* safe_methods =
    "mysql_native_password,client_ed25519,parsec,caching_sha2_password,sha256_password,auth_gssapi_client";
constexpr const char* all_methods =
    "mysql_native_password,client_ed25519,parsec,caching_sha2_password,sha256_password,auth_gssapi_client,mysql_clear_"
    "password,dialog";

// of the library's own stack, on which TLS and our row decoder run too
constexpr std::size_t stack_bytes = 262'144;

void set_text(MYSQL* connection, mysql_option option, const std::string& value) {
    if (!value.empty()) mysql_optionsv(connection, option, value.c_str());
}

// Before 3.4 the library checks the signers of a certificate where they are given, whatever becomes
// of the name; since then both or nothing.
bool checks_signers_alone() noexcept {
    const std::string_view version = mysql_get_client_info();
    return version.substr(0, 2) == "3." && version.substr(0, 3) < "3.4";
}

void set_tls(MYSQL* connection, const connect_settings& settings) {
    // A Unix socket needs none, unless asked for by word.
    if (settings.tls == tls_mode::disable || (settings.tls == tls_mode::prefer && settings.over_socket())) return;
    const my_bool yes = 1;
    const bool signers = !settings.tls_ca.empty() || !settings.tls_capath.empty();
    const my_bool verify = settings.tls == tls_mode::verify_full || (signers && !checks_signers_alone()) ? 1 : 0;
    mysql_optionsv(connection, MYSQL_OPT_SSL_ENFORCE, &yes);
    mysql_optionsv(connection, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
    set_text(connection, MYSQL_OPT_SSL_CA, settings.tls_ca);
    set_text(connection, MYSQL_OPT_SSL_CAPATH, settings.tls_capath);
    set_text(connection, MYSQL_OPT_SSL_CERT, settings.tls_cert);
    set_text(connection, MYSQL_OPT_SSL_KEY, settings.tls_key);
    set_text(connection, MYSQL_OPT_SSL_CIPHER, settings.tls_cipher);
    set_text(connection, MYSQL_OPT_SSL_CRL, settings.tls_crl);
    set_text(connection, MARIADB_OPT_TLS_VERSION, settings.tls_version);
}

void set_options(MYSQL* connection, const connect_settings& settings, std::int64_t deadline_ns) {
    const unsigned int seconds = seconds_until(deadline_ns);
    const unsigned int never = 0;
    mysql_optionsv(connection, MYSQL_OPT_NONBLOCK, &stack_bytes);
    mysql_optionsv(connection, MYSQL_OPT_CONNECT_TIMEOUT, &seconds);
    mysql_optionsv(connection, MYSQL_OPT_READ_TIMEOUT, &seconds);
    mysql_optionsv(connection, MYSQL_OPT_WRITE_TIMEOUT, &seconds);
    mysql_optionsv(connection, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    // A server must not be able to ask for our files.
    mysql_optionsv(connection, MYSQL_OPT_LOCAL_INFILE, &never);
    mysql_optionsv(connection, MARIADB_OPT_RESTRICTED_AUTH,
                   !settings.methods.empty() ? settings.methods.c_str()
                   : settings.clear_password ? all_methods
                                             : safe_methods);
    // The library begins with the server's default method, whether that is among them or not.
    if (!settings.methods.empty()) {
        const std::string first = settings.methods.substr(0, settings.methods.find(','));
        mysql_optionsv(connection, MYSQL_DEFAULT_AUTH, first.c_str());
    }
    mysql_optionsv(connection, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", "koine");
    if (settings.compress) mysql_optionsv(connection, MYSQL_OPT_COMPRESS, nullptr);
    // "localhost" is a name like any other: the socket is used where it is named, or where there is
    // no host.
    const unsigned int protocol =
        settings.over_socket() || settings.host.empty() ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP;
    mysql_optionsv(connection, MYSQL_OPT_PROTOCOL, &protocol);
    set_tls(connection, settings);
}

// What was asked for is what was got, whatever the library did on the way.
void verify_tls(MYSQL* connection, const connect_settings& settings) {
    if (settings.tls < tls_mode::require || mysql_get_ssl_cipher(connection) != nullptr) return;
    auto why = local_failure(errc::tls_failed, "ssl_mode asks for TLS, but the server does not offer it");
    why.poisons_connection = true;
    throw why;
}

// The timeouts are the second line: an operation's deadline needs none of them, but an idle
// connection has none of its own.
void set_line(int fd) noexcept {
    const auto set = [fd](int level, int option, int value) { ::setsockopt(fd, level, option, &value, sizeof value); };
    set(SOL_SOCKET, SO_KEEPALIVE, 1);
    set(IPPROTO_TCP, TCP_KEEPIDLE, 30);
    set(IPPROTO_TCP, TCP_KEEPINTVL, 10);
    set(IPPROTO_TCP, TCP_KEEPCNT, 3);
    set(IPPROTO_TCP, TCP_USER_TIMEOUT, 30'000);
    set(IPPROTO_TCP, TCP_NODELAY, 1);
    // Over TLS the library's non-blocking calls block otherwise.
    ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
}

result_ptr query(MYSQL* connection, const std::string& sql) {
    if (mysql_real_query(connection, sql.data(), sql.size()) != 0) throw connect_failure(error_of(connection));
    result_ptr answer{mysql_store_result(connection)};
    if (answer == nullptr && mysql_errno(connection) != 0) throw connect_failure(error_of(connection));
    return answer;
}

const char* or_null(const std::string& text) noexcept {
    return text.empty() ? nullptr : text.c_str();
}

constexpr std::int64_t default_attempt_ns = 10'000'000'000;

// Whether another server may do better. One that refuses the user or lacks the database has its
// reasons, and so has one that cannot prove who it is.
bool tries_next(errc code) noexcept {
    switch (code) {
        case errc::authentication_failed:
        case errc::permission_denied:
        case errc::database_not_found:
        case errc::tls_failed:
        case errc::no_memory:
            return false;
        default:
            return true;
    }
}

}  // namespace

connection_ptr log_in(const connect_settings& settings, const std::string& database, std::int64_t deadline_ns) {
    static std::once_flag once;
    std::call_once(once, [] { mysql_server_init(0, nullptr, nullptr); });
    connection_ptr made{mysql_init(nullptr)};
    if (made == nullptr) throw std::bad_alloc{};
    set_options(made.get(), settings, deadline_ns);
    // Rows that an UPDATE found count, changed or not. An empty password is one: without any the
    // library looks into the environment.
    if (mysql_real_connect(made.get(), or_null(settings.host), or_null(settings.user), settings.password.c_str(),
                           or_null(database), settings.port, or_null(settings.unix_socket),
                           CLIENT_FOUND_ROWS) == nullptr)
        throw connect_failure(error_of(made.get()));
    verify_tls(made.get(), settings);
    return made;
}

void forget_thread() noexcept {
    OPENSSL_thread_stop();
}

// The first server that can be reached. Each has its part of the time that is left, or ten seconds
// where there is no limit, so that a dead one leaves some to those behind it.
connected_session connector::logging_in::log_in_somewhere() const {
    auto one = std::make_shared<connect_settings>(*settings);
    const auto others = std::exchange(one->others, {});
    std::size_t unreachable = 0;
    for (std::size_t left = others.size();; --left) {
        try {
            const std::int64_t now = deadline::now_ns();
            std::int64_t ends = deadline_ns;
            if (left != 0)
                ends = now + (deadline_ns == KOINE_NO_DEADLINE
                                  ? default_attempt_ns
                                  : (deadline_ns - now) / static_cast<std::int64_t>(left + 1));
            connected_session made;
            made.handle = log_in(*one, one->database, ends);
            made.settings = std::move(one);
            return made;
        } catch (spi::failure& why) {
            if (left != 0 && tries_next(why.code)) {
                ++unreachable;
            } else {
                if (unreachable != 0)
                    why.message = "behind " + std::to_string(unreachable) +
                                  (unreachable == 1 ? " server" : " servers") + " that could not be reached, " +
                                  one->host + ": " + why.message;
                throw;
            }
        }
        const auto& next = others[others.size() - left];
        one->host = next.first;
        one->port = next.second;
    }
}

void connector::logging_in::run() noexcept {
    try {
        connected_session made = log_in_somewhere();
        MYSQL* const connection = made.handle.get();
        made.mariadb = mariadb_connection(connection) != 0;
        made.tls = mysql_get_ssl_cipher(connection) != nullptr;
        query(connection, setup_statement(made.mariadb));
        made.max_packet = check_session(query(connection, check_query(made.mariadb)).get(), *settings, made.role);
        set_line(mysql_get_socket(connection));
        result = std::move(made);
    } catch (const spi::failure& why) {
        keep(why);
    } catch (...) {
        keep(local_failure(errc::no_memory, {}));
    }
    forget_thread();
}

void connector::logging_in::keep(const spi::failure& why) noexcept {
    try {
        problem.emplace(why);
    } catch (...) {
        // finish() then finds neither a connection nor a reason.
    }
}

connector::connector(std::shared_ptr<const connect_settings> settings, std::int64_t deadline_ns) {
    if (settings->connect_timeout_ns != 0) ends_ns_ = deadline::now_ns() + settings->connect_timeout_ns;
    work_.start(logging_in{std::move(settings), std::min(deadline_ns, ends_ns_), {}, {}});
}

koine_status connector::finish(connected_session& out, koine_wait& wait) {
    const bool done = work_.done();
    // The thread has the same limit and may be the first to notice.
    if ((!done || work_.job().problem) && deadline::now_ns() >= ends_ns_) {
        auto why = local_failure(errc::timeout, "the server did not answer within connect_timeout");
        why.poisons_connection = true;
        throw why;
    }
    if (!done) {
        wait = work_.wait(ends_ns_);
        return KOINE_WAIT;
    }
    logging_in& job = work_.job();
    if (job.problem) throw job.problem->release();
    if (job.result.handle == nullptr) throw std::bad_alloc{};
    out = std::move(job.result);
    return KOINE_DONE;
}

}  // namespace koine::libmariadb
