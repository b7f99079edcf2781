// A connection to one encrypted file.
#pragma once

#include <atomic>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include <sqlcipher/sqlite3.h>

#include <koine/driver_spi.hpp>

namespace sqlcipher_plugin {

class statement;

// Executions are counted. `cancel` names the last one that has begun, and whatever runs asks from
// time to time whether it is meant.
class connection {
public:
    explicit connection(std::span<const koine_parameter> parameters);
    ~connection();
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    koine_status connect(koine_wait& wait);
    void abandon() noexcept;
    std::uint32_t state() const noexcept;
    koine_status reset(koine_wait& wait);
    koine_status ping(koine_wait& wait);
    void cancel() noexcept { cancelled_.store(begun_.load()); }
    void set_deadline(std::int64_t deadline_ns) noexcept { deadline_ns_ = deadline_ns; }
    std::int64_t last_insert_id() const noexcept { return sqlite3_last_insert_rowid(database_); }
    std::string_view server_product() const noexcept { return database_ == nullptr ? "" : "sqlite"; }
    std::string_view server_version() const noexcept { return database_ == nullptr ? "" : sqlite3_libversion(); }
    void* native_handle() noexcept { return database_; }
    koine_status prepare(std::string_view sql, std::uint32_t flags, statement*& out, koine_wait& wait);

    // For statements.
    sqlite3* database() const noexcept { return database_; }
    std::uint64_t begin(sqlite3_stmt* of = nullptr) noexcept {
        resume(++begun_, of);
        return running_;
    }
    void resume(std::uint64_t number, sqlite3_stmt* of) noexcept {
        running_ = number;
        stepping_ = of;
        in_transaction_ = database_ != nullptr && sqlite3_get_autocommit(database_) == 0;
    }
    void forget(statement* gone) noexcept { statements_.erase(gone); }
    void count_open(int change) noexcept { open_results_ += change; }
    // The failure of the call that is running. Notices what SQLite undoes by itself.
    koine::spi::failure failed(int code);

private:
    void run(const char* sql);
    bool must_stop() noexcept;
    bool wait_for_lock(int tries) noexcept;
    static int on_progress(void* self) noexcept;
    static int on_busy(void* self, int tries) noexcept {
        return static_cast<connection*>(self)->wait_for_lock(tries) ? 1 : 0;
    }

    std::string file_{};
    std::string passphrase_{};
    std::int64_t busy_timeout_ns_ = 5'000'000'000;
    sqlite3* database_ = nullptr;
    std::set<statement*> statements_{};
    int open_results_ = 0;
    bool in_transaction_ = false;  // when the call that is running began
    bool out_of_time_ = false;
    std::int64_t deadline_ns_ = KOINE_NO_DEADLINE;
    std::int64_t busy_since_ns_ = 0;
    std::uint64_t running_ = 0;
    sqlite3_stmt* stepping_ = nullptr;  // whose execution that is, if it is one
    std::atomic<std::uint64_t> begun_{0};
    std::atomic<std::uint64_t> cancelled_{0};
};

}  // namespace sqlcipher_plugin
