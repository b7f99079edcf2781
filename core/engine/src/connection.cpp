#include <koine/connection.hpp>

#include <array>
#include <mutex>
#include <utility>

#include <koine/lease/connection_access.hpp>

#include "connection_state.hpp"

namespace koine {
inline namespace v1 {

namespace detail {

driver_connection& connection_state::use() {
    if (!lease) {
        error_info info;
        info.code = errc::closed;
        info.outcome = outcome::not_sent;
        info.message = "the connection is closed";
        throw_error(std::move(info));
    }
    lease.check();
    return *lease;
}

}  // namespace detail

namespace {

using busy_guard = detail::driver_connection::busy_guard;

// Sets the deadline of one call and takes it away afterwards.
class call_deadline {
public:
    call_deadline(detail::driver_connection& on, deadline given, std::chrono::milliseconds timeout) : on_{on} {
        on_.set_deadline(!given.is_never() || timeout.count() == 0 ? given : deadline::in(timeout));
    }
    ~call_deadline() { on_.set_deadline(deadline::never()); }
    call_deadline(const call_deadline&) = delete;
    call_deadline& operator=(const call_deadline&) = delete;

private:
    detail::driver_connection& on_;
};

// The connection for one call, which no other thread may enter before it ends.
class one_call {
public:
    explicit one_call(detail::connection_state& state, deadline given = {})
        : on_{state.use()}, guard_{on_}, limit_{on_, given, state.statement_timeout} {}
    detail::driver_connection& operator*() const noexcept { return on_; }
    detail::driver_connection* operator->() const noexcept { return &on_; }

private:
    detail::driver_connection& on_;
    busy_guard guard_;
    call_deadline limit_;
};

}  // namespace

// ---- canceller ----

void canceller::cancel() const {
    const std::lock_guard lock{state_->closing};
    if (state_->lease.usable()) state_->lease->cancel();
}

// ---- transaction ----

transaction::transaction(std::shared_ptr<detail::connection_state> state, std::uint64_t id,
                         std::uint64_t savepoint) noexcept
    : state_{std::move(state)}, id_{id}, savepoint_{savepoint} {}

transaction::transaction(transaction&& other) noexcept
    : state_{std::move(other.state_)}, id_{other.id_}, savepoint_{other.savepoint_} {}

transaction& transaction::operator=(transaction&& other) noexcept {
    if (this != &other) {
        abandon();
        state_ = std::move(other.state_);
        id_ = other.id_;
        savepoint_ = other.savepoint_;
    }
    return *this;
}

transaction::~transaction() {
    abandon();
}

bool transaction::active() const noexcept {
    if (!state_ || !state_->lease.usable()) return false;
    const detail::transaction_state& now = state_->lease->transaction();
    return now.id() == id_ && now.now() != detail::transaction_state::phase::in_doubt &&
           (savepoint_ == 0 || now.depth_of(savepoint_) != 0);
}

void transaction::abandon() noexcept {
    const bool open = active();
    const auto state = std::exchange(state_, nullptr);
    if (!open) return;
    if (savepoint_ == 0)
        state->lease->rollback_later();
    else
        state->lease->rollback_to_savepoint_later(savepoint_);
}

// A handle whose transaction or savepoint is over must not end another one.
void transaction::require_active() const {
    if (!state_) throw_usage("the transaction has ended already");
    state_->use();
    if (active()) return;
    throw_usage(savepoint_ == 0 ? "the transaction has ended already"
                                : "the savepoint is over already; where DDL commits, it ends savepoints too");
}

void transaction::commit() {
    require_active();
    const one_call on{*state_};
    if (savepoint_ != 0)
        on->release_savepoint(savepoint_);
    else if (on->transaction().depth() != 0)
        throw_usage("a savepoint of the transaction is still open");
    else
        on->commit();
}

void transaction::rollback() {
    require_active();
    const one_call on{*state_};
    if (savepoint_ == 0)
        on->rollback();
    else
        on->rollback_to_savepoint(savepoint_);
}

connection engine::connect(here where) const {
    return detail::connection_access::adopt(detail::connection_lease{*this, where}, options().statement_timeout);
}

connection engine::connect(deadline limit, here where) const {
    return detail::connection_access::adopt(detail::connection_lease{*this, limit, where}, options().statement_timeout);
}

// ---- connection ----

connection::connection(std::shared_ptr<detail::connection_state> state) noexcept : state_{std::move(state)} {}
connection::connection(connection&&) noexcept = default;

connection& connection::operator=(connection&& other) noexcept {
    if (this != &other) {
        connection gone{std::move(*this)};
        state_ = std::move(other.state_);
    }
    return *this;
}

connection::~connection() {
    if (!state_) return;
    const std::lock_guard lock{state_->closing};
    state_->lease = detail::connection_lease{};
}

rows connection::run(detail::prepared& statement, std::span<const koine_value> binds, deadline limit) {
    detail::driver_connection& on = *state_->lease;
    const std::uint32_t got = on.execute(statement, binds);
    return rows{state_, statement, got, limit};
}

namespace {

detail::connection_state& usable(const std::shared_ptr<detail::connection_state>& state) {
    if (!state) throw_usage("the connection was moved from");
    state->use();
    return *state;
}

// Values of one execution: in place for the usual few.
class value_buffer {
public:
    explicit value_buffer(std::size_t count) : count_{count} {
        if (count > few_.size()) many_.resize(count);
    }
    koine_value* data() noexcept { return count_ > few_.size() ? many_.data() : few_.data(); }
    std::span<const koine_value> values() noexcept { return {data(), count_}; }

private:
    std::size_t count_;
    std::array<koine_value, 16> few_;
    std::vector<koine_value> many_{};
};

}  // namespace

connection detail::connection_access::adopt(connection_lease lease, std::chrono::milliseconds statement_timeout) {
    auto state = std::make_shared<connection_state>();
    state->lease = std::move(lease);
    state->statement_timeout = statement_timeout;
    return connection{std::move(state)};
}

connection detail::connection_access::over(std::shared_ptr<connection_state> state) {
    return connection{std::move(state)};
}

const detail::connection_lease& detail::connection_access::lease_of(const connection& on) {
    return usable(on.state_).lease;
}

rows connection::execute(const text_statement& statement, call_options options) {
    const one_call on{usable(state_), options.deadline};
    const std::string text = statement.render(on->dialect());
    if (!on->autocommits() && detail::controls_transaction(text))
        throw_usage("a transaction is begun and ended by begin(), commit() and rollback(), not by the text \"" +
                    text.substr(0, 40) +
                    "\", of which nobody else would know; with isolation::autocommit it is up to you");
    on->may_change_settings();
    if (on->observed()) [[unlikely]]
        on->set_next_place(statement.where());
    value_buffer buffer{statement.value_count(on->dialect())};
    std::span<const koine_value> typed;
    if (on->dialect().features().types_by_context) {
        bind_context for_types;  // what cannot be bound is told below
        statement.values(on->dialect(), for_types, buffer.data());
        typed = buffer.values();
    }
    detail::prepared& found = on->prepare(text, typed, options.stream);
    statement.values(on->dialect(), on->context(), buffer.data());
    return run(found, buffer.values(), options.deadline);
}

rows connection::execute(const syntax::fragment& statement, call_options options) {
    const one_call on{usable(state_), options.deadline};
    detail::prepared& found = on->prepare(statement);
    value_buffer buffer{statement.bind_count()};
    statement.values(on->context(), buffer.data());
    return run(found, buffer.values(), options.deadline);
}

result<rows> connection::try_execute(const text_statement& statement, call_options options) {
    try {
        return execute(statement, options);
    } catch (const error& why) {
        return failure{why.info()};
    }
}

transaction connection::begin(const transaction_options& options) {
    const one_call on{usable(state_)};
    on->begin(options);
    return transaction{state_, on->transaction().id(), 0};
}

transaction connection::begin_nested() {
    const one_call on{usable(state_)};
    const std::uint64_t savepoint = on->savepoint();
    return transaction{state_, on->transaction().id(), savepoint};
}

transaction connection::begin_block() {
    transaction work = begin();
    state_->in_block = true;
    return work;
}

void connection::end_block(transaction& work) {
    state_->in_block = false;
    work.commit();
    close();
}

namespace {

// The block that began a transaction ends it, so that all of the block's work is one.
void refuse_in_block(const detail::connection_state& state, std::string_view call) {
    if (!state.in_block) return;
    throw_usage(std::string{call} +
                " inside of engine::begin() or engine::run(), whose transaction ends with its function: return to "
                "commit, throw to roll back");
}

}  // namespace

bool connection::in_transaction() const {
    return usable(state_).use().in_transaction();
}

void connection::commit() {
    refuse_in_block(usable(state_), "commit()");
    one_call {
        *state_
        } -> commit();
}

void connection::rollback() {
    refuse_in_block(usable(state_), "rollback()");
    one_call {
        *state_
        } -> rollback();
}

bool connection::close() {
    if (!state_ || !state_->lease) return false;
    const bool dirty = state_->lease->in_transaction();
    detail::connection_lease mine;
    {
        const std::lock_guard lock{state_->closing};
        mine = std::move(state_->lease);
    }
    // Outside of the lock: it may talk to the server.
    mine.release();
    return dirty;
}

koine::canceller connection::canceller() const {
    usable(state_);
    return koine::canceller{state_};
}

void connection::ping(koine::deadline limit) {
    one_call {
        usable(state_), limit
        } -> ping(limit).value();
}

std::string_view connection::server_product() const {
    const detail::driver_connection& on = usable(state_).use();
    const koine_string text = on.driver().server_product(on.handle());
    return {text.data, text.size};
}

std::string_view connection::server_version() const {
    const detail::driver_connection& on = usable(state_).use();
    const koine_string text = on.driver().server_version(on.handle());
    return {text.data, text.size};
}

void* connection::native_handle() const {
    const detail::driver_connection& on = usable(state_).use();
    return on.driver().native_handle(on.handle());
}

}  // namespace v1
}  // namespace koine
