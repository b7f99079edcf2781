// What costs nanoseconds: a thread takes the connection that it gave back last, and gives it back,
// without the lock. In one file with the public functions, so that the compiler makes one function
// of each pair.
#include <optional>
#include <utility>
#include <vector>

#include "pool/pool_locked.hpp"
#include "pool/pool_shell.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

namespace {

enum class thread_phase : unsigned char { fresh, armed, over };

// What each thread remembers: the pool it used last and the slot of the connection it gave back
// last. Plain and constant- initialised, so that reading it costs nothing. `shell` holds a
// reference to the shell's memory: a thread that has put a connection back may look at the shell
// once more, whatever others do with it.
struct thread_record {
    pool_shell* shell;
    pool_slot* slot;
};

constinit thread_local thread_record record __attribute__((tls_model("initial-exec"))) = {nullptr, nullptr};
constinit thread_local thread_phase phase __attribute__((tls_model("initial-exec"))) = thread_phase::fresh;

// Runs at the end of a thread; apart from the record, which must not have a destructor. It only
// lets go of memory, and tells pools that their connections are free: no I/O.
struct exit_hook {
    std::vector<pool_shell*> owned{};

    ~exit_hook() {
        phase = thread_phase::over;
        for (pool_shell* shell : owned) {
            shell->thread_gone(&record);
            shell->drop_reference();
        }
        pool_shell* const last = std::exchange(record.shell, nullptr);
        record.slot = nullptr;
        if (last != nullptr) last->drop_reference();
    }
};

exit_hook& hook() noexcept {
    thread_local exit_hook at_exit;
    return at_exit;
}

// Makes sure that the record is cleared when this thread ends. False: it is ending, and must not
// remember anything.
bool record_armed() noexcept {
    if (phase == thread_phase::fresh) {
        hook();
        phase = thread_phase::armed;
    }
    return phase == thread_phase::armed;
}

// Remembers for this thread's end that it owns a connection of a singleton_thread pool. False: that
// cannot be had.
bool thread_owns_in(pool_shell& shell) noexcept {
    if (!record_armed()) return false;
    auto& owned = hook().owned;
    for (const pool_shell* known : owned)
        if (known == &shell) return true;
    try {
        owned.push_back(&shell);
    } catch (...) {
        return false;
    }
    shell.add_reference();
    return true;
}

}  // namespace

// The fast path

inline pool_lease pool_shell::take_affine(here where) noexcept {
    if (record.shell != this) return {};
    pool_slot& s = *record.slot;
    if (core_.attention().load(std::memory_order_acquire) != s.admits.load(std::memory_order_relaxed) ||
        heard_->count() != 0)
        return {};
    pooled* item = s.parked.exchange(nullptr, std::memory_order_seq_cst);
    if (item == nullptr) return {};
    s.begin_use(where);
    return pool_lease{&s, item, fork_count()};
}

inline bool pool_shell::return_fast(pool_slot& s, pooled* item, std::uint64_t birth) noexcept {
    if (record.shell != this) return false;
    const auto word = core_.attention().load(std::memory_order_acquire);
    if (word != s.admits.load(std::memory_order_relaxed) || heard_->count() != 0 || forked(birth)) return false;
    if (!item->reusable()) return false;
    s.end_use();
    record.slot = &s;
    s.parked.exchange(item, std::memory_order_seq_cst);
    // From here on the connection is anybody's, and only the thread's own reference keeps the
    // shell.
    if (core_.attention().load(std::memory_order_seq_cst) != word) attend();
    return true;
}

void pool_shell::attend() noexcept {
    const locked hold{*this};
    core_.attend(locked::now());
}

inline void pool_shell::put(pool_slot& s, pooled* item, std::uint64_t birth) noexcept {
    if (!return_fast(s, item, birth)) put_slowly(s, item, birth);
}

[[gnu::noinline]] pool_slot* pool_shell::preferred() const noexcept {
    return record.shell == this ? record.slot : nullptr;
}

[[gnu::noinline]] void pool_shell::prefer(pool_slot& s) const noexcept {
    if (record.shell == this) record.slot = &s;
}

[[gnu::noinline]] void pool_shell::remember(pool_slot& s) noexcept {
    prefer(s);
    if (record.shell == this || !record_armed()) return;
    add_reference();
    pool_shell* const old = std::exchange(record.shell, this);
    record.slot = &s;
    if (old != nullptr) old->drop_reference();
}

// Who this thread is to a singleton_thread pool; null to others, and at the thread's end.
[[gnu::noinline]] const void* pool_shell::own_identity() noexcept {
    return options().kind == pool_kind::singleton_thread && thread_owns_in(*this) ? &record : nullptr;
}

}  // namespace detail

// Each looks at the record before it waits, and never after; not inlined, so that two calls in one
// function do not share where the record is.

[[gnu::noinline]] void pool_lease::give_back() noexcept {
    detail::pooled* const item = std::exchange(item_, nullptr);
    detail::pool_slot* const slot = std::exchange(slot_, nullptr);
    slot->owner->put(*slot, item, birth_);
}

[[gnu::noinline]] result<void> pool_lease::try_release(deadline until) {
    if (item_ == nullptr) return {};
    detail::pooled* const item = std::exchange(item_, nullptr);
    detail::pool_slot* const slot = std::exchange(slot_, nullptr);
    if (slot->owner->return_fast(*slot, item, birth_)) return {};
    return slot->owner->release(*slot, item, birth_, until);
}

[[gnu::noinline]] result<void> pool_lease::try_release() {
    if (item_ == nullptr) return {};
    detail::pooled* const item = std::exchange(item_, nullptr);
    detail::pool_slot* const slot = std::exchange(slot_, nullptr);
    if (slot->owner->return_fast(*slot, item, birth_)) return {};
    return slot->owner->release(*slot, item, birth_, std::nullopt);
}

[[gnu::noinline]] pool_lease pool::acquire(here where) {
    if (pool_lease mine = shell_->take_affine(where)) return mine;
    return shell_->acquire_slowly(std::nullopt, where).value();
}

[[gnu::noinline]] pool_lease pool::acquire(deadline until, here where) {
    if (pool_lease mine = shell_->take_affine(where)) return mine;
    return shell_->acquire_slowly(until, where).value();
}

[[gnu::noinline]] result<pool_lease> pool::try_acquire(here where) {
    if (pool_lease mine = shell_->take_affine(where)) return mine;
    return shell_->acquire_slowly(std::nullopt, where);
}

[[gnu::noinline]] result<pool_lease> pool::try_acquire(deadline until, here where) {
    if (pool_lease mine = shell_->take_affine(where)) return mine;
    return shell_->acquire_slowly(until, where);
}

}  // namespace v1
}  // namespace koine
