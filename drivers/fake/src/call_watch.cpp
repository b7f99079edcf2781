#include "call_watch.hpp"

#include "values.hpp"

namespace koine {
inline namespace v1 {
namespace fake {
namespace detail {

void call_watch::begin(const call_identity& call, std::string_view text, std::span<const koine_value> binds) {
    call_ = call;
    text_ = text;
    binds_.clear();
    for (const auto& one : binds) binds_.push_back(owned(one));
}

const char* call_watch::fault_of(const call_identity& call, std::string_view text,
                                 std::span<const koine_value> binds) const {
    if (call_->what != call.what || call_->object != call.object)
        return "an operation was called while another one had not ended";
    if (*call_ != call || text_ != text) return "an operation was resumed with other arguments";
    for (std::size_t i = 0; i < binds.size(); ++i)
        if (owned(binds[i]) != binds_[i]) return "a bound value changed before its execution had ended";
    return nullptr;
}

}  // namespace detail
}  // namespace fake
}  // namespace v1
}  // namespace koine
