#include "session_core.hpp"

#include <algorithm>
#include <utility>

#include <koine/error.hpp>
#include <koine/lease/connection_access.hpp>

#include "flush_work.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

session_core::session_core(koine::engine engine, session_options options)
    : engine_{std::move(engine)}, options_{options} {
    if (!engine_) throw_usage("a session needs an engine; this one is empty (koine::create_engine makes one)");
}

session_core::~session_core() {
    abandon();
}

object_store& session_core::store() {
    if (!store_) store_.reset(new object_store{*this});
    return static_cast<object_store&>(*store_);
}

class_slot& session_core::make_slot(const entity_info& entity) {
    const entity_plan& plan = koine::detail::plan_of(entity);
    if (plan.number >= slots_.size()) slots_.resize(plan.number + 1);
    auto& slot = slots_[plan.number];
    if (!slot) {
        slot = std::make_unique<class_slot>();
        slot->plan = &plan;
    }
    return *slot;
}

// ---- The link ----

void session_core::raise_unusable() const {
    if (condition_ == condition::in_doubt) {
        throw_usage(
            "the answer to the session's COMMIT was lost, so that nobody knows what is in the database; only close() "
            "is accepted");
    }
    error_info info;
    info.code = errc::transaction_failed;
    info.outcome = outcome::not_sent;
    info.poisons_transaction = true;
    info.message = "an earlier flush or commit of the session failed; call rollback() before anything else";
    throw_error(std::move(info));
}

void session_core::lease() {
    own_ = connection_lease{engine_};
    lease_ = &own_;
    const transaction_options& wanted = options_.transaction;
    if (wanted.isolation == isolation::default_ && !wanted.read_only && !wanted.deferrable) return;
    try {
        (*lease_)->begin(wanted);
    } catch (...) {
        give_back();
        throw;
    }
}

void session_core::give_back() noexcept {
    lease_ = nullptr;
    own_ = connection_lease{};
    connection_.reset();
}

koine::connection& session_core::raw_connection() {
    on();
    if (!connection_) {
        connection_.emplace(connection_access::adopt(std::move(own_), engine_.options().statement_timeout));
        lease_ = &connection_access::lease_of(*connection_);
    }
    return *connection_;
}

// Gives the link back and starts a new age: what was read until now is no longer known to be so.
void session_core::end_transaction() noexcept {
    undo_.clear();
    marks_.clear();
    condition_ = condition::open;
    fresh_from_ = ++clock_;
    if (adopted_.empty()) kept_.clear();
    if (!in_transaction()) return;
    try {
        if (connection_)
            connection_->close();
        else
            own_.release();
    } catch (...) {
        // The work is committed or rolled back; a connection that cannot be cleaned is closed by
        // the pool.
    }
    // Released, own_ is empty.
    lease_ = nullptr;
    if (connection_) connection_.reset();
}

// ---- Flush, commit, rollback ----

// With `commit`, COMMIT goes with the changes.
void session_core::flush_changes(bool commit) {
    flush_work& work = this->work();
    if (work.is_one_insert() && work.insert_one(commit)) return;
    const flush_work::clearing after{work};
    work.collect();
    if (work.empty()) {
        if (commit && in_transaction()) commit_link(on());
        return;
    }
    work.prepare_memory();
    driver_connection& link = on();
    try {
        work.send(link, commit);
    } catch (...) {
        condition_ = condition::failed;
        throw;
    }
    if (commit) commit_link(link);
    work.apply();
}

flush_work& session_core::make_work() {
    work_ = std::make_unique<flush_work>(*this);
    return *work_;
}

void session_core::commit_link(driver_connection& link) {
    condition_ = condition::failed;
    try {
        link.commit();
    } catch (const in_doubt_error&) {
        condition_ = condition::in_doubt;
        throw;
    }
    condition_ = condition::open;
}

void session_core::flush() {
    check_usable();
    if (has_changes()) flush_changes(false);
}

void session_core::commit() {
    check_usable();
    if (has_changes())
        flush_changes(true);
    else if (in_transaction())
        commit_link(leased());
    if (undo_.had_deletes()) forget_deleted();
    end_transaction();
}

// Nothing brings them back any more.
void session_core::forget_deleted() noexcept {
    std::erase_if(touched_, [](const object_header* header) { return header->state == object_state::deleted; });
}

void session_core::after_text() {
    distrust_all();
    keep_what_ended();
}

void session_core::keep_what_ended() {
    if (!leased().ended_by_statement()) return;
    forget_deleted();
    undo_.clear();
    marks_.clear();
}

void session_core::rollback() {
    if (condition_ == condition::in_doubt) check_usable();
    if (in_transaction()) {
        try {
            keep_what_ended();
            leased().rollback();
        } catch (const usage_error&) {
            throw;
        } catch (const error&) {
            // The connection is lost, and with it the transaction: the server has rolled it back,
            // which is what was asked for.
        }
    }
    try {
        restore(0);
    } catch (...) {
        condition_ = condition::failed;
        throw;
    }
    end_transaction();
}

// ---- Savepoints ----

std::uint64_t session_core::begin_nested() {
    flush();
    marks_.reserve(marks_.size() + 1);
    const std::uint64_t savepoint = on().savepoint();
    marks_.push_back({next_mark_, undo_.size(), savepoint});
    return next_mark_++;
}

