// The unit of work: what a session is behind its typed face.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <koine/connection.hpp>
#include <koine/engine.hpp>
#include <koine/here.hpp>
#include <koine/orm/detail/object.hpp>
#include <koine/orm/detail/unit_of_work.hpp>
#include <koine/orm/session_options.hpp>
#include <koine/wire/driver_connection.hpp>

#include "flushing/flushing.hpp"
#include "identities/identities.hpp"
#include "identities/membership.hpp"
#include "loading/loading.hpp"
#include "objects/tracked_objects.hpp"
#include "transaction/session_transaction.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

// Owns the parts and says which of them comes first: each of its functions asks whether the session
// takes work at all, flushes where that is due, and hands over. One thread at a time. References
// and queries that outlive their session find it closed.
class session_core : public std::enable_shared_from_this<session_core> {
public:
    session_core(koine::engine engine, session_options options, const here& where);
    session_core(const session_core&) = delete;
    session_core& operator=(const session_core&) = delete;
    ~session_core();

    // ---- Objects ----
    void* add(const entity_info& entity, void* object) {
        check_usable();
        return members_.add(entity, object);
    }
    // Inserts a row for an object that stays the caller's.
    void insert(const entity_info& entity, void* object) {
        check_usable();
        autoflush();
        flushing_.insert(entity, object);
    }
    void attach(object_header& header) {
        check_usable();
        members_.attach(header);
    }
    void mark_deleted(object_header& header) {
        check_usable();
        members_.mark_deleted(header);
    }
    void expunge(object_header& header) {
        check_usable();
        members_.expunge(header);
    }
    void expunge_all() noexcept;
    bool is_modified(object_header& header) { return tracked_.is_modified(header); }
    bool is_modified() { return tracked_.is_modified(); }
    bool owns(const object_header& header) const noexcept { return members_.owns(header); }
    void retain_all(const std::vector<void*>& objects) const noexcept { members_.retain_all(objects); }

    // ---- Loading ----
    void* get(const entity_info& entity, std::int64_t key);
    void* get(const entity_info& entity, std::span<const koine_value> key);
    class_slot& slot_of(const entity_info& entity) { return known_.slot_of(entity); }
    // The object of a row, new or merged.
    void* load(class_slot& slot, const koine_value* cells) { return loading_.load(slot, cells); }
    void refresh(object_header& header) {
        check_usable();
        loading_.refresh(header);
    }
    // Rows of this class may have been changed behind the objects' backs.
    void distrust(const entity_info& entity) { loading_.distrust(known_.slot_of(entity)); }
    // Nobody knows what a text that was run has done: it may even have committed.
    void after_text() {
        loading_.distrust_all();
        transaction_.keep_what_ended();
    }

    // ---- Transaction ----
    // The leased connection. Leases and begins where that is due.
    driver_connection& on() { return transaction_.on(); }
    koine::connection& raw_connection() { return transaction_.raw_connection(); }
    bool in_transaction() const noexcept { return transaction_.in_transaction(); }
    void check_usable() const { transaction_.check_usable(); }
    // As a query does; see session_options::autoflush.
    void autoflush() {
        if (tracked_.any() && autoflush_ && autoflush_off == 0) flush();
    }
    void flush();
    void commit();
    void rollback();
    void close() noexcept;
    // For the destructor of a thread or a session: lets go without talking to anybody.
    void abandon() noexcept;
    // The same for good: what has outlived the session is refused.
    void end() noexcept {
        abandon();
        transaction_.session_ended();
    }
    std::uint64_t begin_nested();
    void commit_nested(std::uint64_t id);
    void rollback_nested(std::uint64_t id);
    void abandon_nested(std::uint64_t id) noexcept;
    bool nested_is_open(std::uint64_t id) const noexcept { return transaction_.has_savepoint(id); }

    int autoflush_off = 0;
    statement_subscription observe(std::shared_ptr<statement_observer> observer) {
        return transaction_.observe(std::move(observer));
    }
    // Of the query whose call is under way.
    const here* place = nullptr;
    // For observers of the statement that is executed next.
    void tell_place(driver_connection& link) const {
        if (link.observed() && place != nullptr) [[unlikely]]
            link.set_next_place(*place);
    }
    bool in_block = false;  // of session::begin(), which ends the transaction itself
    void refuse_in_block(const char* call) const {
        if (in_block) [[unlikely]]
            raise_in_block(call);
    }

private:
    void* get_after_flush(class_slot& slot, void* known, std::span<const koine_value> key);
    void end_transaction() noexcept;
    [[noreturn]] static void raise_in_block(const char* call);

    bool autoflush_;
    tracked_objects tracked_{};
    identities known_{};
    membership members_{known_, tracked_};
    session_transaction transaction_;
    loading loading_{known_, members_, tracked_, transaction_};
    flushing flushing_{known_, tracked_, transaction_, loading_};
};

}  // namespace detail
}  // namespace v1
}  // namespace koine
