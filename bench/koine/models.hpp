#pragma once
// The tables of the benchmark as mapped classes: the members of the raw programs' rows, so that
// checksums agree.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <koine/koine.hpp>

#include "../harness/dataset.hpp"
#include "../harness/measure.hpp"

namespace bench {

struct Customer {
    std::int64_t id{};
    std::string name{};
    std::string email{};

    static constexpr auto koine_table() {
        using koine::col;
        return koine::table("customers", col<&Customer::id>(koine::primary_key), col<&Customer::name>(),
                            col<&Customer::email>());
    }
};

struct Reading {
    std::int64_t id{};
    std::int64_t station{};
    std::int64_t taken_at{};
    std::int64_t sequence{};
    std::int64_t flags{};
    std::int64_t samples{};
    double low{};
    double high{};
    double mean{};
    double deviation{};

    static constexpr auto koine_table() {
        using koine::col;
        return koine::table("readings", col<&Reading::id>(koine::primary_key), col<&Reading::station>(),
                            col<&Reading::taken_at>(), col<&Reading::sequence>(), col<&Reading::flags>(),
                            col<&Reading::samples>(), col<&Reading::low>(), col<&Reading::high>(),
                            col<&Reading::mean>(), col<&Reading::deviation>());
    }
};

inline Customer mapped(customer&& row) {
    return {.id = row.id, .name = std::move(row.name), .email = std::move(row.email)};
}

inline Reading mapped(const reading& row) {
    return {.id = row.id,
            .station = row.station,
            .taken_at = row.taken_at,
            .sequence = row.sequence,
            .flags = row.flags,
            .samples = row.samples,
            .low = row.low,
            .high = row.high,
            .mean = row.mean,
            .deviation = row.deviation};
}

inline std::vector<Customer> make_customers(std::int64_t count) {
    std::vector<Customer> made;
    made.reserve(static_cast<std::size_t>(count));
    for (std::int64_t id = 1; id <= count; ++id) made.push_back(mapped(make_customer(id)));
    return made;
}

// Runs a statement of the benchmark's own, which both sides share.
inline void execute(const koine::engine& engine, const char* text) {
    engine.begin([&](koine::connection& on) { on.execute(koine::sql(koine::unsafe_sql(text))); });
}

inline std::uint64_t checksum(const std::vector<Customer>& rows) {
    std::uint64_t sum = empty_checksum;
    for (const Customer& c : rows) sum = fold_customer(sum, c);
    return sum;
}

// Of the whole table, in key order.
inline std::uint64_t table_checksum(const koine::engine& engine) {
    koine::session session{engine};
    return checksum(session.query<Customer>().order_by(koine::col<&Customer::id>).values());
}

// Reads the rows of a table with a query that has run once before.
template <class Row>
std::vector<Row> read_values(koine::session& session, bracket& timed) {
    session.query<Row>().values();
    timed.open();
    std::vector<Row> rows = session.query<Row>().values();
    timed.close();
    return rows;
}

// COUNT objects by key, none of which the session has yet.
template <class Find>
std::uint64_t find_each(const job& wanted, bracket& timed, Find find) {
    find(scattered_key(table_rows - 1));
    std::uint64_t sum = empty_checksum;
    timed.open();
    for (std::int64_t i = 0; i < wanted.count; ++i) {
        const koine::ref<Customer> found = find(scattered_key(i));
        sum = touch_customer(sum, *found);
    }
    timed.close();
    return sum;
}

// One snapshot for all reads, as the raw programs have: Koine's default reads committed rows, each
// statement by itself.
inline koine::session reader(const koine::engine& engine) {
    koine::session_options options;
    options.transaction.read_only = true;
    return koine::session{engine, options};
}

inline std::uint64_t get_each(const koine::engine& engine, const job& wanted, bracket& timed) {
    koine::session session = reader(engine);
    return find_each(wanted, timed, [&](std::int64_t key) { return session.get<Customer>(key); });
}

inline std::uint64_t query_each(const koine::engine& engine, const job& wanted, bracket& timed) {
    koine::session session = reader(engine);
    return find_each(wanted, timed, [&](std::int64_t key) {
        return session.query<Customer>().filter(koine::col<&Customer::id> == key).first();
    });
}

// How a row of a benchmark is inserted: without its object being kept, and as an object that the
// session keeps.
inline constexpr auto insert_row = [](koine::session& session, Customer& row) { session.insert(row); };
inline constexpr auto insert_object = [](koine::session& session, Customer& row) {
    session.add(std::move(row));
    session.flush();
};

// COUNT transactions of one new row, each by `insert`.
template <class Insert>
void commit_each(const koine::engine& engine, const job& wanted, bracket& timed, Insert insert) {
    std::vector<Customer> rows = make_customers(wanted.count + 1);
    koine::session session{engine};
    insert(session, rows.front());
    session.commit();
    timed.open();
    for (std::size_t i = 1; i < rows.size(); ++i) {
        insert(session, rows[i]);
        session.commit();
    }
    timed.close();
}

// COUNT transactions of one new object, which the session keeps.
inline void add_and_commit(const koine::engine& engine, const job& wanted, bracket& timed) {
    commit_each(engine, wanted, timed, [](koine::session& session, Customer& row) { session.add(std::move(row)); });
}

}  // namespace bench
