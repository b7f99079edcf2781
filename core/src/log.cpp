#include <koine/log.hpp>

#include <cstdio>
#include <memory>
#include <mutex>
#include <utility>

namespace koine {
inline namespace v1 {

namespace {

struct shared_handler {
    std::mutex mutex{};
    std::shared_ptr<const log_handler> current{};
};

// Never destroyed: other static objects may still have something to say while the process ends.
shared_handler& place() {
    static shared_handler& only = *new shared_handler;
    return only;
}

}  // namespace

void set_log_handler(log_handler handler) {
    auto made = handler ? std::make_shared<const log_handler>(std::move(handler)) : nullptr;
    const std::lock_guard lock{place().mutex};
    place().current.swap(made);
}

void log(log_level level, std::string_view message) noexcept {
    try {
        std::shared_ptr<const log_handler> handler;
        {
            const std::lock_guard lock{place().mutex};
            handler = place().current;
        }
        if (handler)
            (*handler)(log_record{level, message});
        else
            std::fprintf(stderr, "koine: warning: %.*s\n", static_cast<int>(message.size()), message.data());
    } catch (...) {
        // A remark that cannot be made is no failure of the work it is about.
    }
}

}  // namespace v1
}  // namespace koine
