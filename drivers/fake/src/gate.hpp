// Where every operation of a connection passes: it is logged, held up, cancelled, or made to fail.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "script_state.hpp"

namespace koine {
inline namespace v1 {
namespace fake {
namespace detail {

class gate {
public:
    // Finds the script that the parameters name; throws spi::failure if there is none.
    explicit gate(std::span<const koine_parameter> parameters);
    ~gate();
    gate(const gate&) = delete;
    gate& operator=(const gate&) = delete;

    script_state& script() const noexcept { return *script_; }
    wake_up& bell() noexcept { return bell_; }
    void abandon() noexcept;
    // Any thread.
    void cancel();
    // Forgets a cancellation: a new operation begins.
    void begin() noexcept { cancelled_ = false; }
    // Whether the operation under way was cancelled and the script wants that to have an effect
    // now.
    bool must_stop() const;
    // What a stopped operation ends with.
    static fault stopped(bool in_transaction);

    // On an operation's first call logs it; begin() goes before that. Answers KOINE_WAIT while it
    // is held up, then KOINE_DONE with the fault that it shall end with, if any.
    koine_status pass(operation what, std::string_view sql, std::span<const koine_value> binds, bool in_transaction,
                      koine_wait& wait, std::optional<fault>& due);
    std::optional<operation> pending() const noexcept { return pending_; }

private:
    bool obeys() const;

    std::shared_ptr<script_state> script_;
    wake_up bell_{};
    std::atomic<bool> cancelled_{false};
    int number_ = 0;
    bool abandoned_ = false;
    std::optional<operation> pending_{};
};

}  // namespace detail
}  // namespace fake
}  // namespace v1
}  // namespace koine
