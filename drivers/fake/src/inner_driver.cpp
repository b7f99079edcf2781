#include "inner_driver.hpp"

#include "values.hpp"

namespace koine {
inline namespace v1 {
namespace fake {
namespace detail {

inner_result failed_with(koine_error& error) {
    const auto text = [](koine_string from) { return std::string{spi::to_view(from)}; };
    inner_result out;
    out.failed = true;
    out.sqlstate = error.sqlstate;
    out.why.code = static_cast<errc>(error.code);
    out.why.outcome = static_cast<koine::outcome>(error.outcome);
    out.why.poisons_transaction = (error.poisons & KOINE_POISONS_TRANSACTION) != 0;
    out.why.poisons_connection = (error.poisons & KOINE_POISONS_CONNECTION) != 0;
    out.why.native_code = error.native_code;
    out.why.position = error.position;
    out.why.message = text(error.message);
    out.why.detail = text(error.detail);
    out.why.hint = text(error.hint);
    out.why.constraint = text(error.constraint);
    out.why.table = text(error.table);
    out.why.column = text(error.column);
    if (error.release != nullptr) error.release(&error);
    return out;
}

void ask_to_stop(const koine_driver& driver, koine_connection* inner) noexcept {
    koine_error ignored{};
    driver.cancel(inner, &ignored);
    if (ignored.release != nullptr) ignored.release(&ignored);
}

std::vector<koine_value> borrowed_all(const std::vector<value>& values) {
    std::vector<koine_value> out;
    out.reserve(values.size());
    for (const auto& one : values) out.push_back(borrowed(one));
    return out;
}

}  // namespace detail
}  // namespace fake
}  // namespace v1
}  // namespace koine
