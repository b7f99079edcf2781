// One new row and nothing else, the commonest write of all, without lists.
#include <koine/dialect.hpp>

#include "flush_work.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

// A row of a simple class, by a driver without a queue. Answers its key.
[[gnu::always_inline]] inline std::int64_t flush_work::send_one(session_core& session, driver_connection& link,
                                                                const entity_plan& plan, const koine_value* values,
                                                                bool generated) {
    try {
        const auto operation = generated ? entity_operation::insert : entity_operation::insert_with_key;
        prepared& statement = link.prepare(*plan.entity, operation, [&plan, generated](syntax::fragment& shape) {
            push_insert(shape, plan, generated ? plan.all_but_generated : plan.all, {});
        });
        const std::size_t left_out = generated ? 1 : 0;
        if (link.execute(statement, {values + left_out, plan.columns - left_out}) != 0) [[unlikely]]
            link.finish(statement);
        return generated ? generated_key(plan, koine_value{0, KOINE_INT64, 0, 0, {link.last_insert_id()}})
                         : values[plan.key[0]].u.i;
    } catch (...) {
        session.condition_ = session_core::condition::failed;
        throw;
    }
}

// Answers false, with nothing done, where the columns or the driver ask for more than the values,
// or somebody writes to the object.
bool flush_work::insert_one(bool commit) {
    object_header& header = *session_.pending_.front();
    class_slot& slot = session_.slot_of(header);
    const entity_plan& plan = *slot.plan;
    if (!plan.simple || (header.flags & object_touched) != 0) return false;
    const koine_value* values = session_.buffer_.bind(plan, object_of(&header));
    if (session_.buffer_.context().failed()) return false;
    const bool generated = plan.generated == 0 && values[0].u.i == 0;
    session_.undo_.reserve(1);
    slot.integers.reserve(1);
    // A key that is known has its place already, which nothing takes from it until the row is
    // there.
    integer_identities::entry* entry = generated ? nullptr : &slot.integers.at(values[plan.key[0]].u.i);
    driver_connection& link = session_.on();
    if (link.queues() || (generated && !tells_key(link))) return false;
    const std::int64_t key = send_one(session_, link, plan, values, generated);
    if (commit) session_.commit_link(link);
    if (generated) {
        plan.entity->read_column(plan.key[0], koine_value{0, KOINE_INT64, 0, 0, {key}}, object_of(&header));
        entry = &slot.integers.at(key);
    }
    session_.pending_.clear();
    header.state = object_state::persistent;
    header.epoch = session_.clock_;
    session_.enter(*entry, slot.integers, header);
    session_.undo_.push({&header, nullptr, undo_entry::change::insert, generated});
    return true;
}

// The same for an object that is not the session's. The object is left alone when it throws.
void session_core::insert(const entity_info& entity, void* object) {
    check_usable();
    autoflush();
    class_slot& slot = slot_of(entity);
    const entity_plan& plan = *slot.plan;
    if (lease_ == nullptr) lease();
    driver_connection& link = leased();
    if (!plan.simple || link.queues()) return work().insert_row(slot, object);
    const koine_value* const values = buffer_.bind(plan, object);
    const bool generated = plan.generated == 0 && values[0].u.i == 0;
    if (buffer_.context().failed() || (generated && !flush_work::tells_key(link)))
        return work().insert_row(slot, object);
    const std::int64_t key = flush_work::send_one(*this, link, plan, values, generated);
    if (generated) plan.entity->read_column(plan.key[0], koine_value{0, KOINE_INT64, 0, 0, {key}}, object);
    distrust_row(slot.integers.find(key));
}

void flush_work::insert_row(class_slot& slot, void* object) {
    const clearing after{*this};
    const entity_plan& plan = *slot.plan;
    if (values_.size() < plan.columns) values_.resize(plan.columns);
    collect_insert(plan, object, values_.data());
    driver_connection& link = session_.on();
    try {
        send_inserts(link);
        link.flush();
        fill_in(inserts_[0]);
    } catch (...) {
        session_.condition_ = session_core::condition::failed;
        throw;
    }
    session_.distrust_row(session_.find(slot, session_.key_of(plan, inserts_[0].values)));
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
