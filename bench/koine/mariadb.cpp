// MariaDB through Koine: the same work as raw/mariadb.cpp; W2 and W3 on the tables that it left
// behind.

#include <cstdint>
#include <stdexcept>
#include <utility>
#include <vector>

#include "models.hpp"

namespace {

using bench::bracket;
using bench::Customer;
using bench::job;
using bench::Reading;

koine::engine made_table(const job& wanted) {
    koine::engine engine = koine::create_engine(wanted.url);
    bench::execute(engine, "drop table if exists customers");
    bench::execute(engine, bench::customers_ddl_mariadb);
    return engine;
}

// As SQLite's: COUNT rows in one transaction, each by `insert`.
template <class Insert>
std::uint64_t insert_each(const job& wanted, bracket& timed, Insert insert) {
    const koine::engine engine = made_table(wanted);
    std::vector<Customer> rows = bench::make_customers(wanted.count + 1);
    koine::session session{engine};
    insert(session, rows.front());
    timed.open();
    for (std::size_t i = 1; i < rows.size(); ++i) insert(session, rows[i]);
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

std::uint64_t add_all(const job& wanted, bracket& timed) {
    const koine::engine engine = made_table(wanted);
    std::vector<Customer> rows = bench::make_customers(wanted.count);
    koine::session session{engine};
    timed.open();
    for (Customer& row : rows) session.add(std::move(row));
    session.commit();
    timed.close();
    return bench::table_checksum(engine);
}

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
    const koine::engine engine = made_table(wanted);
    bench::add_and_commit(engine, wanted, timed);
    return bench::table_checksum(engine);
}

}  // namespace

int main(int argc, char** argv) {
    return bench::run_program(argc, argv,
                              {{"W1-each", insert_each_row},
                               {"W1-each-tracked", insert_each_object},
                               {"W1-bulk", add_all},
                               {"W2", read_customers},
                               {"W2-numbers", read_numbers},
                               {"W3-get", get_each},
                               {"W3-query", query_each},
                               {"W4-tracked", add_and_commit}});
}
