// repr(): an object of a mapped class as a line for people.
#pragma once

#include <string>

#include <koine/api.hpp>
#include <koine/mapping/entity.hpp>

namespace koine {
inline namespace v1 {

namespace detail {

KOINE_API std::string repr(const entity_info& entity, const void* object);

}  // namespace detail

// "User(id=1, name='admin', email=NULL)". Texts are quoted, escaped and cut after 64 characters,
// bytes after 12 with their number, columns marked secret show as ***. For logs and people: the
// form is not a promise.
template <class T>
std::string repr(const T& object) {
    return detail::repr(detail::row_class_of<T>(), &object);
}

}  // namespace v1
}  // namespace koine
