#include "objects/object_store.hpp"

#include <algorithm>
#include <new>
#include <string>

#include <koine/error.hpp>
#include <koine/mapping/explain.hpp>

#include "objects/tracked_objects.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

namespace {

constexpr std::size_t first_chunk = 2048;
constexpr std::size_t full_chunk = 64 * 1024;

[[noreturn]] KOINE_COLD void raise_unbindable(const entity_plan& plan, const void* object,
                                              const bind_context& context) {
    error_info info;
    info.code = context.code();
    info.outcome = outcome::not_sent;
    info.table = std::string{plan.table->name};
    info.column = std::string{unbindable_column(*plan.entity, object)};
    info.message = std::string{plan.entity->class_name} + " holds a value that cannot be stored: " + context.what();
    throw_error(std::move(info));
}

}  // namespace

// ---- object_pool ----

void object_pool::add_chunk() {
    const std::size_t wanted = chunks_.empty() ? first_chunk : std::min(chunks_.back().bytes * 4, full_chunk);
    const std::size_t bytes = std::max(wanted / plan_.stride, std::size_t{1}) * plan_.stride;
    chunks_.reserve(chunks_.size() + 1);
    const std::align_val_t alignment{std::max(plan_.entity->alignment, alignof(object_header))};
    char* const memory = static_cast<char*>(::operator new(bytes, alignment));
    chunks_.push_back({memory, bytes});
    next_ = memory;
    end_ = memory + bytes;
}

object_pool::~object_pool() {
    for (const chunk& c : chunks_) {
        char* const end = &c == &chunks_.back() ? next_ : c.memory + c.bytes;
        for (char* place = c.memory; place != end; place += plan_.stride) {
            char* const object = place + plan_.offset;
            snapshot_deleter{}(header_of(object)->base);
            plan_.entity->destroy(object);
        }
        ::operator delete (c.memory, std::align_val_t{std::max(plan_.entity->alignment, alignof(object_header))});
    }
}

// ---- object_store ----

object_pool& object_store::pool(const entity_plan& plan) {
    if (plan.number >= pools_.size()) {
        plans_.resize(plan.number + 1);
        pools_.resize(plan.number + 1);
    }
    if (!pools_[plan.number]) {
        pools_[plan.number] = std::make_unique<object_pool>(*this, plan);
        plans_[plan.number] = &plan;
    }
    return *pools_[plan.number];
}

void destroy_store(store_head* store) noexcept {
    delete static_cast<object_store*>(store);
}

void take_base(object_header& header) {
    bound_values buffer;
    take_base(header, buffer);
}

void take_base(object_header& header, bound_values& buffer) {
    const entity_plan& plan = plan_of(header);
    const koine_value* const values = buffer.bind(plan, object_of(&header));
    if (buffer.context().failed()) raise_unbindable(plan, object_of(&header), buffer.context());
    header.base = make_snapshot(values, plan.columns).release();
}

void replace_base(object_header& header, snapshot base) noexcept {
    snapshot_deleter{}(header.base);
    header.base = base.release();
}

void assign_columns(object_header& header, const koine_value* values, bound_values& buffer) {
    const entity_plan& plan = plan_of(header);
    void* const object = object_of(&header);
    const koine_value* const now = buffer.bind(plan, object);
    const bool unbindable = buffer.context().failed();
    for (std::uint16_t i = 0; i < plan.columns; ++i)
        if (unbindable || !same_value(now[i], values[i])) plan.entity->read_column(i, values[i], object);
}

void touch_slowly(object_header* header) {
    switch (header->state) {
        case object_state::persistent:
        case object_state::deleting:
        case object_state::detached:
            break;
        // its base comes with its INSERT
        case object_state::pending:
            header->flags |= object_touched;
            return;
        case object_state::transient:
        case object_state::deleted:
            return;  // there is no row to compare with
    }
    tracked_objects* const owner = store_of(*header).owner();
    if (owner != nullptr && header->state != object_state::detached)
        owner->watch(*header);
    else if (header->base == nullptr)
        take_base(*header);
    header->flags |= object_touched;
}

void throw_empty_ref(const char* class_name) {
    throw_usage("an empty ref<" + std::string{class_name} + "> was dereferenced; test it first: if (object) ...");
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
