#include <koine/wire/driver_connection.hpp>

#include <algorithm>
#include <utility>

#include "wire/connection_source.hpp"
#include "wire/driver_connection_drive.hpp"
#include "wire/statement_cache.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

namespace {

// Rows fetched at once from drivers that can give several without copying; a new statement starts
// with few, as most return few.
constexpr std::uint32_t first_block = 4;
constexpr std::uint32_t full_block = 64;
constexpr std::size_t max_statement_in_error = 2048;

std::string_view key_of(const syntax::fragment& shape) noexcept {
    const auto nodes = shape.nodes();
    return {reinterpret_cast<const char*>(nodes.data()), nodes.size_bytes()};
}

}  // namespace

driver_connection::driver_connection(std::shared_ptr<connection_source> source, koine_connection* handle)
    : source_{std::move(source)},
      dialect_{&source_->dialect()},
      driver_{&source_->driver()},
      handle_{handle},
      cancel_grace_{source_->options().cancel_grace},
      context_{driver_->capabilities->native_tags},
      birth_{source_->losses()},
      full_block_{(driver_->capabilities->flags & KOINE_CAP_BLOCKING) != 0 ? 1 : full_block},
      statements_{std::make_unique<statement_cache>(source_->options().statement_cache)} {}

driver_connection::~driver_connection() {
    release(error_);
    if (handle_ == nullptr) return;
    statements_->for_each([this](prepared& s) { close_handle(s); });
    for (auto& s : owned_) close_handle(*s);
    driver_->close(handle_);
}

// ---- Errors and waiting ----

void driver_connection::raise_busy() {
    error_info info;
    info.code = errc::operation_in_progress;
    info.outcome = outcome::not_sent;
    info.message = "the connection is in use by another thread; a connection or session serves one thread at a time";
    throw_error(std::move(info));
}

error_info driver_connection::take_error(std::string_view text) {
    error_info info = to_info(error_);
    release(error_);
    info.statement = std::string{text.substr(0, max_statement_in_error)};
    if (info.poisons_connection) poisoned_ = true;
    // One failure is enough to know that the server went away, and the other connections with it.
    if (info.poisons_connection && (info.code == errc::disconnected || info.code == errc::in_doubt))
        source_->lost(birth_);
    // Databases differ in what survives an error; Koine does not: a failed transaction accepts only
    // rollback().
    if (transaction_ == transaction_state::begun && (info.outcome != outcome::not_sent || info.poisons_transaction)) {
        info.poisons_transaction = true;
        transaction_ = transaction_state::failed;
        // Not lost, not rejected, and over: the statement has committed what was done before it,
        // and has failed then.
        if (info.outcome == outcome::unknown && !poisoned_ && !dialect_->features().transactional_ddl &&
            (driver_->state(handle_) & KOINE_STATE_IN_TRANSACTION) == 0) {
            ended_by_statement_ = true;
            savepoint_depth_ = 0;
        }
    }
    context_.clear();
    // A driver that lends rows out of the database itself has taken them back if the failure has
    // ended results.
    if (results_.any() && full_block_ == 1 && (driver_->state(handle_) & KOINE_STATE_BUSY) == 0)
        results_.mark(open_result::condition::lost);
    return info;
}

void driver_connection::raise(const prepared* statement, std::string_view text) {
    throw_error(take_error(statement != nullptr && statement->text ? std::string_view{statement->text->text} : text));
}

void driver_connection::check_usable() {
    if (poisoned_) {
        error_info info;
        info.code = errc::disconnected;
        info.outcome = outcome::not_sent;
        info.poisons_connection = true;
        info.message = "the connection failed earlier and can only be closed";
        throw_error(std::move(info));
    }
    if (transaction_ == transaction_state::failed) {
        error_info info;
        info.code = errc::transaction_failed;
        info.sqlstate = koine::sqlstate{"25P02"};
        info.outcome = outcome::not_sent;
        info.poisons_transaction = true;
        info.message = "an earlier statement of the transaction failed; call rollback() before anything else";
        throw_error(std::move(info));
    }
}

void driver_connection::connect(deadline limit) {
    set_deadline(limit);
    const auto connect = [&] { return driver_->connect(handle_, &wait_, &error_); };
    if (drive(connect(), connect) != KOINE_DONE) raise(nullptr);
    const koine_string product = driver_->server_product(handle_);
    const koine_string version = driver_->server_version(handle_);
    dialect_ = &source_->settle_dialect({product.data, product.size}, {version.data, version.size});
    set_deadline(deadline::never());
}

void driver_connection::set_deadline(deadline d) noexcept {
    if (d == deadline_) return;
    deadline_ = d;
    driver_->set_deadline(handle_, d.ns());
}

