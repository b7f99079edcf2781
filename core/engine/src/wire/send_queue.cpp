#include <koine/wire/send_queue.hpp>

#include <algorithm>
#include <utility>

#include "wire/wire_drive.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

bool send_queue::has_statements() const noexcept {
    return std::any_of(queued_.begin(), queued_.end(), [](const prepared* one) { return one != nullptr; });
}

koine_status send_queue::push(prepared& statement, std::span<const koine_value> binds) {
    queued_.push_back(&statement);
    const koine_status status = wire_.driver().enqueue(wire_.handle(), statement.handle, koine_string{}, binds.data(),
                                                       static_cast<std::uint32_t>(binds.size()), wire_.failing());
    if (status != KOINE_DONE) queued_.pop_back();
    return status;
}

koine_status send_queue::push_text(std::string_view text) {
    queued_.push_back(nullptr);
    const koine_status status = wire_.driver().enqueue(wire_.handle(), nullptr, koine_string{text.data(), text.size()},
                                                       nullptr, 0, wire_.failing());
    if (status != KOINE_DONE) queued_.pop_back();
    return status;
}

koine_status send_queue::flush() {
    told_.assign(queued_.size(), -1);
    const auto flush = [&] {
        return wire_.driver().flush(wire_.handle(), told_.data(), told_.size(), wire_.waiting(), wire_.failing());
    };
    counts_.reserve(counts_.size() + queued_.size());
    if (wire_.drive(flush) != KOINE_DONE) return KOINE_ERROR;
    for (std::size_t i = 0; i < queued_.size(); ++i)
        if (queued_[i] != nullptr) counts_.push_back(told_[i]);
    queued_.clear();
    return KOINE_DONE;
}

void send_queue::was_sent() {
    for (const prepared* const one : queued_)
        if (one != nullptr) counts_.push_back(-1);
    queued_.clear();
}

prepared* send_queue::failed(std::uint32_t queued_index) noexcept {
    prepared* statement = nullptr;
    if (queued_index != 0) {
        last_failed_ = queued_index >= queued_.size();
        if (queued_index <= queued_.size()) statement = queued_[queued_index - 1];
    }
    clear();
    return statement;
}

void send_queue::clear() noexcept {
    queued_.clear();
    counts_.clear();
}

void arrears::add_result(prepared& statement) {
    results_.push_back(&statement);
    any_ = true;
}

void arrears::drop_first_result() noexcept {
    results_.erase(results_.begin());
    update();
}

void arrears::add_text(std::string_view text) {
    texts_.emplace_back(text);
    any_ = true;
}

std::vector<std::string> arrears::take_texts() noexcept {
    std::vector<std::string> taken = std::exchange(texts_, {});
    update();
    return taken;
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
