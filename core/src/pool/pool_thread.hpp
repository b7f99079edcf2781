// What each thread remembers of the pools it uses.
#pragma once

namespace koine {
inline namespace v1 {
namespace detail {

class pool_shell;
struct pool_slot;

// The pool a thread used last and the slot of the connection it gave back last. Plain and constant-initialised, so that
// reading it costs nothing. `shell` holds a reference to the shell's memory: a thread that has put a connection back may
// look at the shell once more, whatever others do with it.
struct thread_record {
    pool_shell* shell;
    pool_slot* slot;
};

// Makes sure that the record is cleared when this thread ends. False: the thread is ending, and must not remember anything.
bool thread_record_armed() noexcept;
// Remembers for this thread's end that it owns a connection of a singleton_thread pool. False: that cannot be had.
bool thread_owns_in(pool_shell& shell) noexcept;

}  // namespace detail
}  // namespace v1
}  // namespace koine
