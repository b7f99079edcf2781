// The code of docs/observing.md.
#include "expect.hpp"

#include <chrono>
#include <memory>
#include <vector>

#include <koine/statement_observer.hpp>

koine::engine talkative(const std::string& url) {
    koine::engine_options options;
    options.echo = koine::echo_mode::statements;
    return koine::create_engine(url, options);
}

struct slow_statements : koine::statement_observer {
    std::vector<std::string> seen{};
    void on_statement(const koine::statement_event& what) override {
        if (what.duration > std::chrono::seconds{1} || what.error != nullptr) std::cerr << what.text << '\n';
        seen.emplace_back(what.text);
    }
};

void observe(const koine::engine& engine) {
    const auto observer = std::make_shared<slow_statements>();
    const auto subscription = engine.observe(observer);  // ends with this object
    auto connection = engine.connect();
    connection.execute(koine::sql("create table seen (id integer)"));
    connection.commit();
    expect(observer->seen.size() == 3);  // BEGIN, CREATE TABLE, COMMIT
}

int main() {
    observe(talkative("sqlite://"));
}
