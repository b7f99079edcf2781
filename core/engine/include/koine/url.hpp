// Where a database is and how to reach it:
// dialect[+driver]://user:password@host:port/database?key=value
#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <koine/api.hpp>
#include <koine/result.hpp>
#include <koine/secret_text.hpp>

namespace koine {
inline namespace v1 {

// One key=value of a URL's query part, decoded. Values are secrets because some are passwords.
struct url_option {
    std::string key{};
    secret_text value{};

    KOINE_API friend bool operator==(const url_option& a, const url_option& b) noexcept;
};

// One server of a URL. An absent port means the database's own default.
struct url_host {
    std::string name{};
    std::optional<std::uint16_t> port{};

    KOINE_API friend bool operator==(const url_host& a, const url_host& b) noexcept;
};

// The parts of a URL, decoded, for url::create({.dialect = "postgresql", .host = "db"}).
struct url_parts {
    std::string dialect{};  // [a-z][a-z0-9_]{0,31}
    std::string driver{};   // the same, or empty: the dialect's default
    std::optional<std::string> username{};
    // needs a username, which may be empty; an empty password is not the same as none
    std::optional<secret_text> password{};
    // empty: none; a name, an IPv6 address without brackets, the directory of a socket, which
    // begins with /, or a list of these with commas
    std::string host{};
    std::optional<int> port{};  // 1 to 65535
    std::optional<std::string> database{};
    // a key may come several times; the order of different keys has no meaning
    std::vector<url_option> query{};

    KOINE_API friend bool operator==(const url_parts& a, const url_parts& b) noexcept;
};

// A database URL: an immutable value. Grammar and meaning are those of SQLAlchemy 2.0:
//  - %XX is decoded in user, password, host and query; `+` means a space in the query only. What
//    is not a valid %XX is left as it is. `%2Fdir` as a host is the directory of a socket.
//  - Hosts may be a list with commas. One port at its end is that of all of them; where others have
//    ports too, each has its own, and they become the query key `port`.
//  - The database is taken as it stands, up to the `?`. After `sqlite:///` it is a file relative to
//    the working directory, after `sqlite:////` an absolute one; `sqlite://` and
//    `sqlite:///:memory:` are in memory.
//  - A user ends at the first `:`, a password at the first `@` after it. Both may contain `/` and
//    `?`, so an `@` further to the right (in a database or a query value) must be written %40 when
//    a port, but no password, stands in front of it.
// Two things are stricter here: `key=` is kept as an empty value, and text that would be skipped is
// an error. All errors are usage_error with errc::invalid_url and never show anything that follows
// the `://`.
class KOINE_API url {
public:
    struct show_password_t {};
    // The argument of to_string() that shows passwords.
    static constexpr show_password_t show_password{};

    // Parse the text, so that a function which takes a `const url&` can be called with one. Throw
    // usage_error.
    url(std::string_view text);
    url(const char* text);
    url(const std::string& text);
    url(const url&);
    url(url&&) noexcept;
    url& operator=(const url&);
    url& operator=(url&&) noexcept;
    ~url();

    // The URL that `text` spells. Throws usage_error that says which component is wrong, where, and
    // why.
    static url parse(std::string_view text);
    // The same without throwing (std::bad_alloc aside).
    static result<url> try_parse(std::string_view text);
    // A URL from its parts. Throws usage_error for a part that is invalid or that no URL can
    // express.
    static url create(url_parts parts);
    // The URL in an environment variable. Throws usage_error if it is not set, empty, invalid, or
    // begins with `postgres:`, which other tools write for `postgresql:`. Not safe while another
    // thread changes the environment.
    static url from_environment(const char* name = "DATABASE_URL");

    const std::string& dialect() const noexcept { return parts_.dialect; }
    // Empty: the dialect's default driver.
    const std::string& driver() const noexcept { return parts_.driver; }
    const std::optional<std::string>& username() const noexcept { return parts_.username; }
    const std::optional<secret_text>& password() const noexcept { return parts_.password; }
    // Without the brackets of an IPv6 address; empty: none. May be a list with commas; see hosts().
    const std::string& host() const noexcept { return parts_.host; }
    std::optional<std::uint16_t> port() const noexcept;
    // Nothing for `postgresql://host`, an empty text for `postgresql://host/`.
    const std::optional<std::string>& database() const noexcept { return parts_.database; }
    // Sorted by key; the values of one key in the order in which they were written.
    const std::vector<url_option>& query() const noexcept { return parts_.query; }
    // The values of one key; lives as long as the URL.
    std::span<const url_option> query_values(std::string_view key) const noexcept;
    // The last value of a key, if there is any; lives as long as the URL.
    std::optional<std::string_view> query_value(std::string_view key) const noexcept;
    // All parts, to be copied and changed.
    const url_parts& parts() const noexcept { return parts_; }

    // The servers to try, in order: those in front of the database, or of the query key `host`
    // (repeated `host=name:port`, or `host=a,b&port=1,2`). A port without a host is a server with
    // an empty name, and so is an empty place in a list. Empty for a URL with neither. Throws
    // usage_error if the lists do not fit each other, if a port is invalid, or if hosts or ports
    // stand both in front of the database and in the query.
    std::vector<url_host> hosts() const;

    // Copies with one part changed. Throw as create() does.
    // forgets the driver, which belongs to the old dialect
    url with_dialect(std::string dialect) const;
    url with_driver(std::string driver) const;
    // nothing: takes the password away, too
    url with_username(std::optional<std::string> username) const;
    url with_password(std::optional<secret_text> password) const;
    url with_host(std::string host) const;
    url with_port(std::optional<int> port) const;
    url with_database(std::optional<std::string> database) const;
    url with_query(std::vector<url_option> query) const;
    // replaces all values of the key
    url with_query_value(std::string key, secret_text value) const;
    url with_added_query_value(std::string key, secret_text value) const;
    url without_query_key(std::string_view key) const;

    // The URL as text that parses back into an equal URL, except that the password, and the values
    // of query keys that hold passwords, are shown as `***`.
    std::string to_string() const;
    // The same with everything shown.
    std::string to_string(show_password_t) const;

    KOINE_API friend bool operator==(const url& a, const url& b) noexcept;

private:
    explicit url(url_parts&& parts) noexcept;
    std::string render(bool show) const;

    url_parts parts_;
};

// Writes to_string(): passwords are hidden.
KOINE_API std::ostream& operator<<(std::ostream& out, const url& value);

}  // namespace v1
}  // namespace koine
