#include <koine/sql/fragment.hpp>

#include <limits>
#include <utility>

#include <koine/error.hpp>

namespace koine {
inline namespace v1 {
namespace syntax {

namespace {

std::uint32_t content_size(const koine_value& value) noexcept {
    return value.tag == KOINE_UUID ? 16 : value.len;
}

void check_size(std::uint32_t have, std::uint32_t more) {
    if (more <= std::numeric_limits<std::uint32_t>::max() - have) return;
    error_info info;
    info.code = errc::too_big;
    info.outcome = outcome::not_sent;
    info.message = "a statement and its values exceed 4 GiB";
    throw_error(std::move(info));
}

// The smallest doubling of `capacity` that holds `wanted`.
std::uint32_t enlarged(std::uint32_t capacity, std::uint32_t wanted) noexcept {
    std::uint64_t size = capacity;
    while (size < wanted) size *= 2;
    return size > std::numeric_limits<std::uint32_t>::max() ? wanted : static_cast<std::uint32_t>(size);
}

}  // namespace

fragment::fragment(const fragment& other) : fragment{} {
    append(other);
}

fragment::fragment(fragment&& other) noexcept : fragment{} {
    take(other);
}

fragment& fragment::operator=(const fragment& other) {
    if (this == &other) return *this;
    clear();
    append(other);
    return *this;
}

fragment& fragment::operator=(fragment&& other) noexcept {
    if (this != &other) take(other);
    return *this;
}

// What stands inside the other object is copied, what stands on its heap changes hands. The other
// one is left empty.
void fragment::take(fragment& other) noexcept {
    if (heap_ == nullptr && other.heap_ == nullptr) {
        node_count_ = other.node_count_;
        bind_count_ = other.bind_count_;
        byte_count_ = other.byte_count_;
        std::memcpy(nodes_, other.nodes_, node_count_ * sizeof(node));
        std::memcpy(binds_, other.binds_, bind_count_ * sizeof(koine_value));
        if (byte_count_ != 0) std::memcpy(bytes_, other.bytes_, byte_count_);
        other.clear();
        return;
    }
    delete[] std::exchange(heap_, std::exchange(other.heap_, nullptr));
    node_capacity_ = std::exchange(other.node_capacity_, inline_nodes);
    bind_capacity_ = std::exchange(other.bind_capacity_, inline_binds);
    byte_capacity_ = std::exchange(other.byte_capacity_, inline_bytes);
    node_count_ = other.node_count_;
    bind_count_ = other.bind_count_;
    byte_count_ = other.byte_count_;
    if (heap_ != nullptr) {
        nodes_ = std::exchange(other.nodes_, other.inline_node_);
        binds_ = std::exchange(other.binds_, other.inline_bind_);
        bytes_ = std::exchange(other.bytes_, other.inline_byte_);
    } else {
        nodes_ = inline_node_;
        binds_ = inline_bind_;
        bytes_ = inline_byte_;
        std::memcpy(nodes_, other.nodes_, node_count_ * sizeof(node));
        std::memcpy(binds_, other.binds_, bind_count_ * sizeof(koine_value));
        if (byte_count_ != 0) std::memcpy(bytes_, other.bytes_, byte_count_);
    }
    other.clear();
}

void fragment::grow(std::uint32_t nodes, std::uint32_t binds, std::uint32_t bytes) {
    const std::uint32_t node_room = enlarged(node_capacity_, nodes);
    const std::uint32_t bind_room = enlarged(bind_capacity_, binds);
    const std::uint32_t byte_room = enlarged(byte_capacity_, bytes);
    const std::size_t node_size = std::size_t{node_room} * sizeof(node);
    const std::size_t bind_size = std::size_t{bind_room} * sizeof(koine_value);
    // Values first: they need the strictest alignment.
    char* const block = new char[bind_size + node_size + byte_room];
    auto* new_binds = reinterpret_cast<koine_value*>(block);
    auto* new_nodes = reinterpret_cast<node*>(block + bind_size);
    char* new_bytes = block + bind_size + node_size;
    std::memcpy(new_nodes, nodes_, node_count_ * sizeof(node));
    std::memcpy(new_binds, binds_, bind_count_ * sizeof(koine_value));
    if (byte_count_ != 0) std::memcpy(new_bytes, bytes_, byte_count_);
    delete[] std::exchange(heap_, block);
    nodes_ = new_nodes;
    binds_ = new_binds;
    bytes_ = new_bytes;
    node_capacity_ = node_room;
    bind_capacity_ = bind_room;
    byte_capacity_ = byte_room;
}

void fragment::push_bind_slow(const koine_value& value) {
    koine_value kept = value;
    const std::uint32_t size = detail::has_content(value.tag) ? content_size(value) : 0;
    if (node_count_ == node_capacity_ || bind_count_ == bind_capacity_ || size > byte_capacity_ - byte_count_) {
        check_size(byte_count_, size);
        // The content may be this fragment's own, which growing moves away.
        const auto* content = static_cast<const char*>(value.u.p);
        const bool own = size != 0 && content >= bytes_ && content < bytes_ + byte_count_;
        const std::ptrdiff_t offset = own ? content - bytes_ : 0;
        grow(node_count_ + 1, bind_count_ + 1, byte_count_ + size);
        if (own) kept.u.p = bytes_ + offset;
    }
    if (detail::has_content(value.tag)) {
        if (size != 0) std::memcpy(bytes_ + byte_count_, kept.u.p, size);
        kept.u.i = byte_count_;
        byte_count_ += size;
    }
    binds_[bind_count_++] = kept;
    add_node(node{op::bind, value.tag, 0, 0});
}

void fragment::fold_list(op kind, std::uint32_t count, std::uint32_t size) {
    node_count_ -= count;
    const node list{kind, nodes_[node_count_].detail, 0, size};
    const std::uint32_t more = size - count;
    if (more > bind_capacity_ - bind_count_) grow(node_count_ + 1, bind_count_ + more, byte_count_);
    // Values share the content of the one that they repeat.
    for (std::uint32_t i = 0; i < more; ++i, ++bind_count_) binds_[bind_count_] = binds_[bind_count_ - 1];
    add_node(list);
}

void fragment::push_from(const fragment& other, const node& one, std::uint32_t& bound) {
    if (one.kind == op::bind) return push_bind(other.value(bound++));
    if (one.kind == op::in_list || one.kind == op::not_in_list) {
        for (std::uint32_t i = 0; i < one.size; ++i) push_bind(other.value(bound++));
        node_count_ -= one.size;
    }
    add_node(one);
}

void fragment::append(const fragment& other) {
    const std::uint32_t nodes = other.node_count_;
    const std::uint32_t binds = other.bind_count_;
    const std::uint32_t bytes = other.byte_count_;
    check_size(byte_count_, bytes);
    if (nodes > node_capacity_ - node_count_ || binds > bind_capacity_ - bind_count_ ||
        bytes > byte_capacity_ - byte_count_) {
        grow(node_count_ + nodes, bind_count_ + binds, byte_count_ + bytes);
    }
    // Counts are taken above and pointers are read below, so that a fragment can be appended to
    // itself.
    std::memcpy(nodes_ + node_count_, other.nodes_, nodes * sizeof(node));
    node_count_ += nodes;
    for (std::uint32_t i = 0; i < binds; ++i) {
        koine_value value = other.binds_[i];
        if (detail::has_content(value.tag)) value.u.i += byte_count_;
        binds_[bind_count_ + i] = value;
    }
    if (bytes != 0) std::memcpy(bytes_ + byte_count_, other.bytes_, bytes);
    bind_count_ += binds;
    byte_count_ += bytes;
}

koine_value fragment::value(std::uint32_t i) const noexcept {
    koine_value out = binds_[i];
    if (detail::has_content(out.tag)) out.u.p = bytes_ + out.u.i;
    return out;
}

koine_value fragment::native_value(bind_context& context, std::uint32_t i) const {
    return context.native_form(value(i));
}

}  // namespace syntax
}  // namespace v1
}  // namespace koine
