#include <koine/wire/statement_store.hpp>

#include <utility>

#include "wire/statement_cache.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

statement_store::statement_store(const koine_driver& driver, std::uint32_t capacity)
    : driver_{&driver}, cache_{std::make_unique<statement_cache>(capacity)} {}

statement_store::~statement_store() = default;

prepared& statement_store::keep(std::uint64_t hash, std::string_view key, std::unique_ptr<prepared> statement) {
    prepared& kept = *statement;
    if (const auto evicted = cache_->insert(hash, key, std::move(statement))) free_handle(*evicted);
    return kept;
}

prepared& statement_store::own(std::unique_ptr<prepared> statement) {
    owned_.push_back(std::move(statement));
    return *owned_.back();
}

void statement_store::discard(prepared& statement) noexcept {
    if (!statement.once) return;
    free_handle(statement);
    std::erase_if(owned_, [&](const auto& one) { return one.get() == &statement; });
}

void statement_store::keep_for(std::uint32_t entity, entity_operation operation, prepared& owned) {
    if (entity >= of_entities_.size()) of_entities_.resize(entity + 1);
    of_entities_[entity][static_cast<std::size_t>(operation)] = &owned;
}

void statement_store::free_handle(prepared& statement) noexcept {
    if (statement.handle != nullptr) driver_->finalize(std::exchange(statement.handle, nullptr));
}

bool statement_store::give_up_one() noexcept {
    prepared* found = cache_->least_used();
    for (const auto& one : owned_)
        if (found == nullptr && one->handle != nullptr && !one->running && !one->once) found = one.get();
    if (found == nullptr) return false;
    free_handle(*found);
    found->add(prepared::outdated);
    return true;
}

void statement_store::free_handles() noexcept {
    cache_->for_each([this](prepared& one) { free_handle(one); });
    for (const auto& one : owned_) free_handle(*one);
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
