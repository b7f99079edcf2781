#include <koine/secret_text.hpp>

#include <cstring>
#include <ostream>
#include <utility>

namespace koine {
inline namespace v1 {

namespace detail {

void wipe(char* data, std::size_t size) noexcept {
    if (size == 0) return;
    std::memset(data, 0, size);
    // Tells the compiler that someone looks at the zeros: without it, a store before a free is
    // dead.
    __asm__ __volatile__("" : : "r"(data) : "memory");
}

}  // namespace detail

secret_text::secret_text(std::string_view text) : size_{text.size()} {
    if (text.empty()) return;
    data_ = new char[text.size()];
    std::memcpy(data_, text.data(), text.size());
}

secret_text::secret_text(const char* text) : secret_text{std::string_view{text}} {}
secret_text::secret_text(const std::string& text) : secret_text{std::string_view{text}} {}
secret_text::secret_text(const secret_text& other) : secret_text{other.reveal()} {}

secret_text::secret_text(secret_text&& other) noexcept
    : data_{std::exchange(other.data_, nullptr)}, size_{std::exchange(other.size_, 0)} {}

secret_text& secret_text::operator=(const secret_text& other) {
    secret_text copy{other};
    return *this = std::move(copy);
}

secret_text& secret_text::operator=(secret_text&& other) noexcept {
    secret_text taken{std::move(other)};
    std::swap(data_, taken.data_);
    std::swap(size_, taken.size_);
    return *this;
}

secret_text::~secret_text() {
    detail::wipe(data_, size_);
    delete[] data_;
}

bool operator==(const secret_text& a, const secret_text& b) noexcept {
    return a.reveal() == b.reveal();
}

std::ostream& operator<<(std::ostream& out, const secret_text&) {
    return out << "***";
}

}  // namespace v1
}  // namespace koine
