// A driver with one fault, or none: KOINE_FAULT is a word of faults.hpp. Built once for each of
// them.
#include <stdexcept>

#include <koine/driver_spi.hpp>
#include <koine/spi_table.hpp>

#include "faults.hpp"

namespace {

using koine_test::fault;

constexpr fault wanted = fault::KOINE_FAULT;

koine::spi::failure not_there() {
    koine::spi::failure why;
    why.code = koine::errc::not_implemented;
    why.outcome = koine::outcome::not_sent;
    why.message = "there is no database behind this";
    return why;
}

struct probe {
    static constexpr std::string_view name = KOINE_NAME;
    static std::string_view client_version() noexcept { return "1"; }
    static const koine_capabilities capabilities;
    static std::span<const koine_option> options() noexcept { return {}; }

    class statement {
    public:
        std::uint32_t flags() const noexcept { return 0; }
        std::uint32_t parameter_count() const noexcept { return 0; }
        std::uint32_t column_count() const noexcept { return 0; }
        void column(std::uint32_t, koine_column& out) const noexcept { out = koine_column{}; }
        koine_status execute(std::span<const koine_value>, koine_value*, std::uint32_t, std::uint32_t&, koine_wait&,
                             koine_error&) {
            throw not_there();
        }
        koine_status fetch(koine_value*, std::uint32_t, std::uint32_t&, koine_wait&, koine_error&) {
            throw not_there();
        }
        std::int64_t rows_remaining() const noexcept { return -1; }
        std::int64_t rows_affected() const noexcept { return -1; }
        koine_status finish(koine_wait&, koine_error&) { return KOINE_DONE; }
    };

    class connection {
    public:
        explicit connection(std::span<const koine_parameter>) {}
        koine_status connect(koine_wait&) { throw not_there(); }
        void abandon() noexcept {}
        std::uint32_t state() const noexcept { return 0; }
        koine_status reset(koine_wait&) { return KOINE_DONE; }
        koine_status ping(koine_wait&) { throw not_there(); }
        void cancel() {}
        void set_deadline(std::int64_t) noexcept {}
        std::int64_t last_insert_id() const noexcept { return 0; }
        std::string_view server_product() const noexcept { return {}; }
        std::string_view server_version() const noexcept { return {}; }
        void* native_handle() noexcept { return nullptr; }
        koine_status prepare(std::string_view, std::uint32_t, statement*&, koine_wait&) { throw not_there(); }
    };
};

const koine_capabilities probe::capabilities{
    wanted == fault::no_queue ? KOINE_CAP_BLOCKING | KOINE_CAP_QUEUE : KOINE_CAP_BLOCKING, 1U, 1, 0, 0};

}  // namespace

koine_status koine_driver_init(uint32_t abi, koine_driver* out, koine_error* error) {
    switch (wanted) {
        case fault::fails: {
            koine::spi::failure why;
            why.code = koine::errc::io_error;
            why.message = "the licence has run out";
            return koine::spi::fill(error, why);
        }
        case fault::fails_in_silence:
            return KOINE_ERROR;
        case fault::throws:
            throw std::runtime_error{"the licence server is on fire"};
        case fault::throws_a_number:
            throw 42;
        case fault::answers_nonsense:
            return KOINE_WAIT;
        case fault::refuses_as_newer:
            out->abi = 2U << 16U | 7U;
            break;
        case fault::refuses_as_older:
            out->abi = 0;
            break;
        default:
            break;
    }
    if (wanted == fault::refuses_as_newer || wanted == fault::refuses_as_older) {
        koine::spi::failure why;
        why.code = koine::errc::not_implemented;
        why.message = "other words";
        return koine::spi::fill(error, why);
    }
    const koine_status status = koine::spi::fill_table<probe>(abi, out, error);
    switch (wanted) {
        case fault::speaks_older:
            out->abi = 0;
            break;
        case fault::speaks_newer:
            out->abi = 1U << 16U | 3U;
            break;
        case fault::small_table:
            out->struct_size = 64;
            break;
        case fault::large_table:
            out->struct_size += 8;
            break;
        case fault::lacks_functions:
            out->prepare = nullptr;
            out->fetch = nullptr;
            break;
        case fault::lacks_capabilities:
            out->capabilities = nullptr;
            break;
        case fault::lacks_options:
            out->option_count = 3;
            break;
        case fault::nameless:
            out->name = koine_string{nullptr, 0};
            break;
        default:
            break;
    }
    return status;
}
