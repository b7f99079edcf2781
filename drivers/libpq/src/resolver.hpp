// Names of servers to addresses. The system resolves only in a blocking call, so a helper thread
// makes it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <koine/driver_abi.h>
#include <koine/spi/blocking_work.hpp>

#include "options.hpp"

namespace koine::libpq {

// One look-up of all names of a connection. Destroying it early leaves the thread to itself; it
// shares nothing else.
class resolver {
public:
    // Starts the look-up of the targets that need one.
    void start(std::shared_ptr<const connect_settings> settings);
    bool started() const noexcept { return work_.started(); }
    // KOINE_DONE with one target for each address, in the order of the settings, or KOINE_WAIT.
    // Names without an address are left out while there are others; throws spi::failure with
    // errc::host_not_found if there are none.
    koine_status finish(std::vector<target>& out, koine_wait& wait);

private:
    struct look_up {
        explicit look_up(std::shared_ptr<const connect_settings> with) : settings{std::move(with)} {}
        void run() noexcept;
        void resolve(const target& one);

        std::shared_ptr<const connect_settings> settings;
        std::vector<target> found{};
        std::string problem{};
    };
    spi::blocking_work<look_up> work_{};
};

}  // namespace koine::libpq
