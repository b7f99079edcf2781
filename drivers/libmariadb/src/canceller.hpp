// Cancel requests: KILL QUERY over a connection of its own, made by a helper thread.
#pragma once

#include <cstdint>
#include <memory>

#include <koine/spi_canceller.hpp>

#include "options.hpp"

namespace koine::libmariadb {

class canceller : public spi::canceller {
public:
    // Takes the session to stop. Call once, after connecting.
    void take(std::shared_ptr<const connect_settings> settings, unsigned long session) noexcept;
    // Any thread.
    void request();

private:
    std::shared_ptr<const connect_settings> settings_{};
    unsigned long session_ = 0;
};

}  // namespace koine::libmariadb
