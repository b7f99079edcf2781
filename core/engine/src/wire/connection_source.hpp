// Where connections come from: driver, dialect, parameters and compiled statements of one engine.
// Shared by the engine, its pool and every connection, so that each may outlive the others.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <koine/dialect.hpp>
#include <koine/engine.hpp>
#include <koine/pool.hpp>
#include <koine/pool_backend.hpp>
#include <koine/registry.hpp>
#include <koine/secret_text.hpp>
#include <koine/sql/fragment.hpp>
#include <koine/url.hpp>

#include "wire/observers.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

// Thread-safe: immutable but for the compiled statements, which a lock guards, the dialect, which
// is settled once, and the count of losses.
class connection_source final : public pool_backend, public std::enable_shared_from_this<connection_source> {
public:
    // Throws usage_error for query keys that the driver does not know.
    connection_source(const koine::url& url, std::shared_ptr<const koine::dialect> dialect,
                      std::shared_ptr<const registered_driver> driver, const engine_options& options);
    ~connection_source() override;

    // What the URL said, until the first connection has found its server; from then on the one that
    // fits it. Both live as long as this.
    const koine::dialect& dialect() const noexcept { return *current_.load(std::memory_order_acquire); }
    // The dialect for all connections, settled by the first server that is found. Statements are
    // compiled only after that.
    const koine::dialect& settle_dialect(std::string_view product, std::string_view version);
    const koine_driver& driver() const noexcept { return driver_->table(); }
    const engine_options& options() const noexcept { return options_; }
    // Who is told of the statements of all connections. Never null.
    const std::shared_ptr<detail::observers>& observers() const noexcept { return observers_; }

    // Whether the database lives and dies with its connection. The driver checks its parameters
    // here: throws what it says of them.
    bool is_private_database() const;
    // The compiled form of a statement: found by its shape, or rendered now.
    std::shared_ptr<const compiled> compile(const syntax::fragment& shape);
    result<std::unique_ptr<pooled>> open(deadline limit) override;

    // Names the pool that is told of lost connections. Call once, before the first open().
    void belongs_to(std::weak_ptr<pool> owner) noexcept { owner_ = std::move(owner); }
    // How often the server has gone away; a connection remembers the number at its birth.
    std::uint64_t losses() const noexcept { return losses_.load(std::memory_order_acquire); }
    // A connection that was born at `birth` has lost its server: all that are as old are closed
    // instead of leased again. Later reports of the same loss change nothing.
    void lost(std::uint64_t birth) noexcept;

private:
    koine_connection* create_handle() const;

    std::shared_ptr<const koine::dialect> dialect_;
    std::shared_ptr<const koine::dialect> better_{};  // kept when it takes the place of the other
    std::atomic<const koine::dialect*> current_;
    std::once_flag settled_{};
    std::shared_ptr<const registered_driver> driver_;
    engine_options options_;
    std::vector<std::pair<std::string, secret_text>> parameters_{};
    std::shared_ptr<detail::observers> observers_ = std::make_shared<detail::observers>();
    std::weak_ptr<pool> owner_{};
    std::atomic<std::uint64_t> losses_{0};
    std::shared_mutex compiled_mutex_{};
    std::unordered_map<std::string, std::shared_ptr<const compiled>> compiled_{};
};

}  // namespace detail
}  // namespace v1
}  // namespace koine
