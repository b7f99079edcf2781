#include <koine/url.hpp>

#include <algorithm>
#include <cstdlib>
#include <ostream>
#include <utility>

#include "url/url_check.hpp"

namespace koine {
inline namespace v1 {

namespace {

[[noreturn]] void refuse(errc code, std::string message) {
    error_info info;
    info.code = code;
    info.outcome = outcome::not_sent;
    info.message = std::move(message);
    throw_error(std::move(info));
}

bool is_plain(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '~';
}

// `also` holds the punctuation that has no meaning in that place and may stay readable.
void encode(std::string& out, std::string_view text, std::string_view also) {
    constexpr char hex[] = "0123456789ABCDEF";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (is_plain(c) || also.find(c) != also.npos) {
            out += c;
        } else {
            out += '%';
            out += hex[byte >> 4];
            out += hex[byte & 15];
        }
    }
}

// Only what would be read as another part is escaped in a host.
void write_host(std::string& out, std::string_view host) {
    if (detail::is_address6(host)) {
        out.append(1, '[').append(host).append(1, ']');
        return;
    }
    for (const char c : host) {
        const std::string_view one{&c, 1};
        if (std::string_view{"%/?@:[] "}.find(c) == std::string_view::npos)
            out += c;
        else
            encode(out, one, "");
    }
}

// Keys under which drivers take passwords and the like.
bool holds_secret(std::string_view key) {
    std::string lower;
    for (const char c : key) lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    for (const std::string_view part : {"password", "passwd", "passphrase", "pwd", "secret", "token"})
        if (lower.find(part) != lower.npos) return true;
    return lower == "pass" || lower == "key";
}

struct by_key {
    bool operator()(const url_option& a, std::string_view b) const noexcept { return a.key < b; }
    bool operator()(std::string_view a, const url_option& b) const noexcept { return a < b.key; }
};

constexpr std::string_view hidden = "***";

}  // namespace

// Here and not in the header, where every file of every user would instantiate the comparisons and
// copies of all parts.
bool operator==(const url_option& a, const url_option& b) noexcept {
    return a.key == b.key && a.value == b.value;
}
bool operator==(const url_host& a, const url_host& b) noexcept {
    return a.name == b.name && a.port == b.port;
}
bool operator==(const url_parts& a, const url_parts& b) noexcept {
    return a.dialect == b.dialect && a.driver == b.driver && a.username == b.username && a.password == b.password &&
           a.host == b.host && a.port == b.port && a.database == b.database && a.query == b.query;
}
bool operator==(const url& a, const url& b) noexcept {
    return a.parts_ == b.parts_;
}

url::url(std::string_view text) : url{parse(text)} {}
url::url(const char* text) : url{parse(text)} {}
url::url(const std::string& text) : url{parse(text)} {}
url::url(url_parts&& parts) noexcept : parts_{std::move(parts)} {}
url::url(const url&) = default;
url::url(url&&) noexcept = default;
url& url::operator=(const url&) = default;
url& url::operator=(url&&) noexcept = default;
url::~url() = default;

url url::parse(std::string_view text) {
    return try_parse(text).value();
}

result<url> url::try_parse(std::string_view text) {
    auto parts = detail::parse_url(text);
    if (!parts) return std::move(parts).error();
    return url{std::move(*parts)};
}

url url::create(url_parts parts) {
    if (const auto problem = detail::check_parts(parts))
        refuse(errc::invalid_url, std::string{"invalid part of a URL: "} + problem.part + ": " + problem.why);
    detail::normalise(parts);
    return url{std::move(parts)};
}

url url::from_environment(const char* name) {
    const char* const text = std::getenv(name);
    if (text == nullptr || *text == '\0')
        refuse(errc::usage, std::string{"the environment variable "} + name + " is " +
                                (text == nullptr ? "not set" : "empty") + "; it should hold a database URL");
    auto parsed = try_parse(text);
    if (!parsed) {
        auto& info = parsed.error().info();
        info.message = std::string{"in the environment variable "} + name + ": " + info.message;
        std::move(parsed).error().raise();
    }
    if (parsed->dialect() == "postgres")
        refuse(errc::unknown_name, std::string{"in the environment variable "} + name +
                                       ": the dialect is spelled `postgresql`, not `postgres`: postgresql://...");
    return *std::move(parsed);
}

std::optional<std::uint16_t> url::port() const noexcept {
    if (!parts_.port) return std::nullopt;
    return static_cast<std::uint16_t>(*parts_.port);
}

std::span<const url_option> url::query_values(std::string_view key) const noexcept {
    const auto [first, last] = std::equal_range(parts_.query.begin(), parts_.query.end(), key, by_key{});
    return {first, last};
}

std::optional<std::string_view> url::query_value(std::string_view key) const noexcept {
    const auto values = query_values(key);
    if (values.empty()) return std::nullopt;
    return values.back().value.reveal();
}

url url::with_dialect(std::string dialect) const {
    auto parts = parts_;
    parts.dialect = std::move(dialect);
    parts.driver.clear();
    return create(std::move(parts));
}

url url::with_driver(std::string driver) const {
    auto parts = parts_;
    parts.driver = std::move(driver);
    return create(std::move(parts));
}

url url::with_username(std::optional<std::string> username) const {
    auto parts = parts_;
    if (!username) parts.password.reset();
    parts.username = std::move(username);
    return create(std::move(parts));
}

url url::with_password(std::optional<secret_text> password) const {
    auto parts = parts_;
    parts.password = std::move(password);
    return create(std::move(parts));
}

url url::with_host(std::string host) const {
    auto parts = parts_;
    parts.host = std::move(host);
    return create(std::move(parts));
}

url url::with_port(std::optional<int> port) const {
    auto parts = parts_;
    parts.port = port;
    return create(std::move(parts));
}

url url::with_database(std::optional<std::string> database) const {
    auto parts = parts_;
    parts.database = std::move(database);
    return create(std::move(parts));
}

url url::with_query(std::vector<url_option> query) const {
    auto parts = parts_;
    parts.query = std::move(query);
    return create(std::move(parts));
}

url url::with_query_value(std::string key, secret_text value) const {
    auto parts = without_query_key(key).parts_;
    parts.query.push_back({std::move(key), std::move(value)});
    return create(std::move(parts));
}

url url::with_added_query_value(std::string key, secret_text value) const {
    auto parts = parts_;
    parts.query.push_back({std::move(key), std::move(value)});
    return create(std::move(parts));
}

url url::without_query_key(std::string_view key) const {
    auto parts = parts_;
    std::erase_if(parts.query, [key](const url_option& option) { return option.key == key; });
    return create(std::move(parts));
}

std::string url::render(bool show) const {
    std::string out = parts_.dialect;
    if (!parts_.driver.empty()) {
        out += '+';
        out += parts_.driver;
    }
    out += "://";
    if (parts_.username) {
        encode(out, *parts_.username, "+");
        if (parts_.password) {
            out += ':';
            if (show)
                encode(out, parts_.password->reveal(), "+");
            else
                out += hidden;
        }
        out += '@';
    }
    bool first = true;
    detail::each_host(parts_.host, [&](std::string_view one) {
        if (!first) out += ',';
        first = false;
        write_host(out, one);
        return false;
    });
    if (parts_.port) {
        out += ':';
        out += std::to_string(*parts_.port);
    }
    if (parts_.database) {
        out += '/';
        out += *parts_.database;
    }
    char separator = '?';
    for (const auto& option : parts_.query) {
        out += separator;
        separator = '&';
        encode(out, option.key, "");
        out += '=';
        if (show || !holds_secret(option.key))
            encode(out, option.value.reveal(), "/:,");
        else
            out += hidden;
    }
    return out;
}

std::string url::to_string() const {
    return render(false);
}
std::string url::to_string(show_password_t) const {
    return render(true);
}

std::ostream& operator<<(std::ostream& out, const url& value) {
    return out << value.to_string();
}

}  // namespace v1
}  // namespace koine
