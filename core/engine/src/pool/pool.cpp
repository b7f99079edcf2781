#include <koine/pool.hpp>

#include <string>

#include "pool/pool_shell.hpp"

namespace koine {
inline namespace v1 {

namespace {

constexpr std::uint32_t most_connections = 10'000;

const pool_options& checked(const pool_options& options) {
    if (options.size == 0) throw_usage("pool_options: size must be at least 1");
    if (options.max_opening == 0) throw_usage("pool_options: max_opening must be at least 1");
    if (options.size > most_connections || options.max_overflow > most_connections - options.size)
        throw_usage("pool_options: size and max_overflow make more than " + std::to_string(most_connections) +
                    " connections");
    if (options.backoff_first.count() < 0 || options.backoff_limit < options.backoff_first)
        throw_usage("pool_options: backoff_limit must not be below backoff_first, nor that below zero");
    return options;
}

}  // namespace

result<void> pool_lease::check() const {
    if (item_ == nullptr) return failure{errc::usage, "the lease is empty"};
    if (forked()) {
        failure why{errc::forked, "the connection belongs to the parent process"};
        why.info().outcome = outcome::not_sent;
        return why;
    }
    return {};
}

void pool_lease::invalidate() noexcept {
    if (item_ == nullptr) return;
    detail::pooled* const item = std::exchange(item_, nullptr);
    detail::pool_slot* const slot = std::exchange(slot_, nullptr);
    slot->owner->invalidate(*slot, item, birth_);
}

void pool_lease::soft_invalidate() noexcept {
    if (item_ != nullptr) slot_->owner->soft_invalidate(*slot_, item_, birth_);
}

std::unique_ptr<detail::pooled> pool_lease::detach() noexcept {
    if (item_ == nullptr) return nullptr;
    detail::pooled* const item = std::exchange(item_, nullptr);
    detail::pool_slot* const slot = std::exchange(slot_, nullptr);
    return slot->owner->detach(*slot, item, birth_);
}

pool::pool(std::shared_ptr<detail::pool_backend> backend, pool_options options, pool_events events)
    : events_{std::move(events)},
      shell_{new detail::pool_shell{std::move(backend), checked(options), events_.list()}} {}

pool::~pool() {
    shell_->orphan();
}

void pool::invalidate_all() noexcept {
    shell_->invalidate_all();
}
result<void> pool::dispose(deadline until) {
    return shell_->dispose(until);
}
result<void> pool::close(deadline until) {
    return shell_->close(until);
}
pool_stats pool::stats() const {
    return shell_->stats();
}
const pool_options& pool::options() const noexcept {
    return shell_->options();
}

}  // namespace v1
}  // namespace koine
