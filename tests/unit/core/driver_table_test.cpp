#include "plugin/driver_table.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include <koine/driver_spi.hpp>
#include <koine/error.hpp>
#include <koine/spi_table.hpp>

namespace {

using koine::errc;
using koine::detail::ask_for_table;

constexpr std::uint32_t version(std::uint32_t major, std::uint32_t minor) {
    return major << 16U | minor;
}

// A driver of version 1.0 of the contract, whose functions nobody calls.
struct driver_of_version_1_0 {
    static constexpr std::string_view name = "probe";
    static std::string_view client_version() noexcept { return {}; }
    static constexpr koine_capabilities capabilities{};
    static std::span<const koine_option> options() noexcept { return {}; }
    struct statement {
        std::uint32_t flags() const { return 0; }
        std::uint32_t parameter_count() const { return 0; }
        std::uint32_t column_count() const { return 0; }
        void column(std::uint32_t, koine_column&) const {}
        koine_status execute(std::span<const koine_value>, koine_value*, std::uint32_t, std::uint32_t&, koine_wait&,
                             koine_error&) {
            return 0;
        }
        koine_status fetch(koine_value*, std::uint32_t, std::uint32_t&, koine_wait&, koine_error&) { return 0; }
        std::int64_t rows_remaining() const { return 0; }
        std::int64_t rows_affected() const { return 0; }
        koine_status finish(koine_wait&, koine_error&) { return 0; }
    };
    struct connection {
        explicit connection(std::span<const koine_parameter>) {}
        koine_status connect(koine_wait&) { return 0; }
        void abandon() {}
        std::uint32_t state() const { return 0; }
        koine_status reset(koine_wait&) { return 0; }
        koine_status ping(koine_wait&) { return 0; }
        void cancel() {}
        void set_deadline(std::int64_t) {}
        std::int64_t last_insert_id() const { return 0; }
        std::string_view server_product() const { return {}; }
        std::string_view server_version() const { return {}; }
        void* native_handle() { return nullptr; }
        koine_status prepare(std::string_view, std::uint32_t, statement*&, koine_wait&) { return 0; }
    };
};

std::vector<std::uint32_t> asked;

koine_status old_init(std::uint32_t abi, koine_driver* out, koine_error* error) {
    asked.push_back(abi);
    return koine::spi::fill_table<driver_of_version_1_0>(abi, out, error);
}

TEST(driver_table, is_asked_for_the_newest_version_and_then_for_lower_ones) {
    asked.clear();
    const koine_driver table = ask_for_table(&old_init, "driver probe", version(1, 3));
    EXPECT_EQ(asked, (std::vector{version(1, 3), version(1, 2), version(1, 1), version(1, 0)}));
    EXPECT_EQ(table.abi, version(1, 0));
    EXPECT_EQ(koine::spi::to_view(table.name), "probe");
}

TEST(driver_table, is_not_asked_for_again_when_the_driver_fails_for_another_reason) {
    asked.clear();
    const koine_driver_init_function init = [](std::uint32_t abi, koine_driver*, koine_error* error) -> koine_status {
        asked.push_back(abi);
        error->code = static_cast<std::int32_t>(errc::io_error);
        return KOINE_ERROR;
    };
    EXPECT_THROW(ask_for_table(init, "driver probe", version(1, 3)), koine::usage_error);
    EXPECT_EQ(asked, std::vector{version(1, 3)});
}

TEST(driver_table, of_another_major_version_is_refused_with_both_versions) {
    asked.clear();
    try {
        ask_for_table(&old_init, "driver probe", version(2, 5));
        ADD_FAILURE();
    } catch (const koine::usage_error& why) {
        EXPECT_EQ(why.code(), errc::bad_plugin);
        EXPECT_NE(
            std::string{why.what()}.find("driver probe: it speaks version 1.0 of the driver contract, this Koine 2.5"),
            std::string::npos)
            << why.what();
    }
    EXPECT_EQ(asked, std::vector{version(2, 5)}) << "lower minor versions of 2 are no use";
}

TEST(driver_table, has_nothing_behind_the_bytes_that_the_driver_filled) {
    // A driver that knows nothing of struct_size leaves what it was given, and what it did not
    // write is zero.
    const koine_driver_init_function careless = [](std::uint32_t abi, koine_driver* out,
                                                   koine_error* error) -> koine_status {
        const std::uint32_t given = out->struct_size;
        const koine_status status = old_init(abi, out, error);
        EXPECT_EQ(out->struct_size, KOINE_DRIVER_SIZE_1_0);
        out->struct_size = given;
        return status;
    };
    EXPECT_EQ(ask_for_table(careless, "driver probe").struct_size, sizeof(koine_driver));
    EXPECT_EQ(ask_for_table(&old_init, "driver probe").flush, nullptr);
}

TEST(driver_table, that_is_too_small_is_neither_filled_nor_accepted) {
    koine_driver table{};
    koine_error error{};
    table.struct_size = KOINE_DRIVER_SIZE_1_0 - 1;
    EXPECT_EQ(old_init(KOINE_ABI_VERSION, &table, &error), KOINE_ERROR);
    EXPECT_EQ(table.create, nullptr);
    EXPECT_EQ(static_cast<errc>(error.code), errc::usage);
    error.release(&error);
}

}  // namespace
