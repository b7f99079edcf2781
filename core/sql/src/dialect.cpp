#include <koine/dialect.hpp>

namespace koine {
inline namespace v1 {

dialect::~dialect() = default;

std::shared_ptr<const dialect> dialect::with(const dialect_options&) const {
    return nullptr;
}

bool dialect::commits_by_itself(std::string_view) const {
    return false;
}

server_fit dialect::for_server(std::string_view, std::string_view) const {
    return {};
}

}  // namespace v1
}  // namespace koine
