// A piece of a statement: nodes in postfix order with the values bound in it. Position-independent,
// so that appending is copying, and comparable by memory, so that a compiled form is found without
// rendering anything.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include <koine/driver_abi.h>
#include <koine/api.hpp>
#include <koine/bind_context.hpp>
#include <koine/sql/op.hpp>
#include <koine/types/value.hpp>

namespace koine {
inline namespace v1 {

struct table_info;

namespace syntax {

// One word of a statement. Eight bytes, so that a pointer fits where a node is expected.
struct node {
    op kind;
    std::uint8_t detail;
    std::uint16_t index;
    std::uint32_t size;
};
static_assert(sizeof(node) == 8);

// Small statements live inside the object; a larger one makes one allocation (and again each time
// it doubles). Values are copied in, so nothing borrowed outlives the call that bound it. A value
// type; not thread-safe.
class KOINE_API fragment {
public:
    static constexpr std::uint32_t inline_nodes = 40;
    static constexpr std::uint32_t inline_binds = 12;
    static constexpr std::uint32_t inline_bytes = 192;

    fragment() noexcept : nodes_{inline_node_}, binds_{inline_bind_}, bytes_{inline_byte_} {}
    fragment(const fragment& other);
    fragment(fragment&& other) noexcept;
    fragment& operator=(const fragment& other);
    fragment& operator=(fragment&& other) noexcept;
    ~fragment() { delete[] heap_; }

    void push(op kind, std::uint16_t index = 0, std::uint8_t detail = 0, std::uint32_t size = 0) {
        add_node(node{kind, detail, index, size});
    }
    // A node followed by the table it speaks of.
    void push_table(op kind, const table_info* table, std::uint16_t index = 0) {
        add_node(node{kind, 0, index, 0});
        node word;
        static_assert(sizeof table == sizeof word);
        std::memcpy(&word, &table, sizeof word);
        add_node(word);
    }
    // A bind node and its value; text and blobs are copied.
    void push_bind(const koine_value& value) {
        if (detail::has_content(value.tag) || bind_count_ == bind_capacity_) {
            push_bind_slow(value);
            return;
        }
        push(op::bind, 0, value.tag);
        binds_[bind_count_++] = value;
    }
    // Turns the last `count` nodes, which are binds of one tag, into the list of in_list or
    // not_in_list. The list has `size` values, the last of them again and again where there are
    // fewer.
    void fold_list(op kind, std::uint32_t count, std::uint32_t size);
    // A node of another fragment with the values that belong to it, of which `bound` is the first;
    // `bound` is moved behind them.
    void push_from(const fragment& other, const node& one, std::uint32_t& bound);
    // A bind node without a value, for statements whose values are given at execution.
    void push_parameter(std::uint8_t tag) { push(op::bind, 0, tag); }
    void append(const fragment& other);
    void clear() noexcept { node_count_ = bind_count_ = byte_count_ = 0; }

    bool empty() const noexcept { return node_count_ == 0; }
    std::span<const node> nodes() const noexcept { return {nodes_, node_count_}; }
    std::uint32_t bind_count() const noexcept { return bind_count_; }
    // Of the shape alone: nodes, never values.
    std::uint64_t hash() const noexcept {
        std::uint64_t hash = 0x9e3779b97f4a7c15U;
        for (const node *at = nodes_, *const end = nodes_ + node_count_; at != end; ++at) {
            std::uint64_t word;
            std::memcpy(&word, at, sizeof word);
            hash = (hash ^ word) * 0xff51afd7ed558ccdU;
        }
        // Products carry upwards only: what tells the nodes apart has to come down to the bits that
        // tables are indexed by.
        return hash ^ (hash >> 32U);
    }
    bool same_shape(std::span<const node> other) const noexcept {
        return other.size() == node_count_ && std::memcmp(other.data(), nodes_, node_count_ * sizeof(node)) == 0;
    }
    // Writes the bound values, in node order, in the form that the driver behind `context` takes.
    // Pointers lead into this object and into the context.
    void values(bind_context& context, koine_value* out) const {
        // Every driver takes integers.
        for (std::uint32_t i = 0; i < bind_count_; ++i)
            out[i] = binds_[i].tag == KOINE_INT64 ? binds_[i] : native_value(context, i);
    }
    // The i-th bound value as it was given; text and blobs point into this object.
    koine_value value(std::uint32_t i) const noexcept;

private:
    void add_node(node n) {
        if (node_count_ == node_capacity_) grow(node_count_ + 1, bind_count_, byte_count_);
        nodes_[node_count_++] = n;
    }
    koine_value native_value(bind_context& context, std::uint32_t i) const;
    void push_bind_slow(const koine_value& value);
    KOINE_COLD void grow(std::uint32_t nodes, std::uint32_t binds, std::uint32_t bytes);
    void take(fragment& other) noexcept;

    node* nodes_;
    koine_value* binds_;  // pointer values hold offsets into bytes_
    char* bytes_;
    std::uint32_t node_count_ = 0;
    std::uint32_t node_capacity_ = inline_nodes;
    std::uint32_t bind_count_ = 0;
    std::uint32_t bind_capacity_ = inline_binds;
    std::uint32_t byte_count_ = 0;
    std::uint32_t byte_capacity_ = inline_bytes;
    char* heap_ = nullptr;  // owned
    node inline_node_[inline_nodes];
    koine_value inline_bind_[inline_binds];
    char inline_byte_[inline_bytes];
};

}  // namespace syntax
}  // namespace v1
}  // namespace koine
