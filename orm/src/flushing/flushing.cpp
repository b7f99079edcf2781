#include "flushing/flushing.hpp"

#include <algorithm>
#include <exception>

#include "flushing/collect.hpp"
#include "flushing/flush_sender.hpp"
#include "flushing/insert_row.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

struct flushing::memory {
    memory(identities& known, tracked_objects& tracked) noexcept : sender{lists, known, tracked.buffer()} {}

    flush_lists lists{};
    flush_sender sender;
};

namespace {

// At the end of a flush, however it ends.
struct clearing {
    flush_lists& lists;
    ~clearing() { lists.clear(); }
};

}  // namespace

flushing::flushing(identities& known, tracked_objects& tracked, session_transaction& transaction,
                   loading& loaded) noexcept
    : known_{known}, tracked_{tracked}, transaction_{transaction}, loaded_{loaded} {}

flushing::~flushing() = default;

flushing::memory& flushing::make_memory() {
    memory_ = std::make_unique<memory>(known_, tracked_);
    return *memory_;
}

void flushing::flush(bool commit) {
    if (tracked_.is_one_insert() && insert_one(commit)) return;
    memory& work = kept();
    flush_lists& lists = work.lists;
    const clearing after{lists};
    collect(lists, tracked_);
    if (lists.empty()) {
        if (commit) transaction_.commit();
        return;
    }
    reserve(lists);
    driver_connection& link = transaction_.on();
    try {
        work.sender.send(link, commit);
    } catch (...) {
        transaction_.failed();
        throw;
    }
    std::exception_ptr refused;
    if (commit) refused = transaction_.commit_what_was_sent(link);
    take_over(lists);
    if (refused) [[unlikely]]
        std::rethrow_exception(refused);
}

void flushing::insert_row(class_slot& slot, void* object) {
    memory& work = kept();
    flush_lists& lists = work.lists;
    const clearing after{lists};
    const entity_plan& plan = *slot.plan;
    if (lists.values.size() < plan.columns) lists.values.resize(plan.columns);
    collect_insert(lists, plan, object, lists.values.data());
    driver_connection& link = transaction_.on();
    try {
        work.sender.send_inserts(link);
        link.flush();
        fill_in(lists.inserts[0]);
    } catch (...) {
        transaction_.failed();
        throw;
    }
    loading::distrust_row(known_.find(slot, known_.key_of(plan, lists.inserts[0].values)));
}

// ---- Taking over ----

// Everything that take_over() needs memory for.
void flushing::reserve(const flush_lists& lists) {
    transaction_.undo().reserve(lists.size());
    tracked_.reserve_touched(lists.inserts.size());
    std::size_t of_class = 0;
    for (std::size_t i = 0; i < lists.inserts.size(); ++i) {
        ++of_class;
        const entity_plan* const plan = lists.inserts[i].plan;
        if (i + 1 < lists.inserts.size() && lists.inserts[i + 1].plan == plan) continue;
        // Rows of a circle of classes may be mixed.
        if (plan->place.circle != nullptr)
            of_class = static_cast<std::size_t>(std::count_if(lists.inserts.begin(), lists.inserts.end(),
                                                              [plan](const new_row& one) { return one.plan == plan; }));
        identities::reserve(known_.slot_of(*header_of(lists.inserts[i].object)), of_class);
        of_class = 0;
    }
}

inline void flushing::take_over_update(changed_row& one) noexcept {
    object_header& header = *one.header;
    const entity_plan& plan = plan_of(header);
    if (plan.version >= 0)
        plan.entity->read_column(static_cast<std::uint16_t>(plan.version), one.values[plan.version],
                                 object_of(&header));
    transaction_.undo().push({&header, snapshot{header.base}, undo_entry::change::update});
    header.base = one.values.release();
}

void flushing::take_over(flush_lists& lists) {
    for (new_row& one : lists.inserts) take_over_insert(one, lists.size());
    tracked_.all_inserted();
    for (changed_row& one : lists.updates) take_over_update(one);
    for (object_header* const header : lists.deletes) {
        known_.take_out(known_.slot_of(*header), *header);
        header->state = object_state::deleted;
        transaction_.undo().push({header, nullptr, undo_entry::change::delete_});
    }
    tracked_.all_deleted();
}

void flushing::take_over_insert(new_row& one, std::size_t flushed) {
    fill_in(one);
    const entity_plan& plan = *one.plan;
    object_header& header = *header_of(one.object);
    header.state = object_state::persistent;
    header.epoch = loaded_.now();
    // As long as nobody could write to the object it is what was sent, and needs no base.
    const bool touched = (header.flags & object_touched) != 0;
    header.base = touched ? make_snapshot(one.values, plan.columns).release() : one.values;
    object_header* const before = known_.put(known_.slot_of(header), header);
    if (before != nullptr) [[unlikely]]
        displace(*before, flushed);
    if (touched)
        tracked_.add_touched(header);
    else
        header.base = nullptr;
    transaction_.undo().push({&header, nullptr, undo_entry::change::insert, one.generated});
}

// The database has let another object take over the key: the row of this one is gone, unless a
// rollback brings it back.
void flushing::displace(object_header& header, std::size_t flushed) {
    if (header.state != object_state::persistent) return;
    undo_log& undo = transaction_.undo();
    undo.reserve(flushed + 2);  // beside what the flush at hand has reserved
    touch(object_of(&header));
    header.state = object_state::deleted;
    undo.push({&header, nullptr, undo_entry::change::delete_});
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
