// The rule of the driver contract that a resumed operation comes with the arguments it began with.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <koine/driver_abi.h>
#include <koine/drivers/fake.hpp>

namespace koine {
inline namespace v1 {
namespace fake {
namespace detail {

// What identifies a call of a resumable operation.
struct call_identity {
    operation what{};
    const void* object = nullptr;
    const void* input = nullptr;
    std::size_t input_size = 0;
    const void* output = nullptr;
    std::size_t output_size = 0;
    const void* got = nullptr;
    const void* wait = nullptr;
    friend bool operator==(const call_identity&, const call_identity&) = default;
};

// Remembers the operation under way on a connection, if there is one.
class call_watch {
public:
    bool pending() const noexcept { return call_.has_value(); }
    bool pending_on(const void* object) const noexcept { return call_ && call_->object == object; }
    // Of the operation under way.
    const std::string& text() const noexcept { return text_; }
    const std::vector<value>& binds() const noexcept { return binds_; }

    // An operation begins. Precondition: none is under way.
    void begin(const call_identity& call, std::string_view text, std::span<const koine_value> binds);
    // How a call that should resume the operation under way breaks the contract; null if it does
    // not.
    const char* fault_of(const call_identity& call, std::string_view text, std::span<const koine_value> binds) const;
    void end() noexcept { call_.reset(); }

private:
    std::optional<call_identity> call_{};
    std::string text_{};
    std::vector<value> binds_{};
};

}  // namespace detail
}  // namespace fake
}  // namespace v1
}  // namespace koine
