#include <koine/result.hpp>

namespace koine {
inline namespace v1 {

failure::failure(error_info info) : info_{new error_info{std::move(info)}} {}

failure::failure(errc code, std::string message) : info_{new error_info{}} {
    info_->code = code;
    info_->message = std::move(message);
}

void failure::raise() && {
    throw_error(std::move(*info_));
}

void failure::discard() noexcept {
    delete info_;
}

}  // namespace v1
}  // namespace koine
