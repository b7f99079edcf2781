// Rare remarks of the library that are no errors: where they go.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include <koine/api.hpp>

namespace koine {
inline namespace v1 {

enum class log_level : std::uint8_t { warning };

// What a handler is given; the text is one line without its end, is free of values and passwords, and lives as long as the call.
struct log_record {
    log_level level{};
    std::string_view message{};
};

// Called on the thread that has something to say, on several at once if they have. What it throws is ignored.
using log_handler = std::function<void(const log_record&)>;

// Makes `handler` the one that the whole process reports to; an empty one brings back the default, which writes a line to stderr.
// Thread-safe; a call of the handler before that is under way may still go on when this returns. Throws std::bad_alloc.
KOINE_API void set_log_handler(log_handler handler);

// Reports to the handler. Thread-safe.
KOINE_API void log(log_level level, std::string_view message) noexcept;

}  // namespace v1
}  // namespace koine
