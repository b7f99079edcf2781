// Writing what has changed in memory to the database.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "flushing/flush_lists.hpp"
#include "identities/identities.hpp"
#include "loading/loading.hpp"
#include "objects/tracked_objects.hpp"
#include "transaction/session_transaction.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

// One flush at a time: it is collected, sent, and only when all of it is done taken over into the
// objects. A failure before something was sent changes nothing; one behind that leaves memory as it
// is and fails the transaction. Throws koine::error. One thread at a time.
class flushing {
public:
    // All live longer.
    flushing(identities& known, tracked_objects& tracked, session_transaction& transaction, loading& loaded) noexcept;
    flushing(const flushing&) = delete;
    flushing& operator=(const flushing&) = delete;
    ~flushing();

    // Whatever has changed. With `commit`, COMMIT goes with it, and there is one too if nothing has
    // changed.
    void flush(bool commit);
    // Inserts a row for an object that stays the caller's. The object is left alone when it throws.
    void insert(const entity_info& entity, void* object);

private:
    struct memory;  // kept from flush to flush
    memory& kept() { return memory_ ? *memory_ : make_memory(); }
    KOINE_COLD memory& make_memory();
    bool insert_one(bool commit);
    // For every class and driver.
    KOINE_COLD void insert_row(class_slot& slot, void* object);
    std::int64_t send_one(driver_connection& link, const entity_plan& plan, const koine_value* values, bool generated);
    void reserve(const flush_lists& lists);
    void take_over(flush_lists& lists);
    void take_over_insert(new_row& one, std::size_t flushed);
    void take_over_update(changed_row& one) noexcept;
    KOINE_COLD void displace(object_header& header, std::size_t flushed);

    identities& known_;
    tracked_objects& tracked_;
    session_transaction& transaction_;
    loading& loaded_;
    std::unique_ptr<memory> memory_{};
};

}  // namespace detail
}  // namespace v1
}  // namespace koine
