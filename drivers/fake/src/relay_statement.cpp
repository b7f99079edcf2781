#include "relay_statement.hpp"

#include <algorithm>
#include <utility>

namespace koine {
inline namespace v1 {
namespace fake {
namespace detail {

relay_statement::relay_statement(relay_connection& home, std::string_view sql, std::shared_ptr<inner_statement> inner)
    : home_{home}, sql_{sql}, inner_{std::move(inner)} {
    describe();
    home_.statements_.push_back(this);
}

relay_statement::~relay_statement() {
    if (home_.call_.pending_on(this)) home_.settle();
    if (home_.call_.pending()) {
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

inner_result relay_statement::start(std::uint32_t rows) {
    const auto binds = borrowed_all(home_.call_.binds());
    row_.assign(columns_.size(), koine_value{});
    std::uint32_t got = 0;
    auto answer = run_to_end([&](koine_wait& w, koine_error& e) {
        return home_.driver_.execute(inner_->handle(), binds.data(), static_cast<std::uint32_t>(binds.size()),
                                     row_.data(), rows == 0 ? 0U : 1U, &got, &w, &e);
    });
    ended_ = answer.failed || got == 0;
    if (ended_) return answer;
    read_.add(row_);
    return read(rows);
}

inner_result relay_statement::read(std::uint32_t rows) {
    if (late_.failed) return std::exchange(late_, {});
    while (!ended_ && (rows == 0 || read_.cells() < std::size_t{rows} * columns_.size())) {
        std::uint32_t got = 0;
        auto answer = run_to_end([&](koine_wait& w, koine_error& e) {
            return home_.driver_.fetch(inner_->handle(), row_.data(), rows == 0 ? 0U : 1U, &got, &w, &e);
        });
        ended_ = answer.failed || got == 0;
        if (answer.failed) {
            if (read_.cells() == 0) return answer;
            late_ = std::move(answer);
        }
        if (!ended_) read_.add(row_);
    }
    return {};
}

std::uint32_t relay_statement::next_block(std::uint32_t max_rows) noexcept {
    const std::uint32_t sizes[] = {1, max_rows, max_rows > 1 ? max_rows - 1 : 1};
    return max_rows == 0 ? 0 : sizes[blocks_++ % 3];
}

void relay_statement::set_open(bool open) noexcept {
    if (std::exchange(open_, open) != open) home_.open_results_ += open ? 1 : -1;
}

void relay_statement::end_result(bool inner_too) noexcept {
    kept_.clear();
    read_.clear();
    late_ = {};
    if (open_ && !ended_ && inner_too)
        run_to_end([&](koine_wait& w, koine_error& e) { return home_.driver_.finish(inner_->handle(), &w, &e); });
    ended_ = true;
    set_open(false);
}

void relay_statement::deliver(koine_value* cells, std::uint32_t max_rows, std::uint32_t& got) {
    affected_ = home_.driver_.rows_affected(inner_->handle());
    kept_ = std::exchange(read_, {});
    const std::size_t width = columns_.size();
    got = width == 0 ? 0 : static_cast<std::uint32_t>(kept_.cells() / width);
    kept_.show(cells);
    spoil(cells + kept_.cells(), std::size_t{max_rows} * width - kept_.cells());
    set_open(got != 0);
}

koine_status relay_statement::execute(std::span<const koine_value> binds, koine_value* cells, std::uint32_t max_rows,
                                      std::uint32_t& got, koine_wait& wait, koine_error&) {
    const call_identity call{operation::execute, this, binds.data(), binds.size(), cells, max_rows, &got, &wait};
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
    if (!open_ && !home_.call_.pending() && !home_.broken_) {
        got = 0;
        return KOINE_DONE;
    }
    const call_identity call{operation::fetch, this, nullptr, 0, cells, max_rows, &got, &wait};
    return home_.operate(call, {}, {}, [&]() -> koine_status {
        if (home_.starts()) {
            got = 0;
            kept_.clear();
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
    if (!open_ && !home_.call_.pending()) return KOINE_DONE;
    return home_.operate(
        {operation::finish, this, nullptr, 0, nullptr, 0, nullptr, &wait}, {}, {}, [&]() -> koine_status {
            if (home_.starts()) kept_.clear();
            const auto work = [this] {
                if (ended_) return inner_result{};
                return run_to_end(
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
