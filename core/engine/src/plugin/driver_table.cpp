#include "plugin/driver_table.hpp"

#include <cstddef>
#include <cstring>
#include <exception>
#include <string_view>
#include <utility>

#include <koine/error.hpp>

#include "driver/driver_error.hpp"
#include "plugin/plugin_name.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

namespace {

constexpr std::uint32_t minor_of(std::uint32_t version) noexcept {
    return version & 0xffffU;
}

std::string text_of(std::uint32_t version) {
    return std::to_string(version >> 16U) + '.' + std::to_string(minor_of(version));
}

[[noreturn]] void refuse(const std::string& origin, const std::string& fault, error_info info = {}) {
    info.code = errc::bad_plugin;
    info.outcome = outcome::not_sent;
    info.message = origin + ": " + fault;
    throw_error(std::move(info));
}

// What a driver that was asked answers. The error is its own, or empty.
struct answer {
    koine_driver table{};
    bool accepted = false;
    error_info error{};
};

answer ask(koine_driver_init_function init, const std::string& origin, std::uint32_t version) {
    answer got;
    got.table.struct_size = sizeof got.table;
    koine_error error{};
    koine_status status = KOINE_ERROR;
    std::string thrown;
    try {
        status = init(version, &got.table, &error);
    } catch (const std::exception& why) {
        thrown = std::string{"its init function threw: "} + why.what();
    } catch (...) {
        thrown = "its init function threw something";
    }
    if (!thrown.empty()) refuse(origin, thrown);
    if (status != KOINE_DONE && status != KOINE_ERROR)
        refuse(origin, "its init function answered " + std::to_string(status) +
                           ", which is neither KOINE_DONE nor KOINE_ERROR");
    got.accepted = status == KOINE_DONE;
    if (!got.accepted) {
        got.error = to_info(error);
        release(error);
    }
    return got;
}

// The names of the functions that every driver has and this one lacks, separated by commas.
std::string missing_functions(const koine_driver& table) {
    std::string missing;
    const auto look = [&missing](std::string_view name, bool there) {
        if (there) return;
        if (!missing.empty()) missing += ", ";
        missing += name;
    };
#define KOINE_LOOK(name) look(#name, table.name != nullptr)
    KOINE_LOOK(create);
    KOINE_LOOK(connect);
    KOINE_LOOK(close);
    KOINE_LOOK(abandon);
    KOINE_LOOK(state);
    KOINE_LOOK(reset);
    KOINE_LOOK(ping);
    KOINE_LOOK(cancel);
    KOINE_LOOK(set_deadline);
    KOINE_LOOK(last_insert_id);
    KOINE_LOOK(server_product);
    KOINE_LOOK(server_version);
    KOINE_LOOK(native_handle);
    KOINE_LOOK(prepare);
    KOINE_LOOK(finalize);
    KOINE_LOOK(statement_flags);
    KOINE_LOOK(parameter_count);
    KOINE_LOOK(column_count);
    KOINE_LOOK(column);
    KOINE_LOOK(execute);
    KOINE_LOOK(fetch);
    KOINE_LOOK(rows_remaining);
    KOINE_LOOK(rows_affected);
    KOINE_LOOK(finish);
    if (table.capabilities != nullptr && (table.capabilities->flags & KOINE_CAP_QUEUE) != 0) {
        KOINE_LOOK(enqueue);
        KOINE_LOOK(flush);
    }
#undef KOINE_LOOK
    return missing;
}

void check(const koine_driver& table, const std::string& origin, std::uint32_t version) {
    if (table.abi != version)
        refuse(origin, "it speaks version " + text_of(table.abi) + " of the driver contract, and was asked for " +
                           text_of(version));
    if (table.struct_size < KOINE_DRIVER_SIZE_1_0 || table.struct_size > sizeof table)
        refuse(origin, "its table has " + std::to_string(table.struct_size) + " bytes; version " + text_of(version) +
                           " of the driver contract has " + std::to_string(sizeof table));
    const std::string_view name = table.name.size != 0 && table.name.data != nullptr
                                      ? std::string_view{table.name.data, table.name.size}
                                      : std::string_view{};
    if (!is_plain_name(name))
        refuse(origin, "its name '" + std::string{name.substr(0, 64)} + "' is not " + std::string{plain_name_rule});
    if (table.capabilities == nullptr) refuse(origin, "it has no capabilities");
    if (table.options == nullptr && table.option_count != 0) refuse(origin, "it has no list of options");
    if (const std::string missing = missing_functions(table); !missing.empty())
        refuse(origin, "it lacks functions of version " + text_of(version) + " of the driver contract: " + missing);
}

}  // namespace

koine_driver ask_for_table(koine_driver_init_function init, const std::string& origin, std::uint32_t newest) {
    for (std::uint32_t version = newest;; --version) {
        answer got = ask(init, origin, version);
        if (!got.accepted && got.error.code == errc::not_implemented) {
            // Nothing to gain from asking for other versions of a driver that knows another major
            // one.
            const bool elsewhere = got.table.abi != 0 && got.table.abi >> 16U != newest >> 16U;
            if (minor_of(version) != 0 && !elsewhere) continue;
            const std::string known =
                got.table.abi != 0 ? "it speaks version " + text_of(got.table.abi) : "it speaks another version";
            refuse(origin, known + " of the driver contract, this Koine " + text_of(newest) + ": " + got.error.message,
                   got.error);
        }
        if (!got.accepted) refuse(origin, "its init function failed: " + got.error.message, got.error);
        check(got.table, origin, version);
        // What lies behind the bytes that were filled is not the driver's.
        std::memset(reinterpret_cast<char*>(&got.table) + got.table.struct_size, 0,
                    sizeof got.table - got.table.struct_size);
        return got.table;
    }
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
