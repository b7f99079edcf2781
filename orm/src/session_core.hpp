// The unit of work: what a session is behind its typed face.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <koine/connection.hpp>
#include <koine/engine.hpp>
#include <koine/lease/connection_lease.hpp>
#include <koine/orm/detail/object.hpp>
#include <koine/orm/detail/unit_of_work.hpp>
#include <koine/orm/session_options.hpp>
#include <koine/sql/fragment.hpp>
#include <koine/wire/driver_connection.hpp>

#include "entity_plan.hpp"
#include "identity_map.hpp"
#include "object_store.hpp"
#include "undo_log.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

class flush_work;

// What a session keeps for each class.
struct class_slot {
    const entity_plan* plan = nullptr;
    object_pool* pool = nullptr;
    integer_identities integers{};
    value_identities values{};
    std::uint32_t fresh_from = 0;  // rows read earlier may have been changed by a statement since
};

// One thread at a time. References and queries that outlive their session find it closed.
class session_core : public std::enable_shared_from_this<session_core> {
    enum class condition : std::uint8_t { open, failed, in_doubt };

public:
    session_core(koine::engine engine, session_options options);
    session_core(const session_core&) = delete;
    session_core& operator=(const session_core&) = delete;
    ~session_core();

    // ---- Objects (objects.cpp) ----
    void* add(const entity_info& entity, void* object);
    // Inserts a row for an object that stays the caller's.
    void insert(const entity_info& entity, void* object);
    void attach(object_header& header);
    void mark_deleted(object_header& header);
    void expunge(object_header& header);
    void expunge_all() noexcept;
    bool is_modified(object_header& header);
    bool is_modified();
    // Called by the first mutable access.
    void watch(object_header& header) {
        if (header.base == nullptr) take_base(header, buffer_);
        touched_.push_back(&header);
    }
    bool owns(const object_header& header) const noexcept;

    // ---- Loading (loader.cpp) ----
    void* get(const entity_info& entity, std::int64_t key);
    void* get(const entity_info& entity, std::span<const koine_value> key);
    // The object of a row, new or merged.
    void* load(class_slot& slot, const koine_value* cells);
    void refresh(object_header& header);
    void retain_all(const std::vector<void*>& objects) const noexcept;
    // Rows of this class, or of all classes, may have been changed behind the objects' backs.
    void distrust(const entity_info& entity);
    void distrust_all() noexcept { fresh_from_ = ++clock_; }
    // The row of this object, if it is one.
    static void distrust_row(void* object) noexcept {
        if (object != nullptr) header_of(object)->epoch = 0;
    }
    // Nobody knows what a text that was run has done: it may even have committed.
    void after_text();
    // What a statement has committed on its way stays, whatever becomes of the rest.
    void keep_what_ended();

    // ---- Transaction (session_core.cpp) ----
    // The leased link. Leases and begins where that is due.
    driver_connection& on() {
        check_usable();
        if (lease_ == nullptr) lease();
        return leased();
    }
    bool in_transaction() const noexcept { return lease_ != nullptr; }
    koine::connection& raw_connection();
    void check_usable() const {
        if (condition_ != condition::open) [[unlikely]]
            raise_unusable();
    }
    // As a query does; see session_options::autoflush.
    void autoflush() {
        if (has_changes() && options_.autoflush && autoflush_off == 0) flush();
    }
    void flush();
    void commit();
    void rollback();
    void close() noexcept;
    std::uint64_t begin_nested();
    void commit_nested(std::uint64_t id);
    void rollback_nested(std::uint64_t id);
    void abandon_nested(std::uint64_t id) noexcept;
    bool nested_is_open(std::uint64_t id) const noexcept;
    // For the destructor of a thread or a session: lets go without talking to anybody.
    void abandon() noexcept;

