// SQLite through Koine: the same work as raw/sqlite.cpp, on a database in memory.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <koine/dialects/sqlite.hpp>
#include <koine/registry.hpp>

#include "models.hpp"

namespace {

using bench::bracket;
using bench::Customer;
using bench::job;
using bench::Reading;

// With the driver that is linked in, or with the one in the shared library that KOINE_BENCH_DRIVER
// names.
koine::engine make_engine() {
    const char* const library = std::getenv("KOINE_BENCH_DRIVER");
    if (library == nullptr) return koine::create_engine("sqlite://");
    koine::registry names;
    names.add_dialect(std::make_shared<const koine::dialects::sqlite>(), names.load_driver(library));
    return koine::create_engine("sqlite://", names);
}

koine::engine database(const char* ddl) {
    const koine::engine engine = make_engine();
    bench::execute(engine, ddl);
    return engine;
}

// A few rows at a time, as the raw side does, so that the heap is as it was when the bracket opens.
template <class Make>
void fill(const koine::engine& engine, std::int64_t rows, Make make) {
    constexpr std::int64_t at_once = 500;
    for (std::int64_t id = 1; id <= rows;) {
        koine::session session{engine};
        for (const std::int64_t end = std::min(id + at_once, rows + 1); id < end; ++id)
            session.add(bench::mapped(make(id)));
        session.commit();
    }
}

koine::engine database_of_customers(std::int64_t rows) {
    const koine::engine engine = database(bench::customers_ddl_sqlite);
    fill(engine, rows, bench::make_customer);
    return engine;
}

// COUNT rows in one transaction, each by `insert`, which has inserted and deleted one row before.
template <class Insert>
std::uint64_t insert_each(const job& wanted, bracket& timed, Insert insert) {
    const koine::engine engine = database(bench::customers_ddl_sqlite);
    std::vector<Customer> rows = bench::make_customers(wanted.count + 1);
    koine::session session{engine};
    insert(session, rows.back());
    session.query<Customer>().delete_();
    rows.pop_back();
    timed.open();
    for (Customer& row : rows) insert(session, row);
    timed.close();
    session.commit();
    return bench::table_checksum(engine);
}

std::uint64_t insert_each_row(const job& wanted, bracket& timed) {
    return insert_each(wanted, timed, bench::insert_row);
}
std::uint64_t insert_each_object(const job& wanted, bracket& timed) {
    return insert_each(wanted, timed, bench::insert_object);
}

// COUNT objects in one transaction, all flushed at once.
std::uint64_t insert_bulk(const job& wanted, bracket& timed) {
    const koine::engine engine = database(bench::customers_ddl_sqlite);
    std::vector<Customer> rows = bench::make_customers(wanted.count);
    koine::session session{engine};
    timed.open();
    for (Customer& row : rows) session.add(std::move(row));
    session.flush();
    timed.close();
    session.commit();
    return bench::table_checksum(engine);
}

std::uint64_t read_all(const job& wanted, bracket& timed) {
    const koine::engine engine = database_of_customers(wanted.count);
    koine::session session{engine};
    return bench::checksum(bench::read_values<Customer>(session, timed));
}

std::uint64_t read_tracked(const job& wanted, bracket& timed) {
    const koine::engine engine = database_of_customers(wanted.count);
    {
        koine::session warm_up{engine};
        warm_up.query<Customer>().all();
    }
    koine::session session{engine};
    timed.open();
    const std::vector<koine::ref<Customer>> objects = session.query<Customer>().all();
    std::uint64_t keys = 0;
    for (const auto& object : objects) keys += static_cast<std::uint64_t>(object->id);
    timed.close();
    const auto count = static_cast<std::uint64_t>(wanted.count);
    if (keys != count * (count + 1) / 2) throw std::runtime_error("wrong keys were read");
    std::uint64_t sum = bench::empty_checksum;
    for (const Customer& c : objects) sum = bench::fold_customer(sum, c);
    return sum;
}

std::uint64_t read_numbers(const job& wanted, bracket& timed) {
    const koine::engine engine = database(bench::readings_ddl_sqlite);
    fill(engine, wanted.count, bench::make_reading);
    koine::session session{engine};
    std::uint64_t sum = bench::empty_checksum;
    for (const Reading& r : bench::read_values<Reading>(session, timed)) sum = bench::fold_reading(sum, r);
    return sum;
}

std::uint64_t get_each(const job& wanted, bracket& timed) {
    return bench::get_each(database_of_customers(bench::table_rows), wanted, timed);
}

std::uint64_t query_each(const job& wanted, bracket& timed) {
    return bench::query_each(database_of_customers(bench::table_rows), wanted, timed);
}

std::uint64_t insert_and_commit(const job& wanted, bracket& timed) {
    const koine::engine engine = database(bench::customers_ddl_sqlite);
    bench::commit_each(engine, wanted, timed, bench::insert_row);
    return bench::table_checksum(engine);
}

std::uint64_t add_and_commit(const job& wanted, bracket& timed) {
    const koine::engine engine = database(bench::customers_ddl_sqlite);
    bench::add_and_commit(engine, wanted, timed);
    return bench::table_checksum(engine);
}

// COUNT objects that were loaded before get another name; one flush writes them.
std::uint64_t update_each(const job& wanted, bracket& timed) {
    const koine::engine engine = database_of_customers(bench::table_rows);
    koine::session session{engine};
    std::vector<koine::ref<Customer>> objects;
    std::vector<std::string> names;
    for (std::int64_t i = 0; i < wanted.count; ++i) {
        objects.push_back(session.get<Customer>(bench::scattered_key(i)));
        names.push_back(bench::renamed(bench::scattered_key(i)));
    }
    timed.open();
    for (std::size_t i = 0; i < objects.size(); ++i) objects[i]->name = names[i];
    session.flush();
    timed.close();
    session.commit();
    return bench::table_checksum(engine);
}

}  // namespace

int main(int argc, char** argv) {
    return bench::run_program(argc, argv,
                              {{"W1-each", insert_each_row},
                               {"W1-each-tracked", insert_each_object},
                               {"W1-bulk", insert_bulk},
                               {"W2", read_all},
                               {"W2-tracked", read_tracked},
                               {"W2-numbers", read_numbers},
                               {"W3-get", get_each},
                               {"W3-query", query_each},
                               {"W4", insert_and_commit},
                               {"W4-tracked", add_and_commit},
                               {"W6", update_each}});
}
