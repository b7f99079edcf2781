#include <algorithm>

#include <koine/detail/utf8.hpp>
#include <koine/spi/hex.hpp>

#include "url/url_check.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

namespace {

enum class plus : bool { is_itself, is_space };

std::string decode(std::string_view text, plus meaning) {
    std::string out;
    out.reserve(text.size());  // never grows: no half-decoded password stays behind in freed memory
    for (std::size_t i = 0; i < text.size(); ++i) {
        const int high = text[i] == '%' && i + 2 < text.size() ? spi::hex_value(text[i + 1]) : -1;
        const int low = high >= 0 ? spi::hex_value(text[i + 2]) : -1;
        if (low >= 0) {
            out += static_cast<char>(high * 16 + low);
            i += 2;
        } else {
            out += text[i] == '+' && meaning == plus::is_space ? ' ' : text[i];
        }
    }
    return out;
}

secret_text decode_secret(std::string_view text, plus meaning) {
    auto plain = decode(text, meaning);
    secret_text out{plain};
    wipe(plain.data(), plain.size());
    return out;
}

// Takes a URL apart from left to right. The first problem ends it.
class parser {
public:
    explicit parser(std::string_view text) noexcept : text_{text} {}

    result<url_parts> run() {
        if (whole_text() && scheme() && user_and_password() && servers() && database() && query()) {
            normalise(parts_);
            // Every part has been checked where it stood; what they form together has not.
            const auto problem = check_parts(parts_);
            if (!problem) return std::move(parts_);
            refuse(problem.part, 0, problem.why);
        }
        error_info info;
        info.code = errc::invalid_url;
        info.outcome = outcome::not_sent;
        info.message = std::move(message_);
        return failure{std::move(info)};
    }

private:
    // Nothing after the :// is ever shown: without knowing where a broken URL's password ends, any
    // of it may be one.
    bool refuse(const char* part, std::size_t offset, const char* why) {
        message_ = "invalid URL";
        if (scheme_known_) {
            message_ += " \"";
            message_ += text_.substr(0, text_.find("://"));
            message_ += "://***\"";
        }
        message_ += ": ";
        message_ += part;
        message_ += " at offset ";
        message_ += std::to_string(offset);
        message_ += ": ";
        message_ += why;
        return false;
    }

    bool whole_text() {
        if (text_.empty()) return refuse("text", 0, "it is empty; a URL begins with `dialect://`");
        if (const auto* why = check_text(text_)) return refuse("text", first_bad_byte(), why);
        for (std::size_t i = 0; i < text_.size(); ++i)
            if (static_cast<unsigned char>(text_[i]) < 0x20 || text_[i] == 0x7f)
                return refuse("text", i, "a control character (a line end?)");
        return true;
    }

    std::size_t first_bad_byte() const noexcept {
        const auto* const begin = reinterpret_cast<const unsigned char*>(text_.data());
        const auto* const end = begin + text_.size();
        const auto* at = begin;
        while (at != end && *at != 0) {
            const auto length = utf8_sequence(at, end);
            if (length == 0) break;
            at += length;
        }
        return static_cast<std::size_t>(at - begin);
    }

    bool scheme() {
        const auto end = text_.find("://");
        if (end == text_.npos) return refuse("dialect", 0, "there is no `://`; a URL begins with `dialect://`");
        const auto name = text_.substr(0, end);
        const auto plus_at = name.find('+');
        parts_.dialect = name.substr(0, plus_at);
        if (const auto* why = check_name(parts_.dialect)) return refuse("dialect", 0, why);
        if (plus_at != name.npos) {
            parts_.driver = name.substr(plus_at + 1);
            if (const auto* why = check_name(parts_.driver)) return refuse("driver", plus_at + 1, why);
        }
        scheme_known_ = true;
        at_ = end + 3;
        return true;
    }

    // A user is everything up to the first `:` or `/`. If that was a `:` and an `@` follows
    // anywhere, a password lies between; else the user ends at the last `@` before it.
    bool user_and_password() {
        const auto stop = std::min(text_.find_first_of(":/", at_), text_.size());
        if (stop < text_.size() && text_[stop] == ':') {
            if (const auto end = text_.find('@', stop); end != text_.npos) {
                if (!user(stop)) return false;
                parts_.password = decode_secret(text_.substr(stop + 1, end - stop - 1), plus::is_itself);
                if (const auto* why = check_text(parts_.password->reveal())) return refuse("password", stop + 1, why);
                at_ = end + 1;
                return true;
            }
        }
        const auto end = text_.substr(at_, stop - at_).rfind('@');
        if (end == text_.npos) return true;
        const auto after = at_ + end;
        if (!user(after)) return false;
        at_ = after + 1;
        return true;
    }

    bool user(std::size_t end) {
        parts_.username = decode(text_.substr(at_, end - at_), plus::is_itself);
        if (const auto* why = check_text(*parts_.username)) return refuse("user", at_, why);
        return true;
    }

