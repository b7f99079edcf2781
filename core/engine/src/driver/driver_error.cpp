#include "driver/driver_error.hpp"

#include <string>

namespace koine {
inline namespace v1 {
namespace detail {

void release(koine_error& error) noexcept {
    if (error.release != nullptr) error.release(&error);
    error = koine_error{};
}

error_info to_info(const koine_error& error) {
    const auto text = [](koine_string s) { return s.size != 0 ? std::string{s.data, s.size} : std::string{}; };
    error_info info;
    info.code = error.code != 0 ? static_cast<errc>(error.code) : errc::unknown;
    info.outcome = static_cast<outcome>(error.outcome);
    info.poisons_transaction = (error.poisons & KOINE_POISONS_TRANSACTION) != 0;
    info.poisons_connection = (error.poisons & KOINE_POISONS_CONNECTION) != 0;
    info.sqlstate = koine::sqlstate{std::string_view{error.sqlstate}};
    info.native_code = error.native_code;
    info.position = error.position;
    info.message = text(error.message);
    info.detail = text(error.detail);
    info.hint = text(error.hint);
    info.constraint = text(error.constraint);
    info.table = text(error.table);
    info.column = text(error.column);
    if (info.message.empty()) info.message = std::string{to_string(info.code)};
    return info;
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
