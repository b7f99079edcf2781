// The names of members and classes as the compiler spells them, without registration and without
// macros.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace koine {
inline namespace v1 {
namespace detail {

// g++ prints "... [with auto M = &app::User::id]", clang "... [M = &app::User::id]".
template <auto M>
constexpr auto member_signature() {
    return std::string_view{__PRETTY_FUNCTION__, sizeof __PRETTY_FUNCTION__ - 1};
}
template <class T>
constexpr auto class_signature() {
    return std::string_view{__PRETTY_FUNCTION__, sizeof __PRETTY_FUNCTION__ - 1};
}

constexpr std::string_view last_name(std::string_view signature) {
    const std::size_t end = signature.size() - 1;
    std::size_t begin = end;
    int depth = 0;
    while (begin != 0) {
        const char c = signature[begin - 1];
        if (c == '>' || c == ')') ++depth;
        if (c == '<' || c == '(') --depth;
        if (depth == 0 && (c == ':' || c == ' ')) break;
        --begin;
    }
    return signature.substr(begin, end - begin);
}

// The name of a member, without its class.
template <auto M>
inline constexpr std::string_view member_name = last_name(member_signature<M>());

template <std::size_t N>
struct name_buffer {
    char text[N + 1]{};
};
template <class T>
constexpr auto make_class_name() {
    constexpr std::string_view name = last_name(class_signature<T>());
    name_buffer<name.size()> buffer;
    for (std::size_t i = 0; i < name.size(); ++i) buffer.text[i] = name[i];
    return buffer;
}
// The name of a class without its namespace, ended by a NUL.
template <class T>
inline constexpr auto class_name = make_class_name<T>();

// The class and the type of a data member.
template <class M>
struct member_parts;
template <class V, class C>
struct member_parts<V C::*> {
    using owner = C;
    using value = V;
};
template <auto M>
using owner_t = typename member_parts<std::remove_const_t<decltype(M)>>::owner;
template <auto M>
using member_t = typename member_parts<std::remove_const_t<decltype(M)>>::value;

constexpr std::uint64_t hash_name(std::string_view text) {
    std::uint64_t hash = 0xcbf29ce484222325U;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    return hash;
}

// Tells the members of a class and of its bases apart: a hash of the qualified name. (Addresses of
// objects would do as well, but g++ cannot compare them at compile time in sanitized builds.)
template <auto M>
inline constexpr std::uint64_t member_identity =
    hash_name(member_signature<M>().substr(member_signature<M>().rfind('&')));

}  // namespace detail
}  // namespace v1
}  // namespace koine
