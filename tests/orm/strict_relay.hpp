// SQLite behind a driver that waits, queues, and makes the most of what the driver contract allows.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <koine/create_engine.hpp>
#include <koine/dialects/sqlite.hpp>
#include <koine/drivers/fake.hpp>
#include <koine/drivers/sqlite3.hpp>
#include <koine/registry.hpp>

namespace koine_test {

// One database for each test.
class strict_relay {
public:
    static strict_relay& of_this_test() {
        static strict_relay only;
        return only;
    }
    koine::engine open(const std::string& directory) {
        script_.emplace("orm");
        script_->relay_to(sqlite_, {{"database", directory + "/test.db"}});
        koine::engine_options options;
        // a busy machine must not look like a dead server
        options.cancel_grace = std::chrono::seconds{60};
        return koine::create_engine(koine::url{"sqlite+fake:///orm"}, names_, options);
    }
    // How the driver contract was broken since open(); a test must not pass with it.
    std::vector<std::string> violations() const { return script_ ? script_->violations() : std::vector<std::string>{}; }

private:
    strict_relay() {
        sqlite_.struct_size = sizeof sqlite_;
        koine_error error{};
        if (koine::sqlite3_driver_init(KOINE_ABI_VERSION, &sqlite_, &error) != KOINE_DONE)
            throw std::logic_error{"no SQLite driver"};
        names_.add_dialect(std::make_shared<const koine::dialects::sqlite>(), "fake");
        names_.add_driver("fake", &koine::fake_relay_driver_init);
    }
    koine_driver sqlite_{};
    koine::registry names_{};
    std::optional<koine::fake::script> script_{};
};

}  // namespace koine_test
