// The prepared statements of one connection, and where each is found.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include <koine/driver_abi.h>
#include <koine/api.hpp>
#include <koine/schema/entity_info.hpp>
#include <koine/wire/prepared.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

class statement_cache;

// The statements that the unit of work keeps for each mapped class, found without hashing.
enum class entity_operation : std::uint8_t { get, insert, insert_with_key, delete_, count_ };

// Owns them: in a cache of bounded size by shape or text, in slots by class and operation, and
// those that their users end themselves. Prepares nothing and talks to nobody but to free a
// statement, which the contract allows at any time. One thread at a time.
class KOINE_API statement_store {
public:
    // `capacity`: of the cache, in statements.
    statement_store(const koine_driver& driver, std::uint32_t capacity);
    ~statement_store();
    statement_store(const statement_store&) = delete;
    statement_store& operator=(const statement_store&) = delete;

    statement_cache& cache() noexcept { return *cache_; }
    // Adds a statement to the cache; the one that has to go for it is freed.
    prepared& keep(std::uint64_t hash, std::string_view key, std::unique_ptr<prepared> statement);
    // Takes a statement that lives until discard(), or as long as the store.
    prepared& own(std::unique_ptr<prepared> statement);
    // Frees a statement that its user ends (prepared::once); nothing for the others.
    void discard(prepared& statement) noexcept;

    // The statement of a class and operation; null if there is none yet.
    prepared* of(std::uint32_t entity, entity_operation operation) const noexcept {
        if (entity >= of_entities_.size()) return nullptr;
        return of_entities_[entity][static_cast<std::size_t>(operation)];
    }
    void keep_for(std::uint32_t entity, entity_operation operation, prepared& owned);

    // Frees the driver's half of a statement, which can be prepared anew.
    void free_handle(prepared& statement) noexcept;
    // Frees that of the least used one that is not running, which is prepared anew when it runs
    // next. False: there is none.
    bool give_up_one() noexcept;
    // Frees that of all: the connection is about to be closed.
    void free_handles() noexcept;

private:
    using operations_of_entity = std::array<prepared*, static_cast<std::size_t>(entity_operation::count_)>;

    const koine_driver* driver_;
    std::unique_ptr<statement_cache> cache_;
    std::vector<std::unique_ptr<prepared>> owned_{};
    std::vector<operations_of_entity> of_entities_{};  // by number of the class
};

}  // namespace detail
}  // namespace v1
}  // namespace koine
