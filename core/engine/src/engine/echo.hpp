// Statements in the log, for engine_options::echo.
#pragma once

#include <koine/engine.hpp>
#include <koine/statement_observer.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

// Immutable.
class echo final : public statement_observer {
public:
    explicit echo(echo_mode mode) noexcept : mode_{mode} {}
    bool wants_values() const noexcept override { return mode_ == echo_mode::with_values; }
    void on_statement(const statement_event& what) override;

private:
    echo_mode mode_;
};

}  // namespace detail
}  // namespace v1
}  // namespace koine
