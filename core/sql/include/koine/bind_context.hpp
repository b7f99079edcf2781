// What values need on their way to a driver: which tags it can take, memory for those that must be
// rewritten, and a place for the first complaint.
#pragma once

#include <cstddef>
#include <cstdint>

#include <koine/driver_abi.h>
#include <koine/api.hpp>
#include <koine/errc.hpp>

namespace koine {
inline namespace v1 {

// Used by one execution at a time; not thread-safe. Memory from allocate() lives until clear().
class KOINE_API bind_context {
public:
    // native_tags: koine_capabilities::native_tags of the driver.
    explicit bind_context(std::uint32_t native_tags = ~0U) noexcept : native_tags_{native_tags} {}
    bind_context(const bind_context&) = delete;
    bind_context& operator=(const bind_context&) = delete;
    ~bind_context() {
        if (blocks_ != nullptr) [[unlikely]]
            free_blocks();
    }

    bool native(std::uint8_t tag) const noexcept { return ((native_tags_ >> tag) & 1U) != 0; }
    // `size` bytes, aligned for any value.
    char* allocate(std::size_t size) {
        if (size <= inline_size - used_) {
            char* memory = inline_ + used_;
            used_ += (size + 15U) & ~std::size_t{15};
            if (used_ > inline_size) used_ = inline_size;
            return memory;
        }
        return allocate_slow(size);
    }
    // Keeps the first complaint; values bound afterwards are not sent.
    void fail(errc code, const char* what) noexcept {
        if (code_ == errc{}) {
            code_ = code;
            what_ = what;
        }
    }
    bool failed() const noexcept { return code_ != errc{}; }
    errc code() const noexcept { return code_; }
    const char* what() const noexcept { return what_; }
    void clear() noexcept {
        used_ = 0;
        code_ = errc{};
        if (blocks_ != nullptr) [[unlikely]]
            free_blocks();
    }
    // Rewrites a value whose tag the driver does not know: booleans to integers, dates, times,
    // uuids to their canonical text.
    koine_value native_form(const koine_value& value) { return native(value.tag) ? value : rewrite(value); }

private:
    static constexpr std::size_t inline_size = 512;
    KOINE_COLD char* allocate_slow(std::size_t size);
    KOINE_COLD void free_blocks() noexcept;
    KOINE_COLD koine_value rewrite(const koine_value& value);

    std::uint32_t native_tags_;
    errc code_{};
    const char* what_ = "";
    std::size_t used_ = 0;
    struct block;
    block* blocks_ = nullptr;  // owned; a list of what did not fit
    alignas(16) char inline_[inline_size];
};

}  // namespace v1
}  // namespace koine
