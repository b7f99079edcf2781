#include "options.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include <koine/driver_spi.hpp>

#include "errors.hpp"

namespace koine::libmariadb {

namespace {

constexpr koine_string words(std::string_view text) noexcept {
    return koine_string{text.data(), text.size()};
}

constexpr koine_option text(std::string_view key, std::string_view summary) noexcept {
    return koine_option{words(key), KOINE_OPTION_TEXT, words({}), words(summary)};
}
constexpr koine_option integer(std::string_view key, std::string_view summary) noexcept {
    return koine_option{words(key), KOINE_OPTION_INTEGER, words({}), words(summary)};
}
constexpr koine_option boolean(std::string_view key, std::string_view summary) noexcept {
    return koine_option{words(key), KOINE_OPTION_BOOLEAN, words({}), words(summary)};
}
constexpr koine_option choice(std::string_view key, std::string_view choices, std::string_view summary) noexcept {
    return koine_option{words(key), KOINE_OPTION_CHOICE, words(choices), words(summary)};
}

constexpr std::array tls_words{std::string_view{"disable"}, std::string_view{"prefer"}, std::string_view{"require"},
                               std::string_view{"verify-ca"}, std::string_view{"verify-full"}};

constexpr std::array options{
    text("unix_socket", "file of the server's socket; host and port are then not used"),
    integer("connect_timeout", "seconds for the whole of connecting, 10 if not given; 0 for no limit"),
    integer("read_timeout", "seconds that the server may stay silent while an answer is due"),
    integer("write_timeout", "seconds that the server may refuse to take what is sent"),
    choice("ssl_mode", "disable|prefer|require|verify-ca|verify-full", "whether TLS is used and what it proves"),
    text("ssl_ca", "file of certificates that may have signed the server's; ssl_mode is then verify-full if not given"),
    text("ssl_capath", "directory of certificates that may have signed the server's, as ssl_ca"),
    text("ssl_cert", "file of the client's certificate"),
    text("ssl_key", "file of the client's key"),
    text("ssl_cipher", "list of permitted ciphers"),
    text("ssl_crl", "file of revoked certificates"),
    text("tls_version", "list of permitted versions, such as TLSv1.2,TLSv1.3"),
    boolean("compress", "whether the line is compressed"),
    boolean("cleartext_password",
            "whether the server may ask for the password itself; only with ssl_mode=verify-ca or verify-full"),
    integer("max_allowed_packet", "most bytes of one statement with its values, if less than the server's limit"),
};

[[noreturn]] void refuse(std::string_view key, std::string_view expected) {
    throw local_failure(errc::invalid_url, "the option " + std::string{key} + " must be " + std::string{expected});
}

std::int64_t read_integer(std::string_view key, std::string_view value, std::int64_t most) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc{} || end != value.data() + value.size() || number < 0 || number > most)
        refuse(key, "a whole number from 0 to " + std::to_string(most));
    return number;
}

bool read_boolean(std::string_view key, std::string_view value) {
    if (value == "true" || value == "1") return true;
    if (value == "false" || value == "0") return false;
    refuse(key, "true or false");
}

std::int64_t read_seconds(std::string_view key, std::string_view value) {
    return read_integer(key, value, 86'400) * 1'000'000'000;
}

tls_mode read_mode(std::string_view key, std::string_view value) {
    const auto* const found = std::find(tls_words.begin(), tls_words.end(), value);
    if (found == tls_words.end()) refuse(key, "one of disable|prefer|require|verify-ca|verify-full");
    return static_cast<tls_mode>(found - tls_words.begin());
}

// The text settings by their keys.
std::string* text_setting(connect_settings& out, std::string_view key) noexcept {
    if (key == "host") return &out.host;
    if (key == "user") return &out.user;
    if (key == "password") return &out.password;
    if (key == "database") return &out.database;
    if (key == "unix_socket") return &out.unix_socket;
    if (key == "ssl_ca") return &out.tls_ca;
    if (key == "ssl_capath") return &out.tls_capath;
    if (key == "ssl_cert") return &out.tls_cert;
    if (key == "ssl_key") return &out.tls_key;
    if (key == "ssl_cipher") return &out.tls_cipher;
    if (key == "ssl_crl") return &out.tls_crl;
    if (key == "tls_version") return &out.tls_version;
    return nullptr;
}

constexpr std::int64_t default_connect_timeout_ns = 10'000'000'000;

// What contradicts itself.
void check(const connect_settings& out, bool mode_given) {
    const bool files = !out.tls_ca.empty() || !out.tls_capath.empty() || !out.tls_cert.empty() ||
                       !out.tls_key.empty() || !out.tls_crl.empty() || !out.tls_cipher.empty() ||
                       !out.tls_version.empty();
    if (mode_given && out.tls == tls_mode::disable && files)
        throw local_failure(errc::invalid_url, "ssl_mode=disable contradicts the other ssl and tls options");
    if (out.tls == tls_mode::verify_ca && out.tls_ca.empty() && out.tls_capath.empty())
        throw local_failure(errc::invalid_url, "ssl_mode=verify-ca needs ssl_ca or ssl_capath");
    if (out.clear_password && out.tls < tls_mode::verify_ca)
        throw local_failure(errc::invalid_url, "cleartext_password needs ssl_mode=verify-ca or verify-full");
}

}  // namespace

std::span<const koine_option> url_options() noexcept {
    return options;
}

connect_settings read_settings(std::span<const koine_parameter> parameters) {
    connect_settings out;
    out.connect_timeout_ns = default_connect_timeout_ns;
    bool mode_given = false;
    for (const koine_parameter& parameter : parameters) {
        const auto key = spi::to_view(parameter.key);
        const auto value = spi::to_view(parameter.value);
        if (value.find('\0') != std::string_view::npos)
            throw local_failure(errc::invalid_url, "the value of " + std::string{key} + " contains a NUL byte");
        if (std::string* const target = text_setting(out, key)) {
            *target = value;
        } else if (key == "port") {
            if (!value.empty()) out.port = static_cast<unsigned int>(read_integer(key, value, 65'535));
        } else if (key == "ssl_mode") {
            out.tls = read_mode(key, value);
            mode_given = true;
        } else if (key == "connect_timeout") {
            out.connect_timeout_ns = read_seconds(key, value);
        } else if (key == "read_timeout") {
            out.read_timeout_ns = read_seconds(key, value);
        } else if (key == "write_timeout") {
            out.write_timeout_ns = read_seconds(key, value);
        } else if (key == "compress") {
            out.compress = read_boolean(key, value);
        } else if (key == "cleartext_password") {
            out.clear_password = read_boolean(key, value);
        } else if (key == "max_allowed_packet") {
            out.max_packet = static_cast<std::uint64_t>(read_integer(key, value, 1'073'741'824));
        } else {
            throw local_failure(errc::unknown_name, "the MariaDB driver has no option " + std::string{key});
        }
    }
    // Who names the signers wants them checked.
    if (!mode_given && (!out.tls_ca.empty() || !out.tls_capath.empty())) out.tls = tls_mode::verify_full;
    check(out, mode_given);
    return out;
}

}  // namespace koine::libmariadb
