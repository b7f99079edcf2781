#include <koine/log.hpp>

#include <cstdio>
#include <mutex>
#include <utility>

namespace koine {
inline namespace v1 {

namespace {

struct shared_handler {
    std::mutex mutex{};
    std::shared_ptr<log_handler> current{};
};

// Never destroyed: other static objects may still have something to say while the process ends.
shared_handler& place() {
    static shared_handler& only = *new shared_handler;
    return only;
}

}  // namespace

log_handler::~log_handler() = default;

// The one before ends outside of the lock.
void set_log_handler(std::shared_ptr<log_handler> handler) noexcept {
    const std::lock_guard lock{place().mutex};
    place().current.swap(handler);
}

void log(log_level level, std::string_view message) noexcept {
    try {
        std::shared_ptr<log_handler> handler;
        {
            const std::lock_guard lock{place().mutex};
            handler = place().current;
        }
        if (handler)
            handler->on_log(log_record{level, message});
        else
            std::fprintf(stderr, "koine: %s%.*s\n", level == log_level::warning ? "warning: " : "",
                         static_cast<int>(message.size()), message.data());
    } catch (...) {
        // A remark that cannot be made is no failure of the work it is about.
    }
}

}  // namespace v1
}  // namespace koine
