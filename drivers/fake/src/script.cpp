#include <algorithm>
#include <stdexcept>
#include <utility>

#include <sys/eventfd.h>
#include <unistd.h>

#include "script_state.hpp"

namespace koine {
inline namespace v1 {
namespace fake {

namespace detail {

namespace {

struct directory {
    std::mutex lock;
    std::map<std::string, std::shared_ptr<script_state>, std::less<>> known;
};

directory& scripts() {
    static directory& all = *new directory;
    return all;
}

}  // namespace

wake_up::wake_up() : fd_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {
    if (fd_ < 0) throw std::runtime_error{"eventfd"};
}
wake_up::~wake_up() {
    ::close(fd_);
}
void wake_up::ring() noexcept {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(fd_, &one, sizeof one);
}
void wake_up::quiet() noexcept {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = ::read(fd_, &count, sizeof count);
}

std::shared_ptr<script_state> script_state::find(std::string_view name) {
    const std::lock_guard guard{scripts().lock};
    const auto at = scripts().known.find(name);
    return at == scripts().known.end() ? nullptr : at->second;
}

void script_state::enter(const std::string& name, std::shared_ptr<script_state> state) {
    const std::lock_guard guard{scripts().lock};
    if (!scripts().known.emplace(name, std::move(state)).second)
        throw std::logic_error{"there is a script named '" + name + "' already"};
}

void script_state::leave(const std::string& name) noexcept {
    const std::lock_guard guard{scripts().lock};
    scripts().known.erase(name);
}

std::shared_ptr<hold_state> script_state::stopped_by(operation what, std::string_view sql) const {
    for (const auto& one : holds) {
        if (one->is_open) continue;
        if (one->what ? *one->what == what
                      : what == operation::execute && sql.find(one->part) != std::string_view::npos)
            return one;
    }
    return nullptr;
}

std::optional<fault> script_state::fault_for(operation what, std::string_view sql) {
    std::optional<fault> due;
    for (auto at = faults.begin(); at != faults.end();) {
        if (at->what != what || --at->nth > 0) {
            ++at;
            continue;
        }
        if (!due) due = at->why;
        at = faults.erase(at);
    }
    if (!due && what == operation::execute)
        for (const auto& [part, why] : text_faults)
            if (sql.find(part) != std::string_view::npos) return why;
    return due;
}

std::shared_ptr<const answer> script_state::peek(std::string_view sql) const {
    if (const auto at = exact.find(sql); at != exact.end()) return at->second.front();
    for (const auto& [part, what] : containing)
        if (sql.find(part) != std::string_view::npos) return what;
    return nullptr;
}

std::shared_ptr<const answer> script_state::answer_to(std::string_view sql) {
    auto found = peek(sql);
    if (const auto at = exact.find(sql); at != exact.end() && at->second.size() > 1) at->second.pop_front();
    return found;
}

void script_state::ring_all() noexcept {
    for (wake_up* bell : bells) bell->ring();
}

}  // namespace detail

value value::scalar(koine_tag tag, std::int64_t number) {
    value made;
    made.tag = tag;
    made.i = number;
    return made;
}

value value::raw(koine_tag tag, std::string bytes) {
    value made;
    made.tag = tag;
    made.bytes = std::move(bytes);
    return made;
}

hold::hold(std::shared_ptr<detail::script_state> script, std::shared_ptr<detail::hold_state> state) noexcept
    : script_{std::move(script)}, state_{std::move(state)} {}

hold::~hold() {
    if (state_) open();
}

void hold::open() {
    const std::lock_guard guard{script_->lock};
    state_->is_open = true;
    std::erase(script_->holds, state_);
    script_->ring_all();
}

void hold::wait_for(int operations) const {
    std::unique_lock guard{script_->lock};
    state_->changed.wait(guard, [&] { return state_->arrived >= operations; });
}

script::script(std::string name) : state_{std::make_shared<detail::script_state>()} {
    state_->name = name;
    detail::script_state::enter(name, state_);
}

script::~script() {
    detail::script_state::leave(state_->name);
}

void script::on(std::string sql, answer what) {
    std::vector<answer> one;
    one.push_back(std::move(what));
    on_each(std::move(sql), std::move(one));
}

void script::on_each(std::string sql, std::vector<answer> what) {
    if (what.empty()) throw std::logic_error{"a script needs at least one answer for '" + sql + "'"};
    const std::lock_guard guard{state_->lock};
    auto& place = state_->exact[std::move(sql)];
    place.clear();
    for (auto& one : what) place.push_back(std::make_shared<const answer>(std::move(one)));
}

void script::on_containing(std::string part, answer what) {
    const std::lock_guard guard{state_->lock};
    state_->containing.emplace_back(std::move(part), std::make_shared<const answer>(std::move(what)));
}

void script::fail(operation what, int nth, fault why) {
    const std::lock_guard guard{state_->lock};
    state_->faults.push_back({what, nth, std::move(why)});
}

void script::fail_containing(std::string part, fault why) {
    const std::lock_guard guard{state_->lock};
    state_->text_faults.emplace_back(std::move(part), std::move(why));
}

void script::lose_commit() {
    const std::lock_guard guard{state_->lock};
    state_->commit_lost = true;
}

void script::clear_faults() {
    const std::lock_guard guard{state_->lock};
    state_->faults.clear();
    state_->text_faults.clear();
    state_->commit_lost = false;
}

hold script::hold_up(operation what) {
    auto made = std::make_shared<detail::hold_state>();
    made->what = what;
    const std::lock_guard guard{state_->lock};
    state_->holds.push_back(made);
    return hold{state_, std::move(made)};
}

hold script::hold_up_containing(std::string part) {
    auto made = std::make_shared<detail::hold_state>();
    made->part = std::move(part);
    const std::lock_guard guard{state_->lock};
    state_->holds.push_back(made);
    return hold{state_, std::move(made)};
}

void script::on_cancel(cancelling how) {
    const std::lock_guard guard{state_->lock};
    state_->on_cancel = how;
    state_->drain_open = false;
}

void script::open_drain() {
    const std::lock_guard guard{state_->lock};
    state_->drain_open = true;
    state_->ring_all();
}

void script::server_is(std::string product, std::string version) {
    const std::lock_guard guard{state_->lock};
    state_->product = std::move(product);
    state_->version = std::move(version);
}

void script::make_dirty() {
    const std::lock_guard guard{state_->lock};
    ++state_->dirt;
}

void script::relay_to(const koine_driver& driver, std::vector<std::pair<std::string, std::string>> parameters) {
    const std::lock_guard guard{state_->lock};
    state_->relay = {driver, std::move(parameters)};
}

std::vector<std::string> script::violations() const {
    const std::lock_guard guard{state_->lock};
    return state_->violations;
}

std::vector<sent> script::log() const {
    const std::lock_guard guard{state_->lock};
    return state_->log;
}

std::vector<std::string> script::executed() const {
    const std::lock_guard guard{state_->lock};
    std::vector<std::string> texts;
    for (const auto& one : state_->log)
        if (one.what == operation::execute) texts.push_back(one.sql);
    return texts;
}

void script::clear_log() {
    const std::lock_guard guard{state_->lock};
    state_->log.clear();
}

counts script::connections() const {
    const std::lock_guard guard{state_->lock};
    return state_->numbers;
}

}  // namespace fake
}  // namespace v1
}  // namespace koine
