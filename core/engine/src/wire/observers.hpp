// The observers of an engine's statements.
#pragma once

#include <koine/statement_observer.hpp>

#include "subscribers.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

class observers final : public subscribers<statement_observer> {};

}  // namespace detail
}  // namespace v1
}  // namespace koine
