// PostgreSQL through Koine: the same work as raw/postgresql.cpp, on the tables that it left behind.

#include <cstdint>
#include <stdexcept>

#include "models.hpp"

namespace {

using bench::bracket;
using bench::Customer;
using bench::job;
using bench::Reading;

template <class Row>
std::vector<Row> read_all(const job& wanted, bracket& timed) {
    koine::session session{koine::create_engine(wanted.url)};
    std::vector<Row> rows = bench::read_values<Row>(session, timed);
    if (static_cast<std::int64_t>(rows.size()) != wanted.count)
        throw std::runtime_error("the table holds another number of rows");
    return rows;
}

std::uint64_t read_customers(const job& wanted, bracket& timed) {
    return bench::checksum(read_all<Customer>(wanted, timed));
}

std::uint64_t read_numbers(const job& wanted, bracket& timed) {
    std::uint64_t sum = bench::empty_checksum;
    for (const Reading& r : read_all<Reading>(wanted, timed)) sum = bench::fold_reading(sum, r);
    return sum;
}

std::uint64_t get_each(const job& wanted, bracket& timed) {
    return bench::get_each(koine::create_engine(wanted.url), wanted, timed);
}

std::uint64_t query_each(const job& wanted, bracket& timed) {
    return bench::query_each(koine::create_engine(wanted.url), wanted, timed);
}

std::uint64_t add_and_commit(const job& wanted, bracket& timed) {
    const koine::engine engine = koine::create_engine(wanted.url);
    bench::execute(engine, "set client_min_messages = warning");
    bench::execute(engine, "drop table if exists customers");
    bench::execute(engine, bench::customers_ddl_postgresql);
    bench::add_and_commit(engine, wanted, timed);
    return bench::table_checksum(engine);
}

}  // namespace

int main(int argc, char** argv) {
    return bench::run_program(argc, argv,
                              {{"W2", read_customers},
                               {"W2-numbers", read_numbers},
                               {"W3-get", get_each},
                               {"W3-query", query_each},
                               {"W4-tracked", add_and_commit}});
}
