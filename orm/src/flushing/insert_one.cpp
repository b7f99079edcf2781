// One new row and nothing else, the commonest write of all, without lists.
#include <exception>

#include <koine/dialect.hpp>

#include "flushing/flushing.hpp"
#include "flushing/insert_row.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

// A row of a simple class, by a driver without a queue. Returns its key.
[[gnu::always_inline]] inline std::int64_t flushing::send_one(driver_connection& link, const entity_plan& plan,
                                                              const koine_value* values, bool generated) {
    try {
        if (generated) {
            prepared& statement = generated_insert(link, plan);
            const std::uint32_t got = link.execute(statement, {values + 1, std::size_t{plan.columns} - 1});
            return inserted_key(link, plan, statement, got);
        }
        prepared& statement =
            link.prepare(*plan.entity, entity_operation::insert_with_key,
                         [&plan](syntax::fragment& shape) { push_insert(shape, plan, plan.all, {}); });
        if (link.execute(statement, {values, plan.columns}) != 0) [[unlikely]]
            link.finish(statement);
        return values[plan.key[0]].u.i;
    } catch (...) {
        transaction_.failed();
        throw;
    }
}

// Returns false, with nothing done, where the columns or the driver ask for more than the values,
// or somebody writes to the object.
bool flushing::insert_one(bool commit) {
    object_header& header = *tracked_.pending().front();
    class_slot& slot = known_.slot_of(header);
    const entity_plan& plan = *slot.plan;
    if (!plan.simple || (header.flags & object_touched) != 0) return false;
    bound_values& buffer = tracked_.buffer();
    const koine_value* values = buffer.bind(plan, object_of(&header));
    if (buffer.context().failed()) return false;
    const bool generated = plan.generated == 0 && values[0].u.i == 0;
    transaction_.undo().reserve(1);
    slot.integers.reserve(1);
    // A key that is known has its place already, which nothing takes from it until the row is
    // there.
    integer_identities::entry* entry = generated ? nullptr : &slot.integers.at(values[plan.key[0]].u.i);
    driver_connection& link = transaction_.on();
    if (link.queues() || (generated && !tells_key(link))) return false;
    const std::int64_t key = send_one(link, plan, values, generated);
    std::exception_ptr refused;
    if (commit) refused = transaction_.commit_what_was_sent(link);
    if (generated) {
        plan.entity->read_column(plan.key[0], koine_value{0, KOINE_INT64, 0, 0, {key}}, object_of(&header));
        entry = &slot.integers.at(key);
    }
    tracked_.all_inserted();
    header.state = object_state::persistent;
    header.epoch = loaded_.now();
    object_header* const before = identities::enter(*entry, slot.integers, header);
    if (before != nullptr) [[unlikely]]
        displace(*before, 0);
    transaction_.undo().push({&header, nullptr, undo_entry::change::insert, generated});
    if (refused) [[unlikely]]
        std::rethrow_exception(refused);
    return true;
}

void flushing::insert(const entity_info& entity, void* object) {
    class_slot& slot = known_.slot_of(entity);
    const entity_plan& plan = *slot.plan;
    driver_connection& link = transaction_.link();
    if (!plan.simple || link.queues()) return insert_row(slot, object);
    bound_values& buffer = tracked_.buffer();
    const koine_value* const values = buffer.bind(plan, object);
    const bool generated = plan.generated == 0 && values[0].u.i == 0;
    if (buffer.context().failed() || (generated && !tells_key(link))) return insert_row(slot, object);
    const std::int64_t key = send_one(link, plan, values, generated);
    if (generated) plan.entity->read_column(plan.key[0], koine_value{0, KOINE_INT64, 0, 0, {key}}, object);
    loading::distrust_row(slot.integers.find(key));
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
