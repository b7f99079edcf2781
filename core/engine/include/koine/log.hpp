// Rare remarks of the library that are no errors: where they go.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include <koine/api.hpp>

namespace koine {
inline namespace v1 {

enum class log_level : std::uint8_t { warning, info };

// What a handler hears; the text is one line without its end, is free of passwords and, but
// for echo_mode::with_values, of values, and lives as long as the call.
struct log_record {
    log_level level{};
    std::string_view message{};
};

// Derive from it. Called on the thread that has something to say, on several at once if they have;
// what it throws is ignored.
class KOINE_API log_handler {
public:
    log_handler() = default;
    virtual ~log_handler();
    log_handler(const log_handler&) = delete;
    log_handler& operator=(const log_handler&) = delete;

    virtual void on_log(const log_record& record) = 0;
};

// Makes `handler` the one that the whole process reports to; null brings back the default, which
// writes a line to stderr. Thread-safe; a call of the handler before that is under way may still go
// on when this returns, and keeps it alive.
KOINE_API void set_log_handler(std::shared_ptr<log_handler> handler) noexcept;

// Reports to the handler. Thread-safe.
KOINE_API void log(log_level level, std::string_view message) noexcept;

}  // namespace v1
}  // namespace koine
