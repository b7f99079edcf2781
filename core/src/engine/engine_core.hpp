// What all handles of one engine share: settings, driver, dialect, compiled statements and the pool.
#pragma once

#include <cstdint>
#include <memory>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <koine/detail/pool_backend.hpp>
#include <koine/dialect.hpp>
#include <koine/engine.hpp>
#include <koine/pool.hpp>
#include <koine/registry.hpp>
#include <koine/secret.hpp>
#include <koine/sql/fragment.hpp>
#include <koine/url.hpp>

namespace koine {
inline namespace v1 {
namespace detail {

// Immutable after construction except for the compiled statements and the pool, which guard themselves.
class engine_core : public std::enable_shared_from_this<engine_core> {
public:
    engine_core(koine::url url, std::shared_ptr<const koine::dialect> dialect, std::shared_ptr<const registered_driver> driver,
                engine_options options);
    ~engine_core();

    const koine::url& url() const noexcept { return url_; }
    const koine::dialect& dialect() const noexcept { return *dialect_; }
    const koine_driver& driver() const noexcept { return driver_->table(); }
    const engine_options& options() const noexcept { return options_; }
    koine::pool& pool() noexcept { return *pool_; }
    // Makes the pool; separate because the pool's backend refers to the shared core.
    void start();

    // The compiled form of a statement: found by its shape, or rendered now.
    std::shared_ptr<const compiled> compile(const sql::fragment& shape);
    std::size_t compiled_count() const;
    // An unconnected driver handle with this engine's parameters. Throws what the driver says of them.
    koine_connection* create_handle() const;
    result<std::unique_ptr<pooled>> open(deadline limit);

private:
    koine::url url_;
    std::shared_ptr<const koine::dialect> dialect_;
    std::shared_ptr<const registered_driver> driver_;
    engine_options options_;
    std::vector<std::pair<std::string, secret>> parameters_{};
    std::unique_ptr<koine::pool> pool_{};
    mutable std::shared_mutex compiled_mutex_{};
    std::unordered_map<std::string, std::shared_ptr<const compiled>> compiled_{};
};

}  // namespace detail
}  // namespace v1
}  // namespace koine
