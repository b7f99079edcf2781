#include <koine/dialect.hpp>

#include <koine/error.hpp>

namespace koine {
inline namespace v1 {

dialect::~dialect() = default;

std::shared_ptr<const dialect> dialect::with(const dialect_options&) const {
    return nullptr;
}

compiled dialect::typed_text(std::string_view, std::span<const koine_value>) const {
    return {};
}

std::string dialect::list_text(std::span<const koine_value>) const {
    throw_usage("the dialect binds no lists");
}

bool dialect::commits_by_itself(std::string_view) const {
    return false;
}

std::string dialect::key_is_last_insert_id(const table_info&, std::uint16_t) const {
    return {};
}

server_fit dialect::for_server(std::string_view, std::string_view) const {
    return {};
}

}  // namespace v1
}  // namespace koine