std::vector<session_core::mark>::iterator session_core::find_mark(std::uint64_t id) {
    const auto found = std::find_if(marks_.begin(), marks_.end(), [id](const mark& m) { return m.id == id; });
    if (found == marks_.end()) throw_usage("the savepoint has ended already");
    return found;
}

bool session_core::nested_is_open(std::uint64_t id) const noexcept {
    return std::any_of(marks_.begin(), marks_.end(), [id](const mark& m) { return m.id == id; });
}

void session_core::commit_nested(std::uint64_t id) {
    const auto found = find_mark(id);
    if (found + 1 != marks_.end()) throw_usage("a savepoint inside of this one is still open");
    flush();
    on().release_savepoint(found->savepoint);
    marks_.pop_back();
}

void session_core::rollback_nested(std::uint64_t id) {
    if (condition_ == condition::in_doubt) check_usable();
    if (in_transaction()) keep_what_ended();
    const auto found = find_mark(id);
    driver_connection& link = leased();
    while (marks_.size() > static_cast<std::size_t>(found - marks_.begin()) + 1) {
        link.rollback_to_savepoint(marks_.back().savepoint);
        marks_.pop_back();
    }
    const mark here = marks_.back();
    link.rollback_to_savepoint(here.savepoint);
    marks_.pop_back();
    try {
        restore(here.undo);
    } catch (...) {
        condition_ = condition::failed;
        throw;
    }
    condition_ = condition::open;
    // What was read since may have been written by a statement that is rolled back.
    distrust_all();
}

void session_core::abandon_nested(std::uint64_t id) noexcept {
    if (condition_ == condition::in_doubt || !in_transaction()) return;
    try {
        keep_what_ended();
        const auto found = std::find_if(marks_.begin(), marks_.end(), [id](const mark& m) { return m.id == id; });
        if (found == marks_.end()) return;
        const mark here = *found;
        marks_.erase(found, marks_.end());
        leased().rollback_to_savepoint_later(here.savepoint);
        restore(here.undo);
        condition_ = condition::open;
    } catch (...) {
        condition_ = condition::failed;
    }
    distrust_all();
}

// Memory as it was when the undo log had `size` entries: first what was not flushed, then what was,
// newest first.
void session_core::restore(std::size_t size) {
    for (object_header* const header : touched_)
        if (header->base != nullptr) assign_columns(*header, header->base, buffer_);
    for (object_header* const header : pending_) {
        header->state = object_state::transient;
        header->flags &= static_cast<std::uint8_t>(~object_touched);
    }
    pending_.clear();
    for (object_header* const header : deleting_) header->state = object_state::persistent;
    deleting_.clear();
    while (undo_.size() > size) {
        undo_one(undo_.back());
        undo_.pop();
    }
    std::erase_if(touched_, [](const object_header* header) { return (header->flags & object_touched) == 0; });
}

void session_core::undo_one(undo_entry& entry) {
    object_header& header = *entry.header;
    class_slot& slot = slot_of(header);
    const bool mine = owns(header);
    switch (entry.what) {
        case undo_entry::change::update:
            assign_columns(header, entry.base.get(), buffer_);
            replace_base(header, std::move(entry.base));
            break;
        case undo_entry::change::delete_:
            if (header.state != object_state::deleted) break;
            header.state = mine ? object_state::persistent : object_state::detached;
            if (mine) {
                // A row that was written under the same key, and read, is taken back with the rest.
                if (void* const other = find(slot, key_of(*slot.plan, header.base)); other != nullptr)
                    detach(*header_of(other));
                put(slot, header);
            }
            break;
        case undo_entry::change::insert:
            if (mine && header.state == object_state::persistent) {
                if (header.base == nullptr) take_base(header);
                take_out(slot, header);
            }
            if (slot.plan->generated >= 0) {
                const auto column = static_cast<std::uint16_t>(slot.plan->generated);
                if (entry.generated_key) slot.plan->entity->clear_column(column, object_of(&header));
            }
            replace_base(header, nullptr);
            header.state = object_state::transient;
            header.flags &= static_cast<std::uint8_t>(~object_touched);
            break;
    }
}

// ---- The end ----

// Forgets all objects. They stay readable for those who refer to them.
void session_core::let_go() noexcept {
    for (object_header* const header : adopted_) {
        detach(*header);
        header->flags &= static_cast<std::uint8_t>(~object_adopted);
    }
    adopted_.clear();
    if (store_) static_cast<object_store&>(*store_).disown();
    for (const auto& slot : slots_) {
        if (!slot) continue;
        slot->integers.clear();
        slot->values.clear();
        slot->pool = nullptr;
    }
    touched_.clear();
    pending_.clear();
    deleting_.clear();
}

void session_core::expunge_all() noexcept {
    let_go();
    // The undo log may still speak of these objects.
    try {
        if (store_) kept_.push_back(std::move(store_));
    } catch (...) {
        undo_.clear();
    }
    store_.reset();
}

void session_core::close() noexcept {
    if (in_transaction() && condition_ != condition::in_doubt) {
        try {
            rollback();
        } catch (...) {
            give_back();
        }
    }
    abandon();
}

void session_core::abandon() noexcept {
    // Changes that were flushed and not committed are lost, also in memory. Without a transaction
    // there is nothing to take back: what was assigned since stays with the objects, for the
    // session that takes them up next.
    if (in_transaction() && condition_ != condition::in_doubt) {
        try {
            restore(0);
        } catch (...) {
            undo_.clear();
        }
    }
    give_back();
    end_transaction();
    let_go();
    store_.reset();
    kept_.clear();
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
