#include <koine/wire/driver_connection.hpp>

#include <algorithm>
#include <string>
#include <utility>

#include <koine/types/type_traits.hpp>

#include "wire/connection_source.hpp"
#include "wire/statement_cache.hpp"
#include "wire/statement_watch.hpp"
#include "wire/wire_drive.hpp"

namespace koine {
inline namespace v1 {
namespace detail {

namespace {

// Rows fetched at once from drivers that can give several without copying; a new statement starts
// with few, as most return few.
constexpr std::uint32_t first_block = 4;
constexpr std::uint32_t full_block = 64;
// SQLSTATE of a server's limit of prepared statements.
constexpr std::string_view too_many_statements = "53400";

std::string_view key_of(const syntax::fragment& shape) noexcept {
    const auto nodes = shape.nodes();
    return {reinterpret_cast<const char*>(nodes.data()), nodes.size_bytes()};
}

}  // namespace

driver_connection::driver_connection(std::shared_ptr<connection_source> source, koine_connection* handle)
    : source_{std::move(source)},
      dialect_{&source_->dialect()},
      wire_{source_->driver(), handle, source_->options().cancel_grace, source_->options().statement_timeout},
      statements_{source_->driver(), source_->options().statement_cache},
      queue_{wire_},
      context_{source_->driver().capabilities->native_tags},
      observers_{source_->observers()->counter()},
      birth_{source_->losses()},
      full_block_{wire_.can(KOINE_CAP_BLOCKING) ? 1 : full_block} {}

driver_connection::~driver_connection() {
    if (handle() == nullptr) return;
    statements_.free_handles();
    wire_.close();
}

void driver_connection::connect(deadline limit) {
    wire_.set_deadline(limit);
    const auto connect = [&] { return driver().connect(handle(), wire_.waiting(), wire_.failing()); };
    if (wire_.drive(connect) != KOINE_DONE) raise(nullptr);
    const koine_string product = driver().server_product(handle());
    const koine_string version = driver().server_version(handle());
    dialect_ = &source_->settle_dialect({product.data, product.size}, {version.data, version.size});
    wire_.set_deadline(deadline::never());
}

// ---- Statements ----

void driver_connection::open_handle(prepared& statement) {
    const std::string_view text = statement.text->text;
    const auto prepare = [&] {
        return driver().prepare(handle(), koine_string{text.data(), text.size()}, statement.prepare_flags,
                                &statement.handle, wire_.waiting(), wire_.failing());
    };
    while (wire_.drive(prepare) != KOINE_DONE) {
        // A server that keeps no more statements takes this one for another.
        if (std::string_view{wire_.error().sqlstate} != too_many_statements || !statements_.give_up_one())
            raise(&statement);
        wire_.drop_error();
    }
    const std::uint32_t flags = driver().statement_flags(statement.handle);
    const bool reads = (flags & KOINE_STATEMENT_READ_ONLY) != 0;
    statement.read_only = reads && !statement.text->writes;
    statement.columns = driver().column_count(statement.handle);
    statement.parameters =
        statement.text->values == 0 ? driver().parameter_count(statement.handle) : statement.text->values;
    statement.block_rows = 0;
    make_room(statement);
    statement.extras = 0;
    statement.add(prepared::late_columns, (flags & KOINE_STATEMENT_LATE_COLUMNS) != 0);
    // Only what somebody wrote by hand can be DDL or a COMMIT. A SELECT is neither.
    statement.add(prepared::may_end_transaction, !statement.text->writes && (statement.columns == 0 || !reads));
    statement.add(prepared::reorders, !statement.text->order.empty());
}

std::unique_ptr<prepared> driver_connection::make_prepared(std::shared_ptr<const compiled> text, std::uint32_t flags) {
    // A prepare is a round trip of its own: what is queued goes first, so that it cannot be
    // overtaken.
    if (owed_.any()) settle();
    if (!queue_.empty()) flush_queue();
    auto statement = std::make_unique<prepared>();
    statement->text = std::move(text);
    statement->prepare_flags = flags;
    const std::int64_t began = wire_.observed() ? time_of_watch() : 0;
    try {
        open_handle(*statement);
    } catch (const error& failed) {
        if (wire_.observed()) tell_control(statement->text->text, began, &failed.info());
        statements_.free_handle(*statement);
        throw;
    } catch (...) {
        statements_.free_handle(*statement);
        throw;
    }
    return statement;
}

std::unique_ptr<prepared> driver_connection::make_prepared(std::string_view text) {
    compiled by_hand;
    by_hand.text = std::string{text};
    return make_prepared(std::make_shared<const compiled>(std::move(by_hand)));
}

prepared& driver_connection::prepare(const syntax::fragment& shape) {
    const busy_guard guard{*this};
    const std::uint64_t hash = shape.hash();
    if (prepared* found = statements_.cache().find(hash, key_of(shape))) [[likely]]
        return *found;
    return prepare_new(shape, hash);
}

prepared& driver_connection::prepare_new(const syntax::fragment& shape, std::uint64_t hash) {
    check_usable();
    return statements_.keep(hash, key_of(shape), make_prepared(source_->compile(shape)));
}

prepared& driver_connection::prepare(std::string_view text, bool once) {
    return prepare_text(text, text, {}, once ? std::uint32_t{KOINE_PREPARE_ONCE} : 0U);
}

prepared& driver_connection::prepare(std::string_view text, std::span<const koine_value> values, bool stream) {
    const std::uint32_t flags = stream ? std::uint32_t{KOINE_PREPARE_STREAM} : 0U;
    if (values.empty()) return prepare_text(text, text, {}, flags);
    // No text has a NUL.
    std::string key;
    key.reserve(text.size() + 1 + values.size());
    key.append(text).append(1, '\0');
    for (const koine_value& one : values) key.append(1, static_cast<char>(one.tag));
    return prepare_text(key, text, values, flags);
}

prepared& driver_connection::prepare_text(std::string_view key, std::string_view text,
                                          std::span<const koine_value> values, std::uint32_t flags) {
    const busy_guard guard{*this};
    const bool once = (flags & KOINE_PREPARE_ONCE) != 0;
    // A streaming statement is another one than a buffered one of the same text.
    const std::uint64_t hash = std::hash<std::string_view>{}(key) + ((flags & KOINE_PREPARE_STREAM) != 0 ? 1 : 0);
    if (!once)
        if (prepared* found = statements_.cache().find(hash, key); found != nullptr && !found->running) return *found;
    check_usable();
    compiled by_hand;
    if (!values.empty()) by_hand = dialect_->typed_text(text, values);
    if (by_hand.text.empty()) by_hand.text = std::string{text};
    auto made = make_prepared(std::make_shared<const compiled>(std::move(by_hand)), flags);
    if (!once && statements_.cache().find(hash, key) == nullptr) return statements_.keep(hash, key, std::move(made));
    made->once = true;
    return statements_.own(std::move(made));
}

prepared& driver_connection::prepare_slowly(const entity_info& entity, entity_operation operation,
                                            const syntax::fragment& shape) {
    const busy_guard guard{*this};
    check_usable();
    prepared& statement = statements_.own(make_prepared(source_->compile(shape)));
    statements_.keep_for(number_of(entity), operation, statement);
    return statement;
}

koine_column driver_connection::column(const prepared& statement, std::uint32_t index) const noexcept {
    koine_column out{};
    driver().column(statement.handle, index, &out);
    return out;
}

// ---- Execution ----

std::span<const koine_value> driver_connection::in_placeholder_order(const prepared& statement,
                                                                     std::span<const koine_value> binds) {
    const auto& order = statement.text->order;
    ordered_.resize(order.size());
    for (std::size_t i = 0; i < order.size(); ++i) ordered_[i] = binds[order[i]];
    for (const list_placeholder& list : statement.text->lists) {
        const std::string text = dialect().list_text(binds.subspan(list.first, list.count));
        if (text.size() > max_content) throw_usage("the values of a list are more than 4 GiB of text");
        ordered_[list.placeholder] = keep(content_value(text.data(), text.size(), KOINE_TEXT), context_);
    }
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

inline koine_status driver_connection::call_execute(prepared& statement, std::span<const koine_value> binds,
                                                    std::uint32_t& got) {
    return driver().execute(statement.handle, binds.data(), static_cast<std::uint32_t>(binds.size()),
                            statement.cells.get(), statement.needs(prepared::late_columns) ? 0 : statement.block_rows,
                            &got, wire_.waiting(), wire_.failing());
}

std::uint32_t driver_connection::execute_once(prepared& statement, std::span<const koine_value> binds,
                                              koine_status& status) {
    std::uint32_t got = 0;
    status = wire_.drive([&] { return call_execute(statement, binds, got); });
    return got;
}

void driver_connection::run_control(prepared& statement) {
    if (wire_.observed()) [[unlikely]]
        return run_control_observed(statement);
    std::uint32_t got = 0;
    koine_status status = call_execute(statement, {}, got);
    if (status == KOINE_WAIT) status = wire_.drive(status, [&] { return call_execute(statement, {}, got); });
    if (status != KOINE_DONE) [[unlikely]]
        raise(&statement);
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
    if (!queue_.empty()) queue_.was_sent();
    statement.running = got != 0;
    return got;
}

std::uint32_t driver_connection::execute(prepared& statement, std::span<const koine_value> binds) {
    const busy_guard guard{*this};
    // Everything that is to be done first, or that forbids it, out of the way of the usual call.
    const bool ready = transaction_.begun() && wire_.plain() && !context_.failed() &&
                       binds.size() == statement.parameters && statement.extras == 0 && !owed_.any() &&
                       statement.expected_rows <= statement.block_rows &&
                       (!transaction_.options().read_only || statement.read_only);
    return ready ? send(statement, binds, false) : make_ready_and_send(statement, binds);
}

// Returns whether the transaction began now. `binds` may be put into another order.
inline bool driver_connection::make_ready(prepared& statement, std::span<const koine_value>& binds) {
    if (wire_.poisoned() || transaction_.now() == transaction_state::phase::failed) [[unlikely]]
        check_usable();
    if (context_.failed()) [[unlikely]]
        raise_bind_failure(statement);
    if (binds.size() != statement.parameters) [[unlikely]]
        raise_wrong_number(statement, binds.size());
    if (statement.needs(prepared::reorders)) binds = in_placeholder_order(statement, binds);
    if (transaction_.begun() && transaction_.options().read_only && !statement.read_only) [[unlikely]]
        refuse_write(statement);
    if (owed_.any()) settle();
    if (statement.needs(prepared::outdated)) [[unlikely]]
        renew(statement);
    if (statement.expected_rows > statement.block_rows) make_room(statement);
    return !transaction_.begun() && begin_for(statement);
}

std::uint32_t driver_connection::make_ready_and_send(prepared& statement, std::span<const koine_value> binds) {
    return wire_.observed() ? send_observed(statement, binds) : ready_and_send(statement, binds);
}

std::uint32_t driver_connection::ready_and_send(prepared& statement, std::span<const koine_value> binds) {
    const bool began_now = make_ready(statement, binds);
    std::uint32_t got = send(statement, binds, began_now);
    if (statement.needs(prepared::late_columns)) [[unlikely]]
        got = late_rows(statement);
    if (statement.needs(prepared::may_end_transaction)) [[unlikely]]
        compare_with_driver(statement);
    return got;
}

// The rest of a call that the driver did not finish at once. A resumed operation must get the same
// arguments, `got` among them.
void driver_connection::execute_slowly(prepared& statement, std::span<const koine_value> binds, koine_status status,
                                       std::uint32_t& got, bool began_now) {
    if (status == KOINE_WAIT) status = wire_.drive(status, [&] { return call_execute(statement, binds, got); });
    if (status == KOINE_DONE) return;
    if (wire_.error().queued_index != 0 || wire_.error().code != static_cast<std::int32_t>(errc::statement_outdated))
        raise_sent(&statement, binds);
    got = execute_again(statement, binds, began_now);
}

// The first rows where only the execution has told for how many columns there has to be room.
std::uint32_t driver_connection::late_rows(prepared& statement) {
    const std::uint32_t columns = driver().column_count(statement.handle);
    if (columns != statement.columns) {
        statement.columns = columns;
        statement.block_rows = 0;
        make_room(statement);
    }
    const std::uint32_t got = columns == 0 ? 0 : fetch(statement);
    statement.running = got != 0;
    return got;
}

// Whether nothing is lost and nothing done twice when an outdated statement runs again. What was
// queued in front of it is lost with a transaction of its own.
bool driver_connection::may_run_again(const prepared& statement, bool began_now) const noexcept {
    const bool perhaps_done = wire_.error().outcome == KOINE_UNKNOWN && !statement.read_only;
    if (began_now) return !perhaps_done || wire_.in_transaction();  // which is rolled back first
    if (transaction_.begun()) return !perhaps_done && (wire_.error().poisons & KOINE_POISONS_TRANSACTION) == 0;
    return !perhaps_done && !queue_.has_statements();
}

// The schema changed under a prepared statement, or the statement is gone: it is prepared anew,
// once.
std::uint32_t driver_connection::execute_again(prepared& statement, std::span<const koine_value> binds,
                                               bool began_now) {
    statement.add(prepared::outdated);
    const bool again = may_run_again(statement, began_now);
    queue_.was_sent();
    if (!again) raise_sent(&statement, binds);
    wire_.drop_error();
    if (began_now && wire_.in_transaction()) {
        run_text("ROLLBACK");
        transaction_.began_in_vain();
    }
    renew(statement);
    if (transaction_.now() == transaction_state::phase::pending) begin_for(statement);
    koine_status status;
    const std::uint32_t got = execute_once(statement, binds, status);
    if (status != KOINE_DONE) raise_sent(&statement, binds);
    return got;
}

// Prepares a statement anew. While that does not succeed it stays outdated: open_handle() changes
// nothing when it throws.
void driver_connection::renew(prepared& statement) {
    if (!queue_.empty()) flush_queue();
    const std::uint32_t columns = statement.columns;
    statements_.free_handle(statement);
    open_handle(statement);
    if (statement.columns != columns && statement.text->columns != 0 && !statement.needs(prepared::late_columns)) {
        statement.add(prepared::outdated);
        // Koine wrote the column list itself, so that a changed shape cannot be a harmless new
        // column.
        throw_usage("the result of a mapped statement changed its shape: " + statement.text->text);
    }
}

// ---- Results ----

// `got` is the one that the first call was given: a resumed operation must get the same arguments.
void driver_connection::fetch_slow(prepared& statement, koine_status status, std::uint32_t& got) {
    const auto fetch = [&] {
        return driver().fetch(statement.handle, statement.cells.get(), statement.block_rows, &got, wire_.waiting(),
                              wire_.failing());
    };
    if (wire_.drive(status, fetch) != KOINE_DONE) {
        statement.running = false;
        raise(&statement);
    }
}

std::uint32_t driver_connection::fetch(prepared& statement, deadline limit) {
    const busy_guard guard{*this};
    wire_.set_deadline(limit);
    try {
        const std::uint32_t got = fetch(statement);
        wire_.set_deadline(deadline::never());
        return got;
    } catch (...) {
        wire_.set_deadline(deadline::never());
        throw;
    }
}

void driver_connection::finish(prepared& statement) {
    if (!statement.running) return;
    const busy_guard guard{*this};
    if (owed_.any()) settle();
    statement.running = false;
    const auto end = [&] { return driver().finish(statement.handle, wire_.waiting(), wire_.failing()); };
    if (wire_.drive(end) != KOINE_DONE) raise(&statement);
}

void driver_connection::finish_later(prepared& statement) noexcept {
    try {
        const busy_guard guard{*this};
        if (statement.running) {
            statement.running = false;
            owed_.reserve_result();
            const koine_status status = owed_.has_results()
                                            ? koine_status{KOINE_WAIT}
                                            : driver().finish(statement.handle, wire_.waiting(), wire_.failing());
            if (status == KOINE_WAIT) {
                owed_.add_result(statement);
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

// Does what is owed, so that the next operation can begin.
void driver_connection::settle() {
    settle_results();
    // Running them asks again whether anything is owed.
    for (const std::string& text : owed_.take_texts()) pay_text(text);
}

void driver_connection::settle_results() {
    while (owed_.has_results()) {
        prepared& statement = owed_.first_result();
        const auto end = [&] { return driver().finish(statement.handle, wire_.waiting(), wire_.failing()); };
        const koine_status status = wire_.drive(end);
        owed_.drop_first_result();
        if (status != KOINE_DONE) raise(&statement);
        discard(statement);
    }
}

}  // namespace detail
}  // namespace v1
}  // namespace koine
