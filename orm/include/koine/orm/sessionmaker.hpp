// sessionmaker: an engine and settings, from which sessions are made.
#pragma once

#include <utility>

#include <koine/api.hpp>
#include <koine/engine.hpp>
#include <koine/here.hpp>
#include <koine/orm/session.hpp>
#include <koine/orm/session_options.hpp>

namespace koine {
inline namespace v1 {

// A cheap value. Making sessions is thread-safe.
class KOINE_API sessionmaker {
public:
    sessionmaker() noexcept = default;
    explicit sessionmaker(const koine::engine& engine, const here& where = here::now());
    explicit sessionmaker(const koine::engine& engine, session_options options, const here& where = here::now());

    // A new session, which is said to be made where this was. No I/O. Throws usage_error if the
    // engine is empty.
    session operator()() const;
    // As session::begin() and run(), in a session of their own.
    template <class Work>
    decltype(auto) begin(Work&& work) const {
        return (*this)().begin(std::forward<Work>(work));
    }
    template <class Work>
    decltype(auto) run(const retry& policy, Work&& work) const {
        return (*this)().run(policy, std::forward<Work>(work));
    }

    const koine::engine& engine() const noexcept { return engine_; }
    const session_options& options() const noexcept { return options_; }

private:
    koine::engine engine_{};
    session_options options_{};
    here where_{};
};

}  // namespace v1
}  // namespace koine
