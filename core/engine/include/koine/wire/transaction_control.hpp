// How the transactions of one connection begin, with the statements for that.
#pragma once

#include <string>

#include <koine/dialect.hpp>
#include <koine/isolation.hpp>
#include <koine/wire/prepared.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

struct transaction_control {
    begin_rule rule{};
    transaction_options options{};  // that the rule is of
    bool known = false;
    bool current = false;  // `begin` is the rule's
    prepared* begin = nullptr;
    prepared* commit = nullptr;
    std::string cause{};  // why the transaction failed, if it has and there was an error
};

}  // namespace detail
}  // namespace v1
}  // namespace koine