void driver_connection::cancel() {
    koine_error error{};
    if (driver_->cancel(handle_, &error) != KOINE_DONE) {
        error_info info = to_info(error);
        release(error);
        throw_error(std::move(info));
    }
}

// ---- Statements ----

void driver_connection::open_handle(prepared& statement) {
    const std::string_view text = statement.text->text;
    const auto prepare = [&] {
        return driver_->prepare(handle_, koine_string{text.data(), text.size()}, statement.prepare_flags,
                                &statement.handle, &wait_, &error_);
    };
    if (drive(prepare(), prepare) != KOINE_DONE) raise(&statement);
    const std::uint32_t flags = driver_->statement_flags(statement.handle);
    statement.read_only = (flags & KOINE_STATEMENT_READ_ONLY) != 0 && !statement.text->writes;
    statement.columns = driver_->column_count(statement.handle);
    statement.parameters = driver_->parameter_count(statement.handle);
    statement.block_rows = 0;
    make_room(statement);
    statement.extras = 0;
    statement.add(prepared::late_columns, (flags & KOINE_STATEMENT_LATE_COLUMNS) != 0);
    // Only what somebody wrote by hand can be DDL or a COMMIT.
    statement.add(prepared::may_end_transaction, statement.columns == 0 && !statement.text->writes);
    statement.add(prepared::reorders, !statement.text->order.empty());
}

void driver_connection::close_handle(prepared& statement) noexcept {
    if (statement.handle != nullptr) driver_->finalize(statement.handle);
    statement.handle = nullptr;
}

std::unique_ptr<prepared> driver_connection::make_prepared(std::shared_ptr<const compiled> text, std::uint32_t flags) {
    // A prepare is a round trip of its own: what is queued goes first, so that it cannot be
    // overtaken.
    if (!unfinished_.empty()) settle();
    if (!queue_.empty()) flush_queue();
    auto statement = std::make_unique<prepared>();
    statement->text = std::move(text);
    statement->prepare_flags = flags;
    try {
        open_handle(*statement);
    } catch (...) {
        close_handle(*statement);
        throw;
    }
    return statement;
}

prepared& driver_connection::prepare(const syntax::fragment& shape) {
    const busy_guard guard{*this};
    const std::uint64_t hash = shape.hash();
    if (prepared* found = statements_->find(hash, key_of(shape))) [[likely]]
        return *found;
    return prepare_new(shape, hash);
}

prepared& driver_connection::prepare_new(const syntax::fragment& shape, std::uint64_t hash) {
    check_usable();
    auto made = make_prepared(source_->compile(shape), 0);
    prepared& statement = *made;
    if (auto evicted = statements_->insert(hash, key_of(shape), std::move(made))) close_handle(*evicted);
    return statement;
}

prepared& driver_connection::prepare(std::string_view text, bool once, bool stream) {
    const busy_guard guard{*this};
    // A streaming statement is another one than a buffered one of the same text.
    const std::uint64_t hash = std::hash<std::string_view>{}(text) + (stream ? 1 : 0);
    if (!once)
        if (prepared* found = statements_->find(hash, text); found != nullptr && !found->running) return *found;
    check_usable();
    auto as_compiled = std::make_shared<compiled>();
    as_compiled->text = std::string{text};
    const std::uint32_t flags =
        (once ? std::uint32_t{KOINE_PREPARE_ONCE} : 0U) | (stream ? std::uint32_t{KOINE_PREPARE_STREAM} : 0U);
    auto made = make_prepared(std::move(as_compiled), flags);
    prepared& statement = *made;
    if (once || statements_->find(hash, text) != nullptr) {
        statement.once = true;
        owned_.push_back(std::move(made));
    } else if (auto evicted = statements_->insert(hash, text, std::move(made))) {
        close_handle(*evicted);
    }
    return statement;
}

prepared& driver_connection::prepare_slowly(const entity_info& entity, entity_operation operation,
                                            const syntax::fragment& shape) {
    const busy_guard guard{*this};
    check_usable();
    const std::uint32_t number = number_of(entity);
    if (number >= entity_statements_.size()) entity_statements_.resize(number + 1);
    owned_.reserve(owned_.size() + 1);
    owned_.push_back(make_prepared(source_->compile(shape), 0));
    prepared& statement = *owned_.back();
    entity_statements_[number][static_cast<std::size_t>(operation)] = &statement;
    return statement;
}

void driver_connection::discard(prepared& statement) noexcept {
    if (!statement.once) return;
    close_handle(statement);
    std::erase_if(owned_, [&](const auto& s) { return s.get() == &statement; });
}

koine_column driver_connection::column(const prepared& statement, std::uint32_t index) const noexcept {
    koine_column out{};
    driver_->column(statement.handle, index, &out);
    return out;
}

