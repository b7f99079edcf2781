// What Koine has to remark, kept from stderr.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <koine/log.hpp>

namespace koine_test {

// Takes the lines of the process's log for as long as it lives. One at a time. Thread-safe.
class captured_log {
public:
    captured_log() { koine::set_log_handler(heard_); }
    ~captured_log() { koine::set_log_handler(nullptr); }
    captured_log(const captured_log&) = delete;
    captured_log& operator=(const captured_log&) = delete;

    std::vector<std::string> lines() const {
        const std::lock_guard lock{heard_->mutex};
        return heard_->lines;
    }

private:
    struct keeper final : koine::log_handler {
        void on_log(const koine::log_record& record) override {
            const std::lock_guard lock{mutex};
            lines.emplace_back(record.message);
        }
        mutable std::mutex mutex{};
        std::vector<std::string> lines{};
    };

    std::shared_ptr<keeper> heard_ = std::make_shared<keeper>();
};

}  // namespace koine_test