    // One server, or a list with commas. One port at the end is that of all of them; where others
    // have ports too, all ports become the query key `port`.
    bool servers() {
        const auto begin = at_;
        const auto end = std::min(text_.find_first_of("/?", at_), text_.size());
        std::string ports;
        std::size_t with_port = 0;
        for (std::size_t count = 0;; ++count) {
            const auto stop = std::min(text_.find(',', at_), end);
            if (count != 0) {
                parts_.host += ',';
                ports += ',';
            }
            parts_.port.reset();
            if (!server(stop)) return false;
            if (parts_.port) {
                ++with_port;
                ports += std::to_string(*parts_.port);
            }
            if (stop == end) break;
            at_ = stop + 1;
        }
        at_ = end;
        if (with_port > 1 || (with_port == 1 && !parts_.port)) {
            parts_.port.reset();
            parts_.query.push_back({"port", secret_text{ports}});
            ports_listed_ = true;
        }
        if (parts_.host.empty()) return true;
        // Each host has been checked where it stood.
        const auto* const why = check_host(parts_.host);
        return why == nullptr || refuse("host", begin, why);
    }

    // Adds what stands between here and `stop`: a host, and its port.
    bool server(std::size_t stop) {
        const auto begin = at_;
        if (begin < stop && text_[begin] == '[') {
            if (!bracketed_host(stop)) return false;
        } else {
            const auto name = text_.substr(begin, std::min(text_.find(':', begin), stop) - begin);
            if (is_bare_ipv6(text_.substr(begin, stop - begin)))
                return refuse("host", begin, "an IPv6 address is written in brackets: [::1]");
            // An @ that is not written %40 is none of the host's.
            const std::string decoded = decode(name, plus::is_itself);
            const auto* const why = name.find('@') != name.npos ? check_host("h@") : check_host(decoded);
            if (!name.empty() && why != nullptr) return refuse("host", begin, why);
            if (decoded.find(',') != std::string::npos)
                return refuse("host", begin, "it has an escaped comma, which would be read as the end of a host");
            parts_.host += decoded;
            at_ = begin + name.size();
        }
        if (at_ == stop) return true;
        const auto number = parse_port(text_.substr(at_ + 1, stop - at_ - 1));
        if (!number)
            return refuse("port", at_ + 1,
                          "it is not a number from 1 to 65535 (if it is a password, the `@host` after it is missing)");
        parts_.port = *number;
        return true;
    }

    static bool is_bare_ipv6(std::string_view text) noexcept {
        const auto address = text.substr(0, text.find('%'));
        return std::count(address.begin(), address.end(), ':') > 1 && is_ipv6_text(address);
    }

    bool bracketed_host(std::size_t stop) {
        const auto end = std::min(text_.find(']', at_), stop);
        if (end == stop) return refuse("host", at_, "its bracket is not closed");
        const auto address = text_.substr(at_ + 1, end - at_ - 1);
        if (address.find(':') == address.npos) return refuse("host", at_, "brackets may only enclose an IPv6 address");
        if (const auto* why = check_host(address)) return refuse("host", at_, why);
        parts_.host += address;
        at_ = end + 1;
        if (at_ < stop && text_[at_] != ':')
            return refuse("host", at_, "something follows the bracket that is no :port, /database or ?query");
        return true;
    }

    bool database() {
        if (at_ == text_.size() || text_[at_] != '/') return true;
        const auto end = std::min(text_.find('?', at_), text_.size());
        parts_.database = text_.substr(at_ + 1, end - at_ - 1);
        if (const auto* why = check_database(*parts_.database)) return refuse("database", at_ + 1, why);
        at_ = end;
        return true;
    }

    bool query() {
        if (at_ == text_.size()) return true;
        ++at_;
        while (at_ < text_.size()) {
            const auto end = std::min(text_.find('&', at_), text_.size());
            if (end != at_ && !option(text_.substr(at_, end - at_))) return false;
            at_ = end + 1;
        }
        return true;
    }

    bool option(std::string_view text) {
        const auto equals = text.find('=');
        if (equals == text.npos) return refuse("query key", at_, "it has no `=value`");
        if (equals == 0) return refuse("query key", at_, "it is empty");
        url_option out{decode(text.substr(0, equals), plus::is_space),
                       decode_secret(text.substr(equals + 1), plus::is_space)};
        if (const auto* why = check_text(out.key)) return refuse("query key", at_, why);
        if (out.key == "port" && ports_listed_)
            return refuse("query key", at_, "it is `port`, but the ports stand behind their hosts already");
        if (const auto* why = check_text(out.value.reveal())) return refuse("query value", at_ + equals + 1, why);
        parts_.query.push_back(std::move(out));
        return true;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    bool scheme_known_ = false;
    bool ports_listed_ = false;
    std::string message_{};
    url_parts parts_{};
};

}  // namespace

result<url_parts> parse_url(std::string_view text) {
    return parser{text}.run();
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
