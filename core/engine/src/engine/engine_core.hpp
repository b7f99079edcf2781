// What all handles of one engine share.
#pragma once

#include <memory>

#include <koine/engine.hpp>
#include <koine/pool.hpp>
#include <koine/url.hpp>

#include "wire/connection_source.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

struct engine_core {
    koine::url url;
    engine_options options;
    std::shared_ptr<connection_source> source;
    koine::pool pool;
};

}  // namespace detail
}  // namespace v1
}  // namespace koine
