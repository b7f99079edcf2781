#include "objects/tracked_objects.hpp"

#include <algorithm>

namespace koine {
inline namespace v1 {
namespace detail {

namespace {

void erase(tracked_objects::list& from, const object_header* header) noexcept {
    from.erase(std::remove(from.begin(), from.end(), header), from.end());
}

}  // namespace

void detach(object_header& header) noexcept {
    switch (header.state) {
        case object_state::pending:
            make_transient(header);
            break;
        case object_state::persistent:
        case object_state::deleting:
            header.state = object_state::detached;
            break;
        default:
            break;
    }
}

bool tracked_objects::is_modified(object_header& header) {
    if (header.state == object_state::pending || header.state == object_state::deleting) return true;
    if (header.base == nullptr) return false;
    const entity_plan& plan = plan_of(header);
    const koine_value* const now = buffer_.bind(plan, object_of(&header));
    if (buffer_.context().failed()) return true;
    return !std::equal(now, now + plan.columns, header.base, same_value);
}

bool tracked_objects::is_modified() {
    if (rows_come_or_go()) return true;
    return std::any_of(touched_.begin(), touched_.end(), [this](object_header* header) {
        return header->state == object_state::persistent && is_modified(*header);
    });
}

// reserve() alone would move everything with each small flush.
void tracked_objects::reserve_touched(std::size_t more) {
    if (touched_.capacity() - touched_.size() < more)
        touched_.reserve(std::max(touched_.capacity() * 2, touched_.size() + more));
}

void tracked_objects::drop_pending(const object_header& header) noexcept {
    erase(pending_, &header);
}

void tracked_objects::drop_deleting(const object_header& header) noexcept {
    erase(deleting_, &header);
}

void tracked_objects::drop(const object_header& header) noexcept {
    erase(touched_, &header);
    erase(pending_, &header);
    erase(deleting_, &header);
}

void tracked_objects::forget_deleted() noexcept {
    std::erase_if(touched_, [](const object_header* header) { return header->state == object_state::deleted; });
}

void tracked_objects::clear() noexcept {
    touched_.clear();
    pending_.clear();
    deleting_.clear();
}

void tracked_objects::take_back() {
    for (object_header* const header : touched_)
        if (header->base != nullptr) assign_columns(*header, header->base, buffer_);
    for (object_header* const header : pending_) make_transient(*header);
    pending_.clear();
    for (object_header* const header : deleting_) header->state = object_state::persistent;
    deleting_.clear();
}

void tracked_objects::forget_untouched() noexcept {
    std::erase_if(touched_, [](const object_header* header) { return (header->flags & object_touched) == 0; });
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
