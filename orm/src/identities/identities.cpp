#include "identities/identities.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

class_slot& identities::make_slot(const entity_info& entity) {
    const entity_plan& plan = plan_of(entity);
    if (plan.number >= slots_.size()) slots_.resize(plan.number + 1);
    auto& slot = slots_[plan.number];
    if (!slot) {
        slot = std::make_unique<class_slot>();
        slot->plan = &plan;
    }
    return *slot;
}

const koine_value* identities::key_of(const entity_plan& plan, const koine_value* values) {
    key_.resize(plan.key.size());
    for (std::size_t i = 0; i < plan.key.size(); ++i) key_[i] = values[plan.key[i]];
    return key_.data();
}

object_header* identities::put_by_values(class_slot& slot, object_header& header) {
    const entity_plan& plan = *slot.plan;
    return enter(slot.values.at({key_of(plan, header.base), plan.key.size()}), slot.values, header);
}

void identities::take_out(class_slot& slot, const object_header& header) noexcept {
    const entity_plan& plan = *slot.plan;
    key_of(plan, header.base);  // has room: the object went in by its key
    if (plan.keys == key_kind::integer)
        slot.integers.erase(key_[0].u.i);
    else
        slot.values.erase(key_);
}

void identities::clear() noexcept {
    for (const auto& slot : slots_) {
        if (!slot) continue;
        slot->integers.clear();
        slot->values.clear();
        slot->pool = nullptr;
    }
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