// ---- Execution ----

std::span<const koine_value> driver_connection::in_placeholder_order(const prepared& statement,
                                                                     std::span<const koine_value> binds) {
    const auto& order = statement.text->order;
    ordered_.resize(order.size());
    for (std::size_t i = 0; i < order.size(); ++i) ordered_[i] = binds[order[i]];
    return ordered_;
}

void driver_connection::make_room(prepared& statement) {
    if (statement.columns == 0) return;
    std::uint32_t rows = statement.block_rows;
    if (rows == 0)
        rows = std::min(full_block_, first_block);
    else if (statement.expected_rows > rows)
        rows = full_block_;
    if (rows == statement.block_rows) return;
    statement.cells = std::make_unique<koine_value[]>(std::size_t{rows} * statement.columns);
    statement.block_rows = rows;
}

// What remains once the statement is ready.
[[gnu::always_inline]] inline std::uint32_t driver_connection::send(prepared& statement,
                                                                    std::span<const koine_value> binds,
                                                                    bool began_now) {
    std::uint32_t got = 0;
    const koine_status status = call_execute(statement, binds, got);
    if (status != KOINE_DONE) [[unlikely]]
        execute_slowly(statement, binds, status, got, began_now);
    context_.clear();
    if (!queue_.empty()) queue_was_sent();
    statement.running = got != 0;
    return got;
}

std::uint32_t driver_connection::execute(prepared& statement, std::span<const koine_value> binds) {
    const busy_guard guard{*this};
    // Everything that is to be done first, or that forbids it, out of the way of the usual call.
    const bool ready = transaction_ == transaction_state::begun && !poisoned_ && !context_.failed() &&
                       binds.size() == statement.parameters && statement.extras == 0 && unfinished_.empty() &&
                       statement.expected_rows <= statement.block_rows && (!options_.read_only || statement.read_only);
    return ready ? send(statement, binds, false) : make_ready_and_send(statement, binds);
}

// Answers whether the transaction began now. `binds` may be put into another order.
inline bool driver_connection::make_ready(prepared& statement, std::span<const koine_value>& binds) {
    if (poisoned_ || transaction_ == transaction_state::failed) [[unlikely]]
        check_usable();
    if (context_.failed()) [[unlikely]]
        raise_bind_failure(statement);
    if (binds.size() != statement.parameters) [[unlikely]]
        raise_wrong_number(statement, binds.size());
    if (statement.needs(prepared::reorders)) binds = in_placeholder_order(statement, binds);
    if (options_.read_only && !statement.read_only) [[unlikely]]
        refuse_write(statement);
    if (!unfinished_.empty()) settle();
    if (statement.needs(prepared::outdated)) [[unlikely]]
        renew(statement);
    if (statement.expected_rows > statement.block_rows) make_room(statement);
    return transaction_ != transaction_state::begun && begin_for(statement);
}

std::uint32_t driver_connection::make_ready_and_send(prepared& statement, std::span<const koine_value> binds) {
    const bool began_now = make_ready(statement, binds);
    std::uint32_t got = send(statement, binds, began_now);
    if (statement.needs(prepared::late_columns)) [[unlikely]]
        got = late_rows(statement);
    if (statement.needs(prepared::may_end_transaction) && transaction_ == transaction_state::begun) [[unlikely]]
        notice_end();
    return got;
}

// The rest of a call that the driver did not finish at once. A resumed operation must get the same
// arguments, `got` among them.
void driver_connection::execute_slowly(prepared& statement, std::span<const koine_value> binds, koine_status status,
                                       std::uint32_t& got, bool began_now) {
    if (status == KOINE_WAIT) status = drive(status, [&] { return call_execute(statement, binds, got); });
    if (status == KOINE_DONE) return;
    if (error_.queued_index != 0 || error_.code != static_cast<std::int32_t>(errc::statement_outdated))
        raise_sent(&statement);
    got = execute_again(statement, binds, began_now);
}

// The first rows where only the execution has told for how many columns there has to be room.
std::uint32_t driver_connection::late_rows(prepared& statement) {
    const std::uint32_t columns = driver_->column_count(statement.handle);
    if (columns != statement.columns) {
        statement.columns = columns;
        statement.block_rows = 0;
        make_room(statement);
    }
    const std::uint32_t got = columns == 0 ? 0 : fetch(statement);
    statement.running = got != 0;
    return got;
}

