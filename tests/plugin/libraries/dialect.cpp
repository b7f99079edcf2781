// A dialect: sound, or with the fault that KOINE_DIALECT_FAULT numbers.
#include <memory>
#include <stdexcept>

#include <koine/dialect_plugin.hpp>
#include <koine/dialects/ansi.hpp>
#include <koine/error.hpp>

namespace {

// SQLite's SQL as far as these tests need it.
class made_here final : public koine::dialects::ansi {
public:
    std::string_view name() const noexcept override { return KOINE_NAME; }
    const koine::dialect_features& features() const noexcept override {
        static constexpr koine::dialect_features out{.savepoints = true};
        return out;
    }
    std::string placeholder(std::uint32_t index) const override { return '?' + std::to_string(index); }
    koine::begin_rule begin(const koine::transaction_options&) const override { return {"BEGIN IMMEDIATE", true}; }
    std::string table_exists() const override { return "SELECT 1 FROM sqlite_master WHERE ?1 = '' AND name = ?2"; }
    std::string quote(std::string_view identifier) const override {
        if (identifier == "refused") koine::throw_usage("this dialect cannot write 'refused'");
        return ansi::quote(identifier);
    }
};

[[maybe_unused]] const koine::dialect* make() {
    return new made_here;
}

}  // namespace

#if KOINE_DIALECT_FAULT == 0
KOINE_DIALECT_PLUGIN(made_here, "sqlite3")
#else
extern "C" __attribute__((visibility("default"))) const koine::dialect_plugin* koine_dialect_init() {
    static koine::dialect_plugin plugin{sizeof(koine::dialect_plugin), KOINE_VERSION, KOINE_DIALECT_LIBRARY, "sqlite3",
                                        &make};
    switch (KOINE_DIALECT_FAULT) {
        case 1:
            plugin.koine_version = "99.1.2";
            break;
        case 2:
            plugin.standard_library = "libc++ ABI 1";
            break;
        case 3:
            plugin.struct_size = 8;
            break;
        case 4:
            return nullptr;
        case 5:
            plugin.make = []() -> const koine::dialect* { throw std::runtime_error{"no licence for this dialect"}; };
            break;
        case 6:
            plugin.make = []() -> const koine::dialect* { return nullptr; };
            break;
        default:
            throw std::runtime_error{"no dialect today"};
    }
    // A plugin of another world: whoever goes on to use this crashes.
    if (KOINE_DIALECT_FAULT <= 2) plugin.make = reinterpret_cast<const koine::dialect* (*)()>(1);
    return &plugin;
}
#endif
