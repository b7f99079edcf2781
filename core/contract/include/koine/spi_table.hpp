// The trampolines: from the driver contract's C functions to a driver's C++ members. Included by
// one source of each driver.
#pragma once

#include <exception>
#include <memory>
#include <span>

#include <koine/driver_spi.hpp>

namespace koine {
inline namespace v1 {
namespace spi {

namespace detail {

inline koine_status fill_from_current_exception(koine_error* error) noexcept {
    try {
        throw;
    } catch (const failure& why) {
        return fill(error, why);
    } catch (const std::bad_alloc&) {
        error->code = static_cast<std::int32_t>(errc::no_memory);
        error->poisons = KOINE_POISONS_CONNECTION | KOINE_POISONS_TRANSACTION;
        error->outcome = KOINE_UNKNOWN;
        return KOINE_ERROR;
    } catch (const std::exception& other) {
        failure why;
        why.poisons_connection = why.poisons_transaction = true;
        why.outcome = koine::outcome::unknown;
        try {
            why.message = other.what();
        } catch (...) {
        }
        return fill(error, why);
    } catch (...) {
        failure why;
        why.poisons_connection = why.poisons_transaction = true;
        why.outcome = koine::outcome::unknown;
        return fill(error, why);
    }
}

inline koine_status refuse_table(errc code, std::string_view driver, std::string_view words,
                                 koine_error* error) noexcept {
    failure why;
    why.code = code;
    why.outcome = koine::outcome::not_sent;
    try {
        why.message.append("driver ").append(driver).append(" ").append(words);
    } catch (...) {
    }
    return fill(error, why);
}

// A concrete driver's types behind the opaque handles. The handle is the object.
template <class Driver>
struct table {
    using connection = typename Driver::connection;
    using statement = typename Driver::statement;

    static connection* of(koine_connection* c) noexcept { return reinterpret_cast<connection*>(c); }
    static const connection* of(const koine_connection* c) noexcept { return reinterpret_cast<const connection*>(c); }
    static statement* of(koine_statement* s) noexcept { return reinterpret_cast<statement*>(s); }
    static const statement* of(const koine_statement* s) noexcept { return reinterpret_cast<const statement*>(s); }

    template <class Body>
    static koine_status guard(koine_error* error, Body body) noexcept {
        try {
            return body();
        } catch (...) {
            return fill_from_current_exception(error);
        }
    }

    static koine_status create(const koine_parameter* p, size_t n, koine_connection** out, koine_error* e) noexcept {
        return guard(e, [&] {
            *out = reinterpret_cast<koine_connection*>(std::make_unique<connection>(std::span{p, n}).release());
            return KOINE_DONE;
        });
    }
    static koine_status connect(koine_connection* c, koine_wait* w, koine_error* e) noexcept {
        return guard(e, [&] { return of(c)->connect(*w); });
    }
    static void close(koine_connection* c) noexcept { delete of(c); }
    static void abandon(koine_connection* c) noexcept { of(c)->abandon(); }
    static uint32_t state(const koine_connection* c) noexcept { return of(c)->state(); }
    static koine_status reset(koine_connection* c, koine_wait* w, koine_error* e) noexcept {
        return guard(e, [&] { return of(c)->reset(*w); });
    }
    static koine_status ping(koine_connection* c, koine_wait* w, koine_error* e) noexcept {
        return guard(e, [&] { return of(c)->ping(*w); });
    }
    static koine_status cancel(koine_connection* c, koine_error* e) noexcept {
        return guard(e, [&] {
            of(c)->cancel();
            return KOINE_DONE;
        });
    }
    static void set_deadline(koine_connection* c, int64_t ns) noexcept { of(c)->set_deadline(ns); }
    static int64_t last_insert_id(const koine_connection* c) noexcept { return of(c)->last_insert_id(); }
    static koine_string server_product(const koine_connection* c) noexcept { return to_c(of(c)->server_product()); }
    static koine_string server_version(const koine_connection* c) noexcept { return to_c(of(c)->server_version()); }
    static void* native_handle(koine_connection* c) noexcept { return of(c)->native_handle(); }

    static koine_status prepare(koine_connection* c, koine_string sql, uint32_t flags, koine_statement** out,
                                koine_wait* w, koine_error* e) noexcept {
        return guard(e, [&] {
            statement* made = nullptr;
            const koine_status status = of(c)->prepare(to_view(sql), flags, made, *w);
            if (status == KOINE_DONE) *out = reinterpret_cast<koine_statement*>(made);
            return status;
        });
    }
    static void finalize(koine_statement* s) noexcept { delete of(s); }
    static uint32_t statement_flags(const koine_statement* s) noexcept { return of(s)->flags(); }
    static uint32_t parameter_count(const koine_statement* s) noexcept { return of(s)->parameter_count(); }
    static uint32_t column_count(const koine_statement* s) noexcept { return of(s)->column_count(); }
    static void column(const koine_statement* s, uint32_t i, koine_column* out) noexcept { of(s)->column(i, *out); }
    static koine_status execute(koine_statement* s, const koine_value* binds, uint32_t n, koine_value* cells,
                                uint32_t max, uint32_t* got, koine_wait* w, koine_error* e) noexcept {
        return guard(e, [&] { return of(s)->execute(std::span{binds, n}, cells, max, *got, *w, *e); });
    }
    static koine_status fetch(koine_statement* s, koine_value* cells, uint32_t max, uint32_t* got, koine_wait* w,
                              koine_error* e) noexcept {
        return guard(e, [&] { return of(s)->fetch(cells, max, *got, *w, *e); });
    }
    static int64_t rows_remaining(const koine_statement* s) noexcept { return of(s)->rows_remaining(); }
    static int64_t rows_affected(const koine_statement* s) noexcept { return of(s)->rows_affected(); }
    static koine_status finish(koine_statement* s, koine_wait* w, koine_error* e) noexcept {
        return guard(e, [&] { return of(s)->finish(*w, *e); });
    }
    static koine_status enqueue(koine_connection* c, koine_statement* s, koine_string sql, const koine_value* binds,
                                uint32_t n, koine_error* e) noexcept {
        return guard(e, [&] {
            return of(c)->enqueue(s == nullptr ? nullptr : of(s), to_view(sql), std::span{binds, n});
        });
    }
    static koine_status flush(koine_connection* c, int64_t* affected, size_t capacity, koine_wait* w,
                              koine_error* e) noexcept {
        return guard(e, [&] { return of(c)->flush(std::span{affected, capacity}, *w, *e); });
    }
};

}  // namespace detail

// Fills the table for a driver. Refuses a version that this header does not know, saying which one
// it does, and a table that is too small.
template <class Driver>
koine_status fill_table(std::uint32_t abi, koine_driver* out, koine_error* error) noexcept {
    using t = detail::table<Driver>;
    if (abi != KOINE_ABI_VERSION) {
        out->abi = KOINE_ABI_VERSION;
        return detail::refuse_table(errc::not_implemented, Driver::name,
                                    "does not speak this version of the driver contract", error);
    }
    if (out->struct_size < KOINE_DRIVER_SIZE_1_0)
        return detail::refuse_table(errc::usage, Driver::name, "was given a table that is too small for its version",
                                    error);
    out->struct_size = KOINE_DRIVER_SIZE_1_0;
    out->abi = abi;
    out->name = to_c(Driver::name);
    out->client_version = to_c(Driver::client_version());
    out->capabilities = &Driver::capabilities;
    const auto options = Driver::options();
    out->options = options.data();
    out->option_count = options.size();
    out->create = &t::create;
    out->connect = &t::connect;
    out->close = &t::close;
    out->abandon = &t::abandon;
    out->state = &t::state;
    out->reset = &t::reset;
    out->ping = &t::ping;
    out->cancel = &t::cancel;
    out->set_deadline = &t::set_deadline;
    out->last_insert_id = &t::last_insert_id;
    out->server_product = &t::server_product;
    out->server_version = &t::server_version;
    out->native_handle = &t::native_handle;
    out->prepare = &t::prepare;
    out->finalize = &t::finalize;
    out->statement_flags = &t::statement_flags;
    out->parameter_count = &t::parameter_count;
    out->column_count = &t::column_count;
    out->column = &t::column;
    out->execute = &t::execute;
    out->fetch = &t::fetch;
    out->rows_remaining = &t::rows_remaining;
    out->rows_affected = &t::rows_affected;
    out->finish = &t::finish;
    out->enqueue = nullptr;
    out->flush = nullptr;
    if constexpr (requires { &t::connection::flush; }) {
        out->enqueue = &t::enqueue;
        out->flush = &t::flush;
    }
    return KOINE_DONE;
}

}  // namespace spi
}  // namespace v1
}  // namespace koine
