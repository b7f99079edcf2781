// What the unit of work must know of a mapped class beyond its description, worked out once.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <vector>

#include <koine/bind_context.hpp>
#include <koine/schema/entity_info.hpp>

#include "objects/snapshot.hpp"
#include "objects/table_place.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

// Columns of a class. Classes have at most this many.
inline constexpr std::size_t max_columns = 256;
using column_set = std::bitset<max_columns>;

enum class key_kind : std::uint8_t {
    integer,    // one integer
    canonical,  // integers and text: a driver's cells are the bound form
    converted   // anything else: cells become the bound form by way of an object
};

// Immutable; shared by all sessions of the process.
struct entity_plan {
    explicit entity_plan(const entity_info& entity);

    const entity_info* entity;
    const table_info* table;
    std::uint32_t number;
    std::uint16_t columns;
    std::vector<std::uint16_t> key{};
    key_kind keys = key_kind::integer;
    int version = -1;    // number of the column, -1: none
    int generated = -1;  // likewise
    std::vector<std::uint16_t> server_defaults{};
    // Whether every driver takes the values in the form in which snapshots hold them.
    bool plain = true;
    bool refers_to_itself = false;
    table_place place;
    // Foreign keys by which the database deletes rows of the class for those of its own circle.
    std::vector<std::uint16_t> cascades{};
    // Foreign keys to the class itself that the database does not see to when a row is deleted.
    std::vector<std::uint16_t> own_references{};
    // Whether a new object needs no more than its values and one integer key, which is the first
    // column where it is generated.
    bool simple = false;
    std::size_t offset;   // of an object in its place, behind the header
    std::size_t stride;   // from one place to the next
    snapshot defaults{};  // bound form of an object that was left alone
    column_set all{};
    column_set all_but_generated{};

private:
    void take_reference(std::uint16_t number_of_column);
};

const entity_plan& plan_of(const entity_info& entity);

// The tag of a parameter for a column.
std::uint8_t tag_of(sql_type type) noexcept;

// "User in table users", for messages; with the key's value where it is an integer, which tells no
// secrets.
std::string describe_object(const entity_plan& plan, const koine_value* values);

// The bound form of one object at a time, the same for every driver. Not thread-safe.
class bound_values {
public:
    // Valid until the next call. What could not be bound is in context().
    const koine_value* bind(const entity_plan& plan, const void* object) {
        context_.clear();
        koine_value* const out = plan.columns <= std::size(few_) ? few_ : many(plan.columns);
        plan.entity->bind(object, context_, out);
        return out;
    }
    bind_context& context() noexcept { return context_; }

private:
    KOINE_COLD koine_value* many(std::size_t columns);

    bind_context context_{};
    koine_value few_[24];
    std::vector<koine_value> many_{};
};

}  // namespace detail
}  // namespace v1
}  // namespace koine