// The schema changed under a prepared statement, or the statement is gone. Once, and only where
// nothing but this statement can have been lost, it is prepared anew.
std::uint32_t driver_connection::execute_again(prepared& statement, std::span<const koine_value> binds,
                                               bool began_now) {
    statement.add(prepared::outdated);
    queue_was_sent();
    if (transaction_ == transaction_state::begun && !began_now && (error_.poisons & KOINE_POISONS_TRANSACTION) != 0)
        raise(&statement);
    release(error_);
    if (began_now && (driver_->state(handle_) & KOINE_STATE_IN_TRANSACTION) != 0) {
        run_text("ROLLBACK");
        transaction_ = transaction_state::pending;
    }
    renew(statement);
    if (transaction_ != transaction_state::begun) begin_for(statement);
    koine_status status;
    const std::uint32_t got = execute_once(statement, binds, status);
    if (status != KOINE_DONE) raise_sent(&statement);
    return got;
}

// Prepares a statement anew. While that does not succeed it stays outdated: open_handle() changes
// nothing when it throws.
void driver_connection::renew(prepared& statement) {
    if (!queue_.empty()) flush_queue();
    const std::uint32_t columns = statement.columns;
    close_handle(statement);
    open_handle(statement);
    if (statement.columns != columns && statement.text->columns != 0 && !statement.needs(prepared::late_columns)) {
        statement.add(prepared::outdated);
        // Koine wrote the column list itself, so that a changed shape cannot be a harmless new
        // column.
        throw_usage("the result of a mapped statement changed its shape: " + statement.text->text);
    }
}

void driver_connection::raise_wrong_number(const prepared& statement, std::size_t given) {
    throw_usage("the statement has " + std::to_string(statement.parameters) + " parameters, " + std::to_string(given) +
                " values were given: " + statement.text->text);
}

void driver_connection::raise_bind_failure(const prepared& statement) {
    error_info info;
    info.code = context_.code();
    info.outcome = outcome::not_sent;
    info.message = context_.what();
    info.statement = statement.text->text.substr(0, max_statement_in_error);
    context_.clear();
    throw_error(std::move(info));
}

// `got` is the one that the first call was given: a resumed operation must get the same arguments.
void driver_connection::fetch_slow(prepared& statement, koine_status status, std::uint32_t& got) {
    const auto fetch = [&] {
        return driver_->fetch(statement.handle, statement.cells.get(), statement.block_rows, &got, &wait_, &error_);
    };
    if (status == KOINE_WAIT) status = drive(status, fetch);
    if (status != KOINE_DONE) {
        statement.running = false;
        raise(&statement);
    }
}

std::uint32_t driver_connection::fetch(prepared& statement, deadline limit) {
    const busy_guard guard{*this};
    set_deadline(limit);
    try {
        const std::uint32_t got = fetch(statement);
        set_deadline(deadline::never());
        return got;
    } catch (...) {
        set_deadline(deadline::never());
        throw;
    }
}

void driver_connection::finish(prepared& statement) {
    if (!statement.running) return;
    const busy_guard guard{*this};
    if (!unfinished_.empty()) settle();
    statement.running = false;
    if (const koine_status status = driver_->finish(statement.handle, &wait_, &error_); status != KOINE_DONE)
        [[unlikely]]
        finish_slowly(statement, status);
}

void driver_connection::finish_slowly(prepared& statement, koine_status status) {
    const auto end = [&] { return driver_->finish(statement.handle, &wait_, &error_); };
    if (drive(status, end) != KOINE_DONE) raise(&statement);
}

void driver_connection::finish_later(prepared& statement) noexcept {
    try {
        const busy_guard guard{*this};
        if (statement.running) {
            statement.running = false;
            unfinished_.reserve(unfinished_.size() + 1);
            const koine_status status =
                unfinished_.empty() ? driver_->finish(statement.handle, &wait_, &error_) : koine_status{KOINE_WAIT};
            if (status == KOINE_WAIT) {
                unfinished_.push_back(&statement);
                return;
            }
            if (status != KOINE_DONE) take_error(statement.text->text);
        }
        discard(statement);
    } catch (...) {
        // Another thread is at work, or memory is out: the statement stays until the end.
    }
}

void driver_connection::end_results() noexcept {
    while (open_result* const one = results_.take()) {
        one->where.store(open_result::condition::over, std::memory_order_relaxed);
        if (prepared* const statement = std::exchange(one->statement, nullptr)) finish_later(*statement);
    }
}

// Reads what was left behind of results, so that the next operation can begin.
void driver_connection::settle() {
    while (!unfinished_.empty()) {
        prepared& statement = *unfinished_.front();
        const auto end = [&] { return driver_->finish(statement.handle, &wait_, &error_); };
        const koine_status status = drive(end(), end);
        unfinished_.erase(unfinished_.begin());
        if (status != KOINE_DONE) raise(&statement);
        discard(statement);
    }
    for (const std::string& text : std::exchange(deferred_, {})) queue_text(text);
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