    class_slot& slot_of(const entity_info& entity) {
        const std::uint32_t number = entity.number->load(std::memory_order_relaxed);
        if (number < slots_.size() && slots_[number]) [[likely]]
            return *slots_[number];
        return make_slot(entity);
    }
    class_slot& slot_of(const object_header& header) {
        if (header.entity < slots_.size() && slots_[header.entity]) [[likely]]
            return *slots_[header.entity];
        return make_slot(*koine::detail::plan_of(header).entity);
    }
    bool is_fresh(const class_slot& slot, const object_header& header) const noexcept {
        return header.epoch >= fresh_from_ && header.epoch >= slot.fresh_from;
    }
    int autoflush_off = 0;

private:
    friend class flush_work;
    struct mark {
        std::uint64_t id;
        std::size_t undo;
        std::uint64_t savepoint;  // of the connection
    };
    // The link that is leased. Throws usage_error in a child of the process that leased it.
    driver_connection& leased() const {
        lease_->check();
        return **lease_;
    }
    void lease();
    void give_back() noexcept;
    [[noreturn]] KOINE_COLD void raise_unusable() const;
    KOINE_COLD class_slot& make_slot(const entity_info& entity);
    object_store& store();
    void* find(const class_slot& slot, const koine_value* key) const noexcept;
    void put(class_slot& slot, object_header& header);
    void put_integer(class_slot& slot, object_header& header, std::int64_t key) {
        enter(slot.integers.at(key), slot.integers, header);
    }
    template <class Entry, class Identities>
    void enter(Entry& entry, Identities& identities, object_header& header) {
        if (entry.object == nullptr) [[likely]]
            identities.added();
        else if (entry.object != object_of(&header))
            displace(*header_of(entry.object));
        entry.object = object_of(&header);
    }
    KOINE_COLD void displace(object_header& header);
    void take_out(class_slot& slot, const object_header& header) noexcept;
    const koine_value* key_of(const entity_plan& plan, const koine_value* values);
    const koine_value* key_of_cells(class_slot& slot, const koine_value* cells);
    void* load_by_values(class_slot& slot, const koine_value* cells);
    template <class Entry, class Identities>
    void* load_into(class_slot& slot, Entry& entry, Identities& identities, const koine_value* cells);
    void* create(class_slot& slot, const koine_value* cells);
    void merge(const class_slot& slot, object_header& header, const koine_value* cells);
    void* answer_get(class_slot& slot, void* known, std::span<const koine_value> key);
    void row_is_gone(class_slot& slot, object_header& header);
    [[noreturn]] void raise_bad_row(const entity_plan& plan, const koine_value* cells);
    prepared& get_statement(driver_connection& link, const entity_plan& plan);
    void adopt(object_header& header, object_state state);
    void detach(object_header& header) noexcept;
    void restore(std::size_t size);
    void undo_one(undo_entry& entry);
    std::vector<mark>::iterator find_mark(std::uint64_t id);
    void end_transaction() noexcept;
    KOINE_COLD void forget_deleted() noexcept;
    void let_go() noexcept;
    flush_work& work() { return work_ ? *work_ : make_work(); }
    KOINE_COLD flush_work& make_work();
    // Whether there is anything that a flush has to look at.
    bool has_changes() const noexcept { return !(touched_.empty() && pending_.empty() && deleting_.empty()); }
    void flush_changes(bool commit);
    void commit_link(driver_connection& link);

    koine::engine engine_;
    session_options options_;
    connection_lease own_{};
    std::optional<koine::connection> connection_{};  // once somebody needs one, it has the lease
    const connection_lease* lease_ = nullptr;        // either of them, null between transactions
    store_reference store_{};
    std::vector<std::unique_ptr<class_slot>> slots_{};  // by number of the class; 0 is nobody's
    std::vector<object_header*> touched_{};
    std::vector<object_header*> pending_{};
    std::vector<object_header*> deleting_{};
    std::vector<object_header*> adopted_{};
    // stores of adopted objects, and those that the undo log speaks of
    std::vector<store_reference> kept_{};
    undo_log undo_{};
    std::vector<mark> marks_{};
    std::uint64_t next_mark_ = 1;
    std::uint32_t clock_ = 1;
    std::uint32_t fresh_from_ = 1;
    condition condition_ = condition::open;
    std::unique_ptr<flush_work> work_{};
    bound_values buffer_{};
    std::vector<koine_value> key_{};
    std::vector<koine_value> native_key_{};
    snapshot scratch_key_{};
};

}  // namespace detail
}  // namespace v1
}  // namespace koine
