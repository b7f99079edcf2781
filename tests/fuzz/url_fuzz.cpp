// Any text: either a URL that parses back from its own rendering, or an error that shows nothing
// that follows the "://".
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <koine/url.hpp>

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

bool shows(std::string_view text, std::string_view hidden) {
    return text.find(hidden) != text.npos;
}

void check_error(const koine::error_info& info, std::string_view text) {
    constexpr std::size_t telling = 12;  // shorter pieces may stand in the error's own words
    auto what = describe(info);
    require(what.size() < 400);
    what.erase(0, what.find(": "));  // the dialect is shown on purpose
    const auto scheme = text.find("://");
    const auto rest = scheme == text.npos ? text : text.substr(scheme + 3);
    if (rest.size() >= telling && rest.find(' ') == rest.npos) require(!shows(what, rest));
}

void check_url(const koine::url& u) {
    const auto shown = u.to_string(koine::url::show_password);
    const auto again = koine::url::try_parse(shown);
    require(again.has_value());
    require(*again == u);
    require(again->to_string(koine::url::show_password) == shown);
    const auto hidden = u.to_string();
    require(koine::url::try_parse(hidden).has_value());
    if (u.password()) require(koine::url{hidden}.password()->reveal() == "***");
    require(koine::url::create(u.parts()) == u);
    try {
        for (const auto& host : u.hosts()) require(!host.port || *host.port != 0);
    } catch (const koine::usage_error&) {
        // Lists of hosts that do not fit each other.
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto parsed = koine::url::try_parse(text);
    if (parsed)
        check_url(*parsed);
    else
        check_error(parsed.error().info(), text);
    return 0;
}
