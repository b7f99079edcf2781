// What the throwaway servers of tests share: processes, files of another user, certificates.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace koine_test {

// One kind of server. Where the tests run as root, its processes run as `user`, since servers
// refuse root. Functions throw std::runtime_error with the name of the kind in front.
class server_process {
public:
    // `name` and `user` must outlive the object.
    constexpr server_process(const char* name, const char* user) noexcept : name_{name}, user_{user} {}

    // Starts a program; its output is appended to `log`. With `end_signal`, such as "QUIT", it gets
    // that signal when the starting thread ends.
    pid_t spawn(const std::vector<std::string>& command, const std::filesystem::path& log,
                const char* end_signal = nullptr) const;
    // Runs a program to its end, which must be a success.
    void run(const std::vector<std::string>& command, const std::filesystem::path& log) const;
    void give_to_server(const std::filesystem::path& path) const;
    void append(const std::filesystem::path& path, std::string_view text) const;
    // Makes a folder that the server owns.
    void make_directory(const std::filesystem::path& path) const;
    // Where servers of this kind live; one folder for each user.
    std::filesystem::path base_directory() const;
    // Makes ca.crt, server.key and server.crt (for localhost and 127.0.0.1) in a folder that the
    // server owns.
    void make_certificates(const std::filesystem::path& directory, const std::filesystem::path& log) const;
    [[noreturn]] void fail(const std::string& what) const;

private:
    const char* name_;
    const char* user_;
};

// A lock between processes.
class file_lock {
public:
    file_lock(const server_process& kind, const std::filesystem::path& path);
    ~file_lock();
    file_lock(const file_lock&) = delete;
    file_lock& operator=(const file_lock&) = delete;

private:
    int fd_;
};

// Text as a part of a URL.
std::string url_escaped(std::string_view text);

}  // namespace koine_test
