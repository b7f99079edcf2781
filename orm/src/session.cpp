#include <koine/orm/session.hpp>

#include <utility>

#include <koine/error.hpp>

#include "session_core.hpp"

namespace koine {
inline namespace v1 {

// ---- no_autoflush ----

no_autoflush::no_autoflush(detail::session_handle session) noexcept : session_{std::move(session)} {
    ++session_->autoflush_off;
}

no_autoflush::no_autoflush(no_autoflush&& other) noexcept : session_{std::exchange(other.session_, nullptr)} {}

no_autoflush::~no_autoflush() {
    if (session_) --session_->autoflush_off;
}

// ---- savepoint ----

savepoint::savepoint(detail::session_handle session, std::uint64_t id) noexcept
    : session_{std::move(session)}, id_{id} {}

savepoint::savepoint(savepoint&& other) noexcept : session_{std::exchange(other.session_, nullptr)}, id_{other.id_} {}

savepoint& savepoint::operator=(savepoint&& other) noexcept {
    std::swap(session_, other.session_);
    std::swap(id_, other.id_);
    return *this;
}

savepoint::~savepoint() {
    if (session_) session_->abandon_nested(id_);
}

void savepoint::commit() {
    detail::session_of(session_).commit_nested(id_);
}
void savepoint::rollback() {
    detail::session_of(session_).rollback_nested(id_);
}
bool savepoint::active() const noexcept {
    return session_ && session_->nested_is_open(id_);
}

// ---- session ----

session::session(koine::engine engine, session_options options, const here& where)
    : core_{std::make_shared<detail::session_core>(std::move(engine), options, where)} {}

session::session(session&&) noexcept = default;

session& session::operator=(session&& other) noexcept {
    if (this != &other) {
        abandon();
        core_ = std::move(other.core_);
    }
    return *this;
}

session::~session() {
    abandon();
}

void session::abandon() noexcept {
    if (core_) core_->end();
}

void session::expunge_all() {
    core().check_usable();
    core().expunge_all();
}
bool session::is_modified() const {
    return core().is_modified();
}
void session::flush() {
    core().flush();
}
// The block that began a transaction ends it, so that all of the block's work is one.
void session::commit() {
    core().refuse_in_block("commit()");
    core().commit();
}
void session::rollback() {
    core().refuse_in_block("rollback()");
    core().rollback();
}
savepoint session::begin_nested() {
    return {core_, core().begin_nested()};
}

void session::close() noexcept {
    if (core_) core_->close();
}

bool session::in_transaction() const noexcept {
    return core_ && core_->in_transaction();
}
koine::no_autoflush session::no_autoflush() {
    return koine::no_autoflush{handle()};
}

statement_subscription session::observe(std::shared_ptr<statement_observer> observer) {
    return core().observe(std::move(observer));
}

rows session::execute(const text_statement& statement) {
    detail::session_core& work = core();
    work.check_usable();
    work.autoflush();
    try {
        rows result = work.raw_connection().execute(statement);
        work.after_text();
        return result;
    } catch (...) {
        // It may have done much before it failed.
        if (work.in_transaction()) work.after_text();
        throw;
    }
}

void session::start() {
    core().check_usable();
    if (core().in_transaction() || core().in_block)
        throw_usage("a transaction is open already: commit or roll back first, or use begin_nested()");
    core().in_block = true;
}

void session::finish() {
    core().in_block = false;
    core().commit();
}

void session::refuse_changes() const {
    core().check_usable();
    if (core().is_modified())
        throw_usage(
            "the session holds changes that were made before run(), and a rollback would take them back: make them in "
            "the work");
}

void session::give_up() noexcept {
    try {
        core().in_block = false;
        core().rollback();
    } catch (...) {
        close();
    }
}

}  // namespace v1
}  // namespace koine
