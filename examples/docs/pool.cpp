// The code of docs/pool.md.
#include "expect.hpp"

#include <chrono>
#include <filesystem>

#include <koine/pool_events.hpp>

koine::engine some_engine(const std::string& url) {
    koine::engine_options options;
    options.pool.size = 10;
    options.pool.max_overflow = 0;
    options.pool.timeout = std::chrono::seconds{5};
    options.pool.recycle = std::chrono::minutes{30};
    options.pool.pre_ping = true;
    return koine::create_engine(url, options);  // no I/O yet
}

void bound(const std::string& url) {
    koine::engine_options options;
    options.pool.size = 1;
    options.pool.max_overflow = 0;
    options.pool.timeout = std::chrono::milliseconds{1};
    const auto engine = koine::create_engine(url, options);
    const auto only = engine.connect();
    try {
        (void)engine.connect();
        expect(false);
    } catch (const koine::timeout_error& why) {
        expect(why.code() == koine::errc::pool_timeout);
        std::cout << why.what() << '\n';
    }
    expect(engine.stats().timeouts == 1);
}

void numbers(const koine::engine& engine) {
    {
        auto connection = engine.connect();
        expect(engine.stats().leased == 1);
        connection.execute(koine::sql("create table left_behind (id integer)"));
    }  // its transaction is open: closed in the background
    expect(engine.stats().abandoned == 1);
    auto connection = engine.connect();
    connection.close();
    const auto stats = engine.stats();
    expect(stats.acquired == stats.returned + stats.leased + stats.abandoned);
}

struct settings : koine::pool_listener {
    void on_connect(koine::connection& on) override { make(on); }
    void on_reset(koine::connection& on) override { make(on); }
    static void make(koine::connection& on) { on.execute(koine::sql("pragma cache_size = -4000")); }
};

void events(const koine::engine& engine) {
    const auto subscription = engine.events().subscribe(std::make_shared<settings>());
    engine.dispose();  // the next use opens a new connection
    auto connection = engine.connect();
    expect(connection.execute(koine::sql("pragma cache_size")).one<std::int64_t>() == -4000);
}  // the subscription ends

int main() {
    const auto file = std::filesystem::temp_directory_path() / "koine_docs_pool.db";
    std::filesystem::remove(file);
    const std::string url = "sqlite:///" + file.string();
    {
        const auto engine = some_engine(url);
        expect(engine.stats().opened == 0);
        numbers(engine);
        events(engine);
    }
    bound(url);
    const auto memory = koine::create_engine("sqlite://");
    expect(memory.stats().size == 1 && memory.stats().max_overflow == 0);
    for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove(file.string() + end);
}
