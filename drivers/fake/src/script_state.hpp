// What the connections of a scripted database share.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <koine/drivers/fake.hpp>

namespace koine {
inline namespace v1 {
namespace fake {
namespace detail {

// A descriptor that can be made readable from any thread.
class wake_up {
public:
    wake_up();
    ~wake_up();
    wake_up(const wake_up&) = delete;
    wake_up& operator=(const wake_up&) = delete;
    int fd() const noexcept { return fd_; }
    void ring() noexcept;
    void quiet() noexcept;

private:
    int fd_;
};

struct hold_state {
    std::optional<operation> what{};
    std::string part{};
    bool is_open = false;
    int arrived = 0;
    std::condition_variable changed{};
};

// One lock for everything: this is for tests.
class script_state {
public:
    static std::shared_ptr<script_state> find(std::string_view name);
    static void enter(const std::string& name, std::shared_ptr<script_state> state);
    static void leave(const std::string& name) noexcept;

    // The first hold that stops this operation; null if it may go on.
    std::shared_ptr<hold_state> stopped_by(operation what, std::string_view sql) const;
    std::optional<fault> fault_for(operation what, std::string_view sql);
    std::shared_ptr<const answer> answer_to(std::string_view sql);
    // The answer that an execution to come would get; counts nothing.
    std::shared_ptr<const answer> peek(std::string_view sql) const;
    void ring_all() noexcept;

    mutable std::mutex lock;
    std::string name{};
    std::string product{"fake"};
    std::string version{"1.0"};
    std::map<std::string, std::deque<std::shared_ptr<const answer>>, std::less<>> exact{};
    std::vector<std::pair<std::string, std::shared_ptr<const answer>>> containing{};
    struct planned {
        operation what;
        int nth;
        fault why;
    };
    std::vector<planned> faults{};
    std::vector<std::pair<std::string, fault>> text_faults{};
    bool commit_lost = false;
    std::vector<std::shared_ptr<hold_state>> holds{};
    cancelling on_cancel = cancelling::prompt;
    bool drain_open = false;
    std::vector<sent> log{};
    counts numbers{};
    std::uint64_t dirt = 0;  // times that make_dirty() was called
    std::vector<wake_up*> bells{};
    struct relay_target {
        koine_driver driver{};
        std::vector<std::pair<std::string, std::string>> parameters{};
    };
    std::optional<relay_target> relay{};
    std::vector<std::string> violations{};
};

}  // namespace detail
}  // namespace fake
}  // namespace v1
}  // namespace koine
