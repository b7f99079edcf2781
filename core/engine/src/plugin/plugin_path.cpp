#include <koine/plugin_path.hpp>

#include <cstdlib>
#include <string_view>
#include <utility>

#include <koine/error.hpp>

#include "platform/shared_library.hpp"

namespace koine {
inline namespace v1 {

namespace {

bool is_absolute(std::string_view directory) noexcept {
    return !directory.empty() && directory.front() == '/' && directory.find('\0') == std::string_view::npos;
}

}  // namespace

plugin_path::plugin_path(std::vector<std::string> directories) : directories_{std::move(directories)} {
    for (const std::string& directory : directories_)
        if (!is_absolute(directory))
            throw_usage("plugins are looked for in absolute directories, not in '" + directory + "'");
}

plugin_path plugin_path::from_environment() {
    plugin_path made{{}};
    const char* const variable = std::getenv("KOINE_DRIVER_PATH");
    std::string_view rest = variable == nullptr ? std::string_view{} : std::string_view{variable};
    if (!rest.empty() && platform::has_raised_privileges()) {
        made.left_out_ = "KOINE_DRIVER_PATH is not heeded by a program with raised privileges";
        rest = {};
    }
    while (!rest.empty()) {
        const std::string_view entry = rest.substr(0, rest.find(':'));
        rest.remove_prefix(entry.size() + (entry.size() < rest.size() ? 1U : 0U));
        if (is_absolute(entry))
            made.directories_.emplace_back(entry);
        else if (!entry.empty())
            made.left_out_
                .append(made.left_out_.empty() ? "of KOINE_DRIVER_PATH, what is not absolute is left out: " : ", ")
                .append(entry);
    }
    made.directories_.emplace_back(installed_directory());
    return made;
}

const char* plugin_path::installed_directory() noexcept {
    return KOINE_PLUGIN_DIRECTORY;
}

}  // namespace v1
}  // namespace koine
