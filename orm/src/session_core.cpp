#include "session_core.hpp"

#include <string>
#include <utility>

#include <koine/error.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

session_core::session_core(koine::engine engine, session_options options, const here& where)
    : autoflush_{options.autoflush}, transaction_{std::move(engine), options.transaction, where, known_, members_,
                                                  tracked_} {}

session_core::~session_core() {
    abandon();
}

// ---- By key ----

void* session_core::get(const entity_info& entity, std::int64_t key) {
    check_usable();
    class_slot& slot = known_.slot_of(entity);
    if (slot.plan->keys != key_kind::integer) [[unlikely]]
        throw_usage(std::string{entity.class_name} + " is not found by one integer");
    integer_identities::entry& entry = slot.integers.at(key);
    if (entry.object == nullptr && !tracked_.rows_come_or_go()) return loading_.read_new(slot, entry, key);
    void* const known = entry.object;
    if (known != nullptr && loading_.is_fresh(slot, *header_of(known)) &&
        header_of(known)->state == object_state::persistent)
        return known;
    const koine_value value{0, KOINE_INT64, 0, 0, {key}};
    return get_after_flush(slot, known, {&value, 1});
}

void* session_core::get(const entity_info& entity, std::span<const koine_value> key) {
    check_usable();
    class_slot& slot = known_.slot_of(entity);
    const entity_plan& plan = *slot.plan;
    if (key.size() != plan.key.size()) {
        throw_usage(std::string{entity.class_name} + " has a primary key of " + std::to_string(plan.key.size()) +
                    " columns");
    }
    void* const known = known_.find(slot, key.data());
    if (known != nullptr && loading_.is_fresh(slot, *header_of(known)) &&
        header_of(known)->state == object_state::persistent)
        return known;
    return get_after_flush(slot, known, key);
}

void* session_core::get_after_flush(class_slot& slot, void* known, std::span<const koine_value> key) {
    if (tracked_.rows_come_or_go()) {
        autoflush();
        known = known_.find(slot, key.data());
        if (known != nullptr && loading_.is_fresh(slot, *header_of(known))) return known;
    }
    return loading_.read(slot, known, key);
}

// ---- Flush, commit, rollback ----

void session_core::flush() {
    check_usable();
    if (tracked_.any()) flushing_.flush(false);
}

void session_core::commit() {
    check_usable();
    if (tracked_.any())
        flushing_.flush(true);
    else
        transaction_.commit();
    if (transaction_.undo().had_deletes()) tracked_.forget_deleted();
    end_transaction();
}

void session_core::rollback() {
    transaction_.rollback();
    end_transaction();
}

void session_core::raise_in_block(const char* call) {
    throw_usage(std::string{call} +
                " inside of session::begin() or session::run(), whose transaction ends with its function: return to "
                "commit, throw to roll back");
}

// A new age: what was read until now is no longer known to be so.
void session_core::end_transaction() noexcept {
    transaction_.end();
    loading_.distrust_all();
    members_.transaction_ended();
}

// ---- Savepoints ----

std::uint64_t session_core::begin_nested() {
    flush();
    return transaction_.open_savepoint();
}

void session_core::commit_nested(std::uint64_t id) {
    transaction_.check_release(id);
    flush();
    transaction_.release_savepoint(id);
}

void session_core::rollback_nested(std::uint64_t id) {
    transaction_.undo_savepoint(id);
    // What was read since may have been written by a statement that is rolled back.
    loading_.distrust_all();
}

void session_core::abandon_nested(std::uint64_t id) noexcept {
    if (transaction_.leave_savepoint(id)) loading_.distrust_all();
}

// ---- The end ----

void session_core::expunge_all() noexcept {
    members_.let_go();
    // The undo log may still speak of these objects.
    if (!members_.set_store_aside()) transaction_.undo().clear();
}

void session_core::close() noexcept {
    if (transaction_.needs_rollback()) {
        try {
            rollback();
        } catch (...) {
            transaction_.give_back();
        }
    }
    abandon();
}

void session_core::abandon() noexcept {
    transaction_.abandon();
    loading_.distrust_all();
    members_.let_go();
    members_.drop_stores();
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
