// size: one class, whose operations check each other's state; its worker, gate and values are files of their own
#include "relay.hpp"

#include <algorithm>
#include <utility>

#include <time.h>

#include <koine/detail/wait_for.hpp>

#include "values.hpp"

namespace koine {
inline namespace v1 {
namespace fake {
namespace detail {

namespace {

constexpr std::int64_t second = 1'000'000'000;
// Between two requests to stop work that has perhaps not begun when the first one came.
constexpr std::int64_t between_requests = second / 200;

std::int64_t now_ns() noexcept {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::int64_t>(now.tv_sec) * second + now.tv_nsec;
}

std::vector<koine_value> borrowed_all(const std::vector<value>& values) {
    std::vector<koine_value> out;
    out.reserve(values.size());
    for (const auto& one : values) out.push_back(borrowed(one));
    return out;
}

bool ends_by_commit(std::string_view sql) {
    const std::string start = upper_words(sql, 8);
    return start.starts_with("COMMIT") || start.starts_with("END");
}

}  // namespace

relay_connection::relay_connection(std::span<const koine_parameter> parameters) : gate_{parameters} {
    std::optional<script_state::relay_target> target;
    {
        const std::lock_guard guard{gate_.script().lock};
        target = gate_.script().relay;
    }
    if (!target)
        throw failure_of(errc::usage, outcome::not_sent, "the script relays to no driver: call relay_to()");
    driver_ = target->driver;
    std::vector<koine_parameter> handed;
    for (const auto& [key, text] : target->parameters) handed.push_back({spi::to_c(key), spi::to_c(text)});
    const auto made = drive([&](koine_wait&, koine_error& error) {
        return driver_.create(handed.data(), handed.size(), &inner_, &error);
    });
    if (made.failed) raise(made);
    ready_.ring();
}

relay_connection::~relay_connection() {
    settle();
    while (!statements_.empty()) delete statements_.back();
    queue_.clear();
    left_.clear();
    driver_.close(inner_);
}

void relay_connection::abandon() noexcept {
    gate_.abandon();
    driver_.abandon(inner_);
}

// ---- How an operation goes on ----

template <class Call>
inner_result relay_connection::drive(Call call) {
    for (;;) {
        koine_wait wait{-1, 0, KOINE_NO_DEADLINE};
        koine_error error{};
        const koine_status status = call(wait, error);
        if (status == KOINE_DONE) return {};
        if (status == KOINE_WAIT) {
            koine::detail::wait_for(wait.fd, wait.events, wait.deadline_ns);
            continue;
        }
        const auto text = [](koine_string from) { return std::string{spi::to_view(from)}; };
        inner_result out;
        out.failed = true;
        out.sqlstate = error.sqlstate;
        out.why.code = static_cast<errc>(error.code);
        out.why.outcome = static_cast<koine::outcome>(error.outcome);
        out.why.poisons_transaction = (error.poisons & KOINE_POISONS_TRANSACTION) != 0;
        out.why.poisons_connection = (error.poisons & KOINE_POISONS_CONNECTION) != 0;
        out.why.native_code = error.native_code;
        out.why.position = error.position;
        out.why.message = text(error.message);
        out.why.detail = text(error.detail);
        out.why.hint = text(error.hint);
        out.why.constraint = text(error.constraint);
        out.why.table = text(error.table);
        out.why.column = text(error.column);
        if (error.release != nullptr) error.release(&error);
        return out;
    }
}

void relay_connection::raise(const inner_result& answer) {
    if (answer.why.poisons_connection) broken_ = true;
    static thread_local std::string state;  // outlives the throw
    state = answer.sqlstate;
    spi::failure why = answer.why;
    why.sqlstate = state;
    throw why;
}

void relay_connection::raise(const fault& why) {
    if (why.poisons_transaction && in_transaction()) failed_ = true;
    if (why.poisons_connection) break_off();
    throw_fault(why);
}

void relay_connection::violated(const std::string& rule) {
    {
        const std::lock_guard guard{gate_.script().lock};
        gate_.script().violations.push_back(rule);
    }
    broken_ = true;
    auto why = failure_of(errc::usage, outcome::unknown, "the driver contract was broken: " + rule);
    why.poisons_connection = true;
    throw why;
}

void relay_connection::enter(const call_identity& call, std::string_view text, std::span<const koine_value> binds) {
    if (broken_) throw_broken();
    if (!pending_) {
        pending_ = call;
        pending_text_ = text;
        pending_binds_.clear();
        for (const auto& one : binds) pending_binds_.push_back(owned(one));
        gate_.begin();
        return;
    }
    if (pending_->what != call.what || pending_->object != call.object)
        violated("an operation was called while another one had not ended");
    if (*pending_ != call || pending_text_ != text) violated("an operation was resumed with other arguments");
    for (std::size_t i = 0; i < binds.size(); ++i)
        if (owned(binds[i]) != pending_binds_[i]) violated("a bound value changed before its execution had ended");
}

void relay_connection::leave() noexcept {
    pending_.reset();
    phase_ = phase::at_the_gate;
    flush_passed_ = false;
}

template <class Body>
koine_status relay_connection::operate(const call_identity& call, std::string_view text,
                                       std::span<const koine_value> binds, Body body) {
    enter(call, text, binds);
    try {
        const koine_status status = body();
        if (status != KOINE_WAIT) leave();
        return status;
    } catch (...) {
        leave();
        throw;
    }
}

void relay_connection::linger(koine_wait& wait) noexcept {
    switch (turns_ % 4) {
        case 0:
            wait = {ready_.fd(), KOINE_WAIT_READ, KOINE_NO_DEADLINE};
            break;
        case 1:
            wait = {-1, 0, now_ns()};
            break;
        case 2:
            wait = {ready_.fd(), KOINE_WAIT_WRITE, KOINE_NO_DEADLINE};
            break;
        default:
            wait = {ready_.fd(), KOINE_WAIT_READ | KOINE_WAIT_WRITE, now_ns() + second};
    }
    ++turns_;
}

koine_status relay_connection::step(operation what, std::string_view sql, std::span<const koine_value> binds,
                                    koine_wait& wait, std::function<inner_result()> work) {
    if (phase_ == phase::at_the_gate) {
        due_.reset();
        if (gate_.pass(what, sql, binds, in_transaction(), wait, due_) != KOINE_DONE) return KOINE_WAIT;
        phase_ = phase::lingering;
        waits_left_ = 1 + turns_ % 3;
    }
    if (phase_ == phase::lingering) {
        if (!due_ && gate_.must_stop()) {
            due_ = gate::stopped(in_transaction());
        } else if (waits_left_ != 0) {
            --waits_left_;
            linger(wait);
            return KOINE_WAIT;
        }
        if (due_) raise(*due_);
        phase_ = phase::running;
        worker_.start([this, run = std::move(work)] { result_ = run(); }, [this] { gate_.bell().ring(); });
    }
    gate_.bell().quiet();
    if (!worker_.idle()) {
        wait = {gate_.bell().fd(), KOINE_WAIT_READ, KOINE_NO_DEADLINE};
        if (gate_.must_stop()) {
            // The work may not have reached the other driver yet, and then has nothing that could be stopped.
            koine_error ignored{};
            driver_.cancel(inner_, &ignored);
            if (ignored.release != nullptr) ignored.release(&ignored);
            wait.deadline_ns = now_ns() + between_requests;
        }
        return KOINE_WAIT;
    }
    phase_ = phase::at_the_gate;
    left_.clear();
    if (result_.failed) raise(result_);
    return KOINE_DONE;
}

void relay_connection::settle() noexcept {
    if (!pending_) return;
    while (!worker_.idle()) {
        koine_error ignored{};
        driver_.cancel(inner_, &ignored);
        if (ignored.release != nullptr) ignored.release(&ignored);
        koine::detail::wait_for(gate_.bell().fd(), KOINE_WAIT_READ, now_ns() + between_requests);
    }
    leave();
    left_.clear();
    break_off();
}

// The other side of a lost connection rolls back and frees what it had.
void relay_connection::break_off() noexcept {
    if (std::exchange(broken_, true)) return;
    for (relay_statement* one : statements_) one->end_result(false);
    queue_.clear();
    queue_at_ = 0;
    drive([&](koine_wait& wait, koine_error& error) { return driver_.reset(inner_, &wait, &error); });
}

void relay_connection::refuse_if_failed(std::string_view sql) {
    if (failed_ && !upper_words(sql, 8).starts_with("ROLLBACK"))
        raise(fault{errc::transaction_failed, outcome::rejected, true, false, "25P02",
                    "the transaction has failed: only ROLLBACK is accepted", {}});
}

void relay_connection::after(std::string_view sql) {
    if (upper_words(sql, 8).starts_with("ROLLBACK")) failed_ = false;
    if (!ends_by_commit(sql)) return;
    bool lost = false;
    {
        const std::lock_guard guard{gate_.script().lock};
        lost = std::exchange(gate_.script().commit_lost, false);
    }
    if (lost)
        raise(fault{errc::in_doubt, outcome::unknown, true, true, "08007",
                    "the connection was lost while COMMIT was under way", {}});
}

// ---- Operations of the connection ----

koine_status relay_connection::connect(koine_wait& wait) {
    return operate({operation::connect, this, nullptr, 0, nullptr, 0, nullptr, &wait}, {}, {}, [&]() -> koine_status {
        const auto work = [this] {
            return drive([&](koine_wait& w, koine_error& e) { return driver_.connect(inner_, &w, &e); });
        };
        if (step(operation::connect, {}, {}, wait, work) != KOINE_DONE) return KOINE_WAIT;
        const std::lock_guard guard{gate_.script().lock};
        ++gate_.script().numbers.connected;
        clean_at_ = gate_.script().dirt;
        return KOINE_DONE;
    });
}

std::uint32_t relay_connection::state() const noexcept {
    if (broken_) return KOINE_STATE_BROKEN;
    std::uint32_t bits = pending_ ? std::uint32_t{KOINE_STATE_BUSY} : driver_.state(inner_);
    if (failed_) bits |= KOINE_STATE_FAILED_TRANSACTION;
    if (open_results_ != 0) bits |= KOINE_STATE_BUSY;
    const std::lock_guard guard{gate_.script().lock};
    if (clean_at_ != gate_.script().dirt || !queue_.empty()) bits |= KOINE_STATE_DIRTY;
    return bits;
}

koine_status relay_connection::reset(koine_wait& wait) {
    if (!pending_ && (state() & ~std::uint32_t{KOINE_STATE_PRIVATE_DATABASE}) == 0) return KOINE_DONE;
    return operate({operation::reset, this, nullptr, 0, nullptr, 0, nullptr, &wait}, {}, {}, [&]() -> koine_status {
        const auto work = [this] {
            return drive([&](koine_wait& w, koine_error& e) { return driver_.reset(inner_, &w, &e); });
        };
        if (step(operation::reset, {}, {}, wait, work) != KOINE_DONE) return KOINE_WAIT;
        for (relay_statement* one : statements_) one->end_result(false);
        queue_.clear();
        failed_ = false;
        const std::lock_guard guard{gate_.script().lock};
        clean_at_ = gate_.script().dirt;
        return KOINE_DONE;
    });
}

koine_status relay_connection::ping(koine_wait& wait) {
    return operate({operation::ping, this, nullptr, 0, nullptr, 0, nullptr, &wait}, {}, {}, [&]() -> koine_status {
        return step(operation::ping, {}, {}, wait, [this] {
            return drive([&](koine_wait& w, koine_error& e) { return driver_.ping(inner_, &w, &e); });
        });
    });
}

void relay_connection::cancel() {
    // The thread that waits for the operation is woken, and hands it on.
    gate_.cancel();
}

koine_status relay_connection::prepare(std::string_view sql, std::uint32_t flags, relay_statement*& made,
                                       koine_wait& wait) {
    const call_identity call{operation::prepare, this, sql.data(), sql.size(), nullptr, flags, nullptr, &wait};
    return operate(call, sql, {}, [&]() -> koine_status {
        if (starts()) refuse_if_failed(sql);
        const auto work = [this, flags] {
            return drive([&](koine_wait& w, koine_error& e) {
                return driver_.prepare(inner_, spi::to_c(pending_text_), flags, &made_, &w, &e);
            });
        };
        if (step(operation::prepare, sql, {}, wait, work) != KOINE_DONE) return KOINE_WAIT;
        auto inner = std::make_shared<inner_statement>(driver_, std::exchange(made_, nullptr));
        made = std::make_unique<relay_statement>(*this, sql, std::move(inner)).release();
        return KOINE_DONE;
    });
}

koine_status relay_connection::enqueue(relay_statement* prepared, std::string_view sql,
                                       std::span<const koine_value> binds) {
    if (broken_) throw_broken();
    if (pending_) violated("a statement was queued while an operation had not ended");
    queued one;
    if (prepared != nullptr) {
        one.prepared = prepared->inner_;
        one.from = prepared;
        one.sql = prepared->sql_;
    } else {
        one.sql = sql;
    }
    for (const auto& bind : binds) one.binds.push_back(owned(bind));
    queue_.push_back(std::move(one));
    return KOINE_DONE;
}

koine_status relay_connection::run_queued(queued& one, std::size_t at, std::span<std::int64_t> affected,
                                          koine_wait& wait) {
    if (starts()) {
        refuse_if_failed(one.sql);
        if (one.from != nullptr) one.from->end_result(false);
    }
    const auto work = [this, &one] {
        auto prepared = one.prepared;
        if (!prepared) {
            auto made = drive([&](koine_wait& w, koine_error& e) {
                return driver_.prepare(inner_, spi::to_c(one.sql), KOINE_PREPARE_ONCE, &made_, &w, &e);
            });
            if (made.failed) return made;
            prepared = std::make_shared<inner_statement>(driver_, std::exchange(made_, nullptr));
        }
        const auto binds = borrowed_all(one.binds);
        std::uint32_t got = 0;
        return drive([&](koine_wait& w, koine_error& e) {
            return driver_.execute(prepared->handle(), binds.data(), static_cast<std::uint32_t>(binds.size()), nullptr,
                                   0, &got, &w, &e);
        });
    };
    const auto binds = borrowed_all(one.binds);
    if (step(operation::execute, one.sql, binds, wait, work) != KOINE_DONE) return KOINE_WAIT;
    after(one.sql);
    if (at < affected.size()) affected[at] = one.prepared ? driver_.rows_affected(one.prepared->handle()) : -1;
    return KOINE_DONE;
}

koine_status relay_connection::run_queue(std::span<std::int64_t> affected, koine_wait& wait) {
    while (queue_at_ < queue_.size()) {
        const auto at = queue_at_;
        try {
            if (run_queued(queue_[at], at, affected, wait) != KOINE_DONE) return KOINE_WAIT;
        } catch (spi::failure& why) {
            why.queued_index = static_cast<std::uint32_t>(at + 1);
            queue_.clear();
            queue_at_ = 0;
            throw;
        }
        ++queue_at_;
    }
    queue_.clear();
    queue_at_ = 0;
    return KOINE_DONE;
}

koine_status relay_connection::flush(std::span<std::int64_t> affected, koine_wait& wait, koine_error&) {
    const call_identity call{operation::flush, this, nullptr, 0, affected.data(), affected.size(), nullptr, &wait};
    return operate(call, {}, {}, [&]() -> koine_status {
        if (!flush_passed_) {
            if (step(operation::flush, {}, {}, wait, [] { return inner_result{}; }) != KOINE_DONE) return KOINE_WAIT;
            flush_passed_ = true;
        }
        return run_queue(affected, wait);
    });
}

// ---- Statements ----

relay_statement::relay_statement(relay_connection& home, std::string_view sql, std::shared_ptr<inner_statement> inner)
    : home_{home}, sql_{sql}, inner_{std::move(inner)} {
    describe();
    home_.statements_.push_back(this);
}

relay_statement::~relay_statement() {
    if (home_.pending_ && home_.pending_->object == this) home_.settle();
    if (home_.pending_) {
        // The other driver is at work, and gets its statement back when it is done.
        home_.left_.push_back(std::move(inner_));
        end_result(false);
    } else {
        end_result(!home_.broken_);
    }
    for (auto& one : home_.queue_)
        if (one.from == this) one.from = nullptr;
    std::erase(home_.statements_, this);
}

void relay_statement::describe() {
    const auto exactly = [](koine_string& text) {
        auto copy = std::make_unique<char[]>(text.size);
        std::copy_n(text.data, text.size, copy.get());
        text.data = copy.get();
        return copy;
    };
    columns_.clear();
    const std::uint32_t count = home_.driver_.column_count(inner_->handle());
    for (std::uint32_t i = 0; i < count; ++i) {
        described one;
        home_.driver_.column(inner_->handle(), i, &one.what);
        one.name = exactly(one.what.name);
        one.type_name = exactly(one.what.type_name);
        columns_.push_back(std::move(one));
    }
}

void relay_statement::column(std::uint32_t index, koine_column& out) const noexcept {
    out = columns_[index].what;
}

void relay_statement::keep_row() {
    for (const koine_value& from : row_) {
        cell one;
        one.what = from;
        switch (from.tag) {
            case KOINE_TEXT:
            case KOINE_BLOB:
            case KOINE_DECIMAL:
            case KOINE_JSON:
            case KOINE_OPAQUE:
            case KOINE_UUID: {
                const std::size_t size = from.tag == KOINE_UUID ? 16 : from.len;
                one.bytes = std::make_unique<char[]>(size);
                std::copy_n(static_cast<const char*>(from.u.p), size, one.bytes.get());
                one.what.len = static_cast<std::uint32_t>(size);
                one.what.u.p = one.bytes.get();
                break;
            }
            default:
                break;
        }
        read_.push_back(std::move(one));
    }
}

inner_result relay_statement::start(std::uint32_t rows) {
    const auto binds = borrowed_all(home_.pending_binds_);
    row_.assign(columns_.size(), koine_value{});
    std::uint32_t got = 0;
    auto answer = relay_connection::drive([&](koine_wait& w, koine_error& e) {
        return home_.driver_.execute(inner_->handle(), binds.data(), static_cast<std::uint32_t>(binds.size()),
                                     row_.data(), rows == 0 ? 0U : 1U, &got, &w, &e);
    });
    ended_ = answer.failed || got == 0;
    if (ended_) return answer;
    keep_row();
    return read(rows);
}

inner_result relay_statement::read(std::uint32_t rows) {
    if (late_.failed) return std::exchange(late_, {});
    while (!ended_ && (rows == 0 || read_.size() < std::size_t{rows} * columns_.size())) {
        std::uint32_t got = 0;
        auto answer = relay_connection::drive([&](koine_wait& w, koine_error& e) {
            return home_.driver_.fetch(inner_->handle(), row_.data(), rows == 0 ? 0U : 1U, &got, &w, &e);
        });
        ended_ = answer.failed || got == 0;
        if (answer.failed) {
            if (read_.empty()) return answer;
            late_ = std::move(answer);
        }
        if (!ended_) keep_row();
    }
    return {};
}

std::uint32_t relay_statement::next_block(std::uint32_t max_rows) noexcept {
    const std::uint32_t sizes[] = {1, max_rows, max_rows > 1 ? max_rows - 1 : 1};
    return max_rows == 0 ? 0 : sizes[blocks_++ % 3];
}

void relay_statement::spoil(koine_value* cells, std::size_t count) const noexcept {
    koine_value garbage{};
    garbage.len = 0x7fffffffU;
    garbage.tag = 0xee;
    garbage.u.i = 1;
    if (cells != nullptr) std::fill_n(cells, count, garbage);
}

void relay_statement::forget_rows() noexcept {
    // Overwritten first: a build without a sanitizer shall see it too.
    for (auto& one : kept_)
        if (one.bytes) std::fill_n(one.bytes.get(), one.what.len, '\xdd');
    kept_.clear();
}

void relay_statement::set_open(bool open) noexcept {
    if (std::exchange(open_, open) != open) home_.open_results_ += open ? 1 : -1;
}

void relay_statement::end_result(bool inner_too) noexcept {
    forget_rows();
    read_.clear();
    late_ = {};
    if (open_ && !ended_ && inner_too)
        relay_connection::drive(
            [&](koine_wait& w, koine_error& e) { return home_.driver_.finish(inner_->handle(), &w, &e); });
    ended_ = true;
    set_open(false);
}

void relay_statement::deliver(koine_value* cells, std::uint32_t max_rows, std::uint32_t& got) {
    affected_ = home_.driver_.rows_affected(inner_->handle());
    kept_ = std::exchange(read_, {});
    const std::size_t width = columns_.size();
    got = width == 0 ? 0 : static_cast<std::uint32_t>(kept_.size() / width);
    for (std::size_t i = 0; i < kept_.size(); ++i) cells[i] = kept_[i].what;
    spoil(cells + kept_.size(), std::size_t{max_rows} * width - kept_.size());
    set_open(got != 0);
}

koine_status relay_statement::execute(std::span<const koine_value> binds, koine_value* cells, std::uint32_t max_rows,
                                      std::uint32_t& got, koine_wait& wait, koine_error&) {
    const call_identity call{operation::execute, this,     binds.data(), binds.size(),
                             cells,              max_rows, &got,         &wait};
    return home_.operate(call, {}, binds, [&]() -> koine_status {
        if (home_.run_queue({}, wait) != KOINE_DONE) return KOINE_WAIT;
        if (home_.starts()) {
            got = 0;
            affected_ = -1;
            end_result(true);
            spoil(cells, std::size_t{max_rows} * columns_.size());
            home_.refuse_if_failed(sql_);
            block_ = next_block(max_rows);
        }
        if (home_.step(operation::execute, sql_, binds, wait, [this] { return start(block_); }) != KOINE_DONE)
            return KOINE_WAIT;
        home_.after(sql_);
        describe();
        deliver(cells, max_rows, got);
        return KOINE_DONE;
    });
}

koine_status relay_statement::fetch(koine_value* cells, std::uint32_t max_rows, std::uint32_t& got, koine_wait& wait,
                                    koine_error&) {
    if (!open_ && !home_.pending_ && !home_.broken_) {
        got = 0;
        return KOINE_DONE;
    }
    const call_identity call{operation::fetch, this, nullptr, 0, cells, max_rows, &got, &wait};
    return home_.operate(call, {}, {}, [&]() -> koine_status {
        if (home_.starts()) {
            got = 0;
            forget_rows();
            spoil(cells, std::size_t{max_rows} * columns_.size());
            block_ = next_block(max_rows);
        }
        try {
            if (home_.step(operation::fetch, sql_, {}, wait, [this] { return read(block_); }) != KOINE_DONE)
                return KOINE_WAIT;
        } catch (const spi::failure&) {
            end_result(!home_.broken_);
            throw;
        }
        deliver(cells, max_rows, got);
        return KOINE_DONE;
    });
}

koine_status relay_statement::finish(koine_wait& wait, koine_error&) {
    if (!open_ && !home_.pending_) return KOINE_DONE;
    return home_.operate({operation::finish, this, nullptr, 0, nullptr, 0, nullptr, &wait}, {}, {}, [&]() -> koine_status {
        if (home_.starts()) forget_rows();
        const auto work = [this] {
            if (ended_) return inner_result{};
            return relay_connection::drive(
                [&](koine_wait& w, koine_error& e) { return home_.driver_.finish(inner_->handle(), &w, &e); });
        };
        if (home_.step(operation::finish, sql_, {}, wait, work) != KOINE_DONE) return KOINE_WAIT;
        ended_ = true;
        end_result(false);
        return KOINE_DONE;
    });
}

}  // namespace detail
}  // namespace fake
}  // namespace v1
}  // namespace koine
