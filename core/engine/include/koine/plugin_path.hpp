// Where a registry looks for plugins: drivers and dialects in shared libraries.
#pragma once

#include <string>
#include <vector>

#include <koine/api.hpp>

namespace koine {
inline namespace v1 {

// Directories, in the order in which they are searched. A value; reading it is thread-safe.
class KOINE_API plugin_path {
public:
    // Throws usage_error for a directory that is not absolute.
    explicit plugin_path(std::vector<std::string> directories);
    // The directories of the environment variable KOINE_DRIVER_PATH, separated by colons, then
    // installed_directory(). Entries that are not absolute are left out, and the whole variable
    // where the process runs with raised privileges (set-user-ID and the like); errors about
    // plugins that are not found say so. Reads the environment, which no thread may change
    // meanwhile.
    static plugin_path from_environment();
    // Where this Koine's own plugins are installed: <libdir>/koine below the prefix that it was
    // configured with. Lives for ever.
    static const char* installed_directory() noexcept;

    const std::vector<std::string>& directories() const noexcept { return directories_; }
    // What was left out and why, for messages; empty as a rule.
    const std::string& left_out() const noexcept { return left_out_; }

private:
    std::vector<std::string> directories_;
    std::string left_out_{};
};

}  // namespace v1
}  // namespace koine
