#include "statement.hpp"

#include <algorithm>

#include "errors.hpp"
#include "statement_run.hpp"

namespace koine {
inline namespace v1 {
namespace sqlite3_driver {

namespace {

// Copies of binds larger than this are not kept for the next execution.
constexpr std::size_t most_kept_bytes = 65536;

bool contains(std::string_view upper, std::string_view part) noexcept {
    return upper.find(part) != std::string_view::npos;
}

// The tag that values of a column most likely have, by SQLite's rules for a declared type.
koine_tag expected_tag(std::string_view declared) {
    std::string upper{declared};
    std::transform(upper.begin(), upper.end(), upper.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    if (contains(upper, "INT")) return KOINE_INT64;
    if (contains(upper, "CHAR") || contains(upper, "CLOB") || contains(upper, "TEXT")) return KOINE_TEXT;
    if (contains(upper, "BLOB")) return KOINE_BLOB;
    if (contains(upper, "REAL") || contains(upper, "FLOA") || contains(upper, "DOUB")) return KOINE_FLOAT64;
    return KOINE_NULL;
}

}  // namespace

statement::statement(connection& owner, sqlite3_stmt* handle, statement_kind kind) noexcept
    : handle_{handle},
      owner_{owner},
      parameter_count_{static_cast<std::uint32_t>(sqlite3_bind_parameter_count(handle))},
      column_count_{0},
      kind_{kind},
      read_only_{sqlite3_stmt_readonly(handle) != 0},
      next_{owner.statements_},
      previous_{&owner.statements_} {
    if (next_ != nullptr) next_->previous_ = &next_;
    owner.statements_ = this;
    describe();
}

statement::~statement() {
    if (open_) --owner_.open_results_;
    if (owner_.stepping_ == this) owner_.stepping_ = nullptr;
    *previous_ = next_;
    if (next_ != nullptr) next_->previous_ = previous_;
    sqlite3_finalize(handle_);
}

std::uint32_t statement::flags() const noexcept {
    std::uint32_t bits = 0;
    if (read_only_) bits |= KOINE_STATEMENT_READ_ONLY;
    if (column_count_ != 0) bits |= KOINE_STATEMENT_RETURNS_ROWS;
    return bits;
}

void statement::column(std::uint32_t index, koine_column& out) const noexcept {
    const auto i = static_cast<int>(index);
    const char* const name = sqlite3_column_name(handle_, i);
    const char* const declared = sqlite3_column_decltype(handle_, i);
    out.name = spi::to_c(name == nullptr ? std::string_view{} : std::string_view{name});
    out.type_name = spi::to_c(declared == nullptr ? std::string_view{} : std::string_view{declared});
    out.native_type = 0;
    try {
        out.tag = expected_tag(spi::to_view(out.type_name));
    } catch (...) {
        out.tag = KOINE_NULL;  // short of memory: no expectation is a right answer
    }
}

std::uint64_t statement::shape() const noexcept {
    std::uint64_t hash = 14695981039346656037U;
    const auto add = [&hash](const char* text) {
        for (; text != nullptr && *text != '\0'; ++text)
            hash = (hash ^ static_cast<unsigned char>(*text)) * 1099511628211U;
        hash = (hash ^ 0xffU) * 1099511628211U;
    };
    for (int i = 0; i < sqlite3_column_count(handle_); ++i) {
        add(sqlite3_column_name(handle_, i));
        add(sqlite3_column_decltype(handle_, i));
    }
    return hash;
}

void statement::describe() noexcept {
    column_count_ = static_cast<std::uint32_t>(sqlite3_column_count(handle_));
    reprepared_ = sqlite3_stmt_status(handle_, SQLITE_STMTSTATUS_REPREPARE, 0);
    shape_ = shape();
}

std::string_view statement::sql() const noexcept {
    const char* const text = sqlite3_sql(handle_);
    return text == nullptr ? std::string_view{} : std::string_view{text};
}

int statement::bind_other(int index, const koine_value& value) noexcept {
    switch (value.tag) {
        case KOINE_NULL:
            return sqlite3_bind_null(handle_, index);
        // SQLite stores NaN as NULL without a word.
        case KOINE_FLOAT64:
            return value.u.f != value.u.f ? SQLITE_MISMATCH : sqlite3_bind_double(handle_, index, value.u.f);
        case KOINE_TEXT:
            return sqlite3_bind_text64(handle_, index, content(value), value.len, SQLITE_STATIC, SQLITE_UTF8);
        case KOINE_BLOB:
            return sqlite3_bind_blob64(handle_, index, content(value), value.len, SQLITE_STATIC);
        default:
            return SQLITE_MISUSE;
    }
}

// Later rows may still need a value that the caller has lent for the execution only.
std::span<const koine_value> statement::keep(std::span<const koine_value> binds) {
    std::size_t bytes = 0;
    for (const auto& value : binds)
        if (is_lent(value)) bytes += value.len;
    if (bytes == 0) return binds;
    if (kept_binds_ == nullptr) kept_binds_ = std::make_unique<koine_value[]>(parameter_count_);
    kept_text_.clear();
    kept_text_.reserve(bytes);
    keeps_much_ = kept_text_.capacity() > most_kept_bytes;
    for (std::size_t i = 0; i < binds.size(); ++i) {
        kept_binds_[i] = binds[i];
        if (!is_lent(binds[i]) || binds[i].len == 0) continue;
        kept_binds_[i].u.p = kept_text_.data() + kept_text_.size();
        kept_text_.append(static_cast<const char*>(binds[i].u.p), binds[i].len);
    }
    return {kept_binds_.get(), binds.size()};
}

void statement::end() noexcept {
    end_now();
}

void statement::complete() noexcept {
    complete_now();
}

// Outside of a transaction a write commits when its result ends, and may fail then.
koine_status statement::finish_write(koine_error& error) {
    if (const int code = sqlite3_reset(handle_); code != SQLITE_OK) return fail(code, error);
    complete();
    return KOINE_DONE;
}

koine_status statement::drain(std::uint32_t& got, koine_error& error) {
    got = 0;
    int code = SQLITE_ROW;
    while (code == SQLITE_ROW) code = sqlite3_step(handle_);
    if (code != SQLITE_DONE) return fail(code, error);
    complete();
    return KOINE_DONE;
}

koine_status statement::fetch_closed(std::uint32_t& got, koine_error& error) {
    got = 0;
    if (ended_by_ == errc{}) return KOINE_DONE;
    const errc why = ended_by_;
    if (why == errc::transaction_failed)
        return refuse(why, outcome::rejected, "25P02", "the transaction was rolled back while the result was read",
                      error);
    return refuse(why, outcome::rejected, "57014",
                  "the result was ended by a cancellation or a deadline of its connection", error);
}

bool statement::answer_unusual(std::uint32_t& got, koine_error& error, koine_status& status) {
    got = 0;
    if (owner_.condition_ == connection::condition::broken) {
        status =
            refuse(errc::closed, outcome::not_sent, "08003", "the connection has failed and may only be closed", error);
        error.poisons |= KOINE_POISONS_CONNECTION;
        return true;
    }
    if (owner_.condition_ == connection::condition::failed_transaction) {
        if (kind_ == statement_kind::rollback) {
            owner_.condition_ = connection::condition::usable;
            status = KOINE_DONE;
        } else {
            status = refuse(errc::transaction_failed, outcome::not_sent, "25P02",
                            "an error has rolled the transaction back; only ROLLBACK is accepted", error);
            error.poisons |= KOINE_POISONS_TRANSACTION;
        }
        return true;
    }
    if (kind_ != statement_kind::rollback && owner_.past_deadline()) {
        status = refuse(errc::timeout, outcome::not_sent, "57014",
                        "the deadline had passed before the statement was run", error);
        return true;
    }
    if (kind_ == statement_kind::vacuum && owner_.options_.attach_limit == 0) {
        struct lift {
            sqlite3* database;
            explicit lift(sqlite3* d) noexcept : database{d} { sqlite3_limit(d, SQLITE_LIMIT_ATTACHED, 1); }
            ~lift() { sqlite3_limit(database, SQLITE_LIMIT_ATTACHED, 0); }
        } const lifted{owner_.database_};
        owner_.in_transaction_ = sqlite3_get_autocommit(owner_.database_) == 0;
        const int code = step_first();
        status = code == SQLITE_DONE ? KOINE_DONE : fail(code, error);
        if (code == SQLITE_DONE) complete();
        return true;
    }
    return false;
}

koine_status statement::refuse(errc code, outcome outcome, std::string_view sqlstate, std::string_view message,
                               koine_error& error) {
    return spi::fill(&error, own_failure(code, outcome, sqlstate, message));
}

koine_status statement::refuse_bind(std::span<const koine_value> binds, int code, koine_error& error) {
    switch (code) {
        case SQLITE_RANGE:
            return refuse(errc::usage, outcome::not_sent, "07001",
                          "the statement has " + std::to_string(parameter_count_) + " parameters, not " +
                              std::to_string(binds.size()),
                          error);
        case SQLITE_MISMATCH:
            return refuse(errc::out_of_range, outcome::not_sent, "22003", "SQLite cannot store NaN", error);
        case SQLITE_MISUSE:
            return refuse(errc::usage, outcome::not_sent, "07006",
                          "a parameter has a type that this driver does not bind", error);
        default: {
            spi::failure why = last_error(owner_.database_, code);
            why.outcome = outcome::not_sent;
            return spi::fill(&error, why);
        }
    }
}

koine_status statement::refuse_new_shape(koine_error& error) {
    end();
    spi::failure why = own_failure(errc::statement_outdated, read_only_ ? outcome::not_sent : outcome::unknown, "0A000",
                                   "the columns of the statement have changed since it was prepared");
    // The rows are lost, but what the statement has changed stays until somebody rolls back.
    why.poisons_transaction = !read_only_ && owner_.in_transaction_;
    return spi::fill(&error, why);
}

koine_status statement::fail(int code, koine_error& error, bool row_reached) {
    const bool was_in_transaction = owner_.in_transaction_;
    spi::failure why = owner_.failure_of(code, number_, sql());
    end();
    const int primary = code & 0xff;
    if ((primary == SQLITE_BUSY || primary == SQLITE_LOCKED || primary == SQLITE_SCHEMA) && !was_in_transaction)
        why.outcome = outcome::not_sent;
    // SQLite says that it undid the change, but what reached the disk may be found there after a
    // crash.
    const bool commits = kind_ == statement_kind::control || (!was_in_transaction && !read_only_);
    if (primary == SQLITE_IOERR && commits) why.outcome = outcome::unknown;
    if (row_reached && commits) why.outcome = outcome::unknown;
    name_unique_index(owner_.database_, why);
    return spi::fill(&error, why);
}

}  // namespace sqlite3_driver
}  // namespace v1
}  // namespace koine
