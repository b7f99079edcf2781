// The driver greeter, as small as a driver can be: whatever it is asked, it answers one row with a
// greeting. docs/plugins.md leads through it.
#include <string>

#include <koine/spi/options.hpp>
#include <koine/spi_table.hpp>

namespace {

struct greeter {
    class statement;
    class connection;

    static constexpr std::string_view name = "greeter";  // dialect+greeter://
    static std::string_view client_version() noexcept { return "1"; }
    static const koine_capabilities capabilities;
    static const koine_option known_options[1];
    static std::span<const koine_option> options() noexcept { return known_options; }
};

// It runs to the end inside of a call; NULL, integers and text are bound as they are, eight of them
// at most.
const koine_capabilities greeter::capabilities{
    KOINE_CAP_BLOCKING | KOINE_CAP_IN_PROCESS,
    1U << unsigned{KOINE_NULL} | 1U << unsigned{KOINE_INT64} | 1U << unsigned{KOINE_TEXT}, 8, 0, 1 << 20};

const koine_option greeter::known_options[1] = {
    {koine::spi::to_c("word"), KOINE_OPTION_TEXT, {}, koine::spi::to_c("the word to greet with; hello")}};

class greeter::statement {
public:
    explicit statement(const std::string& word) : word_{word} {}

    std::uint32_t flags() const noexcept { return KOINE_STATEMENT_READ_ONLY | KOINE_STATEMENT_RETURNS_ROWS; }
    std::uint32_t parameter_count() const noexcept { return 1; }
    std::uint32_t column_count() const noexcept { return 1; }
    void column(std::uint32_t, koine_column& out) const noexcept {
        out = koine_column{koine::spi::to_c("greeting"), {}, KOINE_TEXT, 0};
    }

    koine_status execute(std::span<const koine_value> binds, koine_value* cells, std::uint32_t max_rows,
                         std::uint32_t& got, koine_wait&, koine_error&) {
        if (binds.size() != 1 || binds[0].tag != KOINE_TEXT) {
            koine::spi::failure why;
            why.code = koine::errc::type_mismatch;
            why.sqlstate = "42804";
            why.message = "a greeting needs a name";
            throw why;  // turned into the error of the C contract
        }
        greeting_ = word_ + ", " + std::string{static_cast<const char*>(binds[0].u.p), binds[0].len};
        got = max_rows == 0 ? 0 : 1;
        if (got != 0) {
            cells[0] = koine_value{static_cast<std::uint32_t>(greeting_.size()), KOINE_TEXT, 0, 0, {}};
            cells[0].u.p = greeting_.data();  // lives until the next call for this statement
        }
        return KOINE_DONE;
    }
    koine_status fetch(koine_value*, std::uint32_t, std::uint32_t& got, koine_wait&, koine_error&) {
        got = 0;  // there was the one row
        return KOINE_DONE;
    }
    koine_status finish(koine_wait&, koine_error&) { return KOINE_DONE; }
    std::int64_t rows_remaining() const noexcept { return -1; }
    std::int64_t rows_affected() const noexcept { return -1; }

private:
    const std::string& word_;
    std::string greeting_{};
};

class greeter::connection {
public:
    explicit connection(std::span<const koine_parameter> parameters) {
        // Refuses keys that are unknown or come twice. The parts of the URL have no option.
        koine::spi::read_parameters("greeter", known_options, parameters,
                                    [this](std::string_view key, std::string_view value, const koine_option* option) {
                                        if (option == nullptr && !value.empty())
                                            throw koine::spi::local_failure(koine::errc::invalid_url,
                                                                            "a greeter has no " + std::string{key});
                                        if (option != nullptr) word_ = value;
                                    });
    }
    koine_status connect(koine_wait&) { return KOINE_DONE; }
    koine_status prepare(std::string_view, std::uint32_t, statement*& out, koine_wait&) {
        out = new statement{word_};
        return KOINE_DONE;
    }
    koine_status reset(koine_wait&) { return KOINE_DONE; }
    koine_status ping(koine_wait&) { return KOINE_DONE; }
    void cancel() {}
    void set_deadline(std::int64_t) noexcept {}
    void abandon() noexcept {}
    std::uint32_t state() const noexcept { return 0; }
    std::int64_t last_insert_id() const noexcept { return 0; }
    std::string_view server_product() const noexcept { return "greeter"; }
    std::string_view server_version() const noexcept { return "1"; }
    void* native_handle() noexcept { return this; }

private:
    std::string word_ = "hello";
};

}  // namespace

koine_status koine_driver_init(uint32_t abi, koine_driver* out, koine_error* error) {
    return koine::spi::fill_table<greeter>(abi, out, error);
}
