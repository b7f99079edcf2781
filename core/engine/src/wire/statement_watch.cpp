#include "wire/statement_watch.hpp"

#include <algorithm>

namespace koine {
inline namespace v1 {

statement_observer::~statement_observer() = default;
bool statement_observer::wants_values() const noexcept {
    return false;
}

statement_subscription::statement_subscription(std::shared_ptr<detail::observers> home,
                                               const statement_observer* observer) noexcept
    : home_{std::move(home)}, observer_{observer} {}

statement_subscription::statement_subscription(statement_subscription&& other) noexcept = default;

statement_subscription& statement_subscription::operator=(statement_subscription&& other) noexcept {
    if (this != &other) {
        const statement_subscription ended{std::move(*this)};
        home_ = std::move(other.home_);
        observer_ = other.observer_;
    }
    return *this;
}

statement_subscription::~statement_subscription() {
    if (home_) home_->remove(observer_);
}

statement_observers::statement_observers() : list_{std::make_shared<detail::observers>()} {}

statement_subscription statement_observers::subscribe(std::shared_ptr<statement_observer> observer) const {
    const statement_observer* const address = observer.get();
    list_->add(std::move(observer));
    return {list_, address};
}

namespace detail {

namespace {

constexpr std::size_t max_value = 100;

std::string shown(const koine_value& value) {
    const std::string_view bytes = value.len == 0 || value.tag == KOINE_INT64 || value.tag == KOINE_FLOAT64
                                       ? std::string_view{}
                                       : std::string_view{static_cast<const char*>(value.u.p), value.len};
    switch (value.tag) {
        case KOINE_NULL:
            return "null";
        case KOINE_BOOL:
            return value.u.i != 0 ? "true" : "false";
        case KOINE_INT64:
        case KOINE_DATE:
        case KOINE_TIME:
        case KOINE_TIMESTAMP:
        case KOINE_INSTANT:
            return std::to_string(value.u.i);
        case KOINE_FLOAT64:
            return std::to_string(value.u.f);
        case KOINE_BLOB:
        case KOINE_UUID:
            return "<" + std::to_string(value.len) + " bytes>";
        default:
            return "'" + std::string{bytes.substr(0, max_value)} + (bytes.size() > max_value ? "..." : "") + "'";
    }
}

}  // namespace

std::string statement_watch::values(std::span<const koine_value> binds) const {
    bool wanted = false;
    for_each([&](const statement_observer& one) { wanted = wanted || one.wants_values(); });
    if (!wanted) return {};
    std::string out = "(";
    for (const koine_value& value : binds) {
        if (out.size() > 1) out += ", ";
        out += shown(value);
    }
    return out += ")";
}

void statement_watch::tell(statement_event what, clock::time_point began) const noexcept {
    what.duration = clock::now() - began;
    const std::string_view values = what.values;
    for_each([&](statement_observer& one) {
        what.values = one.wants_values() ? values : std::string_view{};
        one.on_statement(what);
    });
}

void statement_watch::queued(std::string_view text, std::span<const koine_value> binds) {
    waiting_.push_back({std::string{text}, values(binds), binds.empty() ? lease_ : take_place()});
}

void statement_watch::queue_sent(clock::time_point began, std::span<const std::int64_t> rows, std::uint32_t failed,
                                 const error_info* why) noexcept {
    const std::vector<waiting> sent = std::exchange(waiting_, {});
    const std::size_t run = failed == 0 ? sent.size() : std::min<std::size_t>(failed, sent.size());
    for (std::size_t i = 0; i < run; ++i) {
        statement_event what{.text = sent[i].text, .values = sent[i].values, .place = sent[i].place};
        if (i < rows.size()) what.rows = rows[i];
        if (failed == i + 1) what.error = why;
        tell(what, began);
    }
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
