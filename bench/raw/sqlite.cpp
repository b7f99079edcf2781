// SQLite by its C API as a careful programmer uses it: the limits that Koine is compared with. One
// connection without SQLite's own mutex, statements prepared once and kept, text bound without a
// copy.

#include <sqlite3.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "../harness/dataset.hpp"
#include "../harness/measure.hpp"

namespace {

using bench::bracket;
using bench::customer;
using bench::job;
using bench::reading;

constexpr const char* insert_customer = "insert into customers (id, name, email) values (?1, ?2, ?3)";

class statement {
public:
    statement(sqlite3* db, const char* sql) : db_(db) {
        if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &handle_, nullptr) != SQLITE_OK)
            throw std::runtime_error(sqlite3_errmsg(db));
    }
    ~statement() { sqlite3_finalize(handle_); }
    statement(const statement&) = delete;
    statement& operator=(const statement&) = delete;

    sqlite3_stmt* get() const noexcept { return handle_; }

    void fail() const { throw std::runtime_error(sqlite3_errmsg(db_)); }

    // Runs a statement that gives no rows, and makes it ready for the next time.
    void execute() const {
        if (sqlite3_step(handle_) != SQLITE_DONE) fail();
        sqlite3_reset(handle_);
    }

    void bind(int place, std::int64_t v) const {
        if (sqlite3_bind_int64(handle_, place, v) != SQLITE_OK) fail();
    }
    void bind(int place, double v) const {
        if (sqlite3_bind_double(handle_, place, v) != SQLITE_OK) fail();
    }
    void bind(int place, const std::string& v) const {
        if (sqlite3_bind_text(handle_, place, v.data(), static_cast<int>(v.size()), SQLITE_STATIC) != SQLITE_OK) fail();
    }
    void bind(const customer& c) const {
        bind(1, c.id);
        bind(2, c.name);
        bind(3, c.email);
    }

private:
    sqlite3* db_;
    sqlite3_stmt* handle_ = nullptr;
};

class database {
public:
    explicit database(const char* ddl) {
        if (sqlite3_open_v2(":memory:", &db_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                            nullptr) != SQLITE_OK)
            throw std::runtime_error("cannot open :memory:");
        execute(ddl);
    }
    ~database() { sqlite3_close(db_); }
    database(const database&) = delete;
    database& operator=(const database&) = delete;

    sqlite3* get() const noexcept { return db_; }

    void execute(const char* sql) const {
        if (sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) != SQLITE_OK)
            throw std::runtime_error(sqlite3_errmsg(db_));
    }

private:
    sqlite3* db_ = nullptr;
};

void fill_customers(const database& db, std::int64_t rows) {
    db.execute("begin");
    const statement insert(db.get(), insert_customer);
    for (std::int64_t id = 1; id <= rows; ++id) {
        const customer c = bench::make_customer(id);
        insert.bind(c);
        insert.execute();
    }
    db.execute("commit");
}

void fill_readings(const database& db, std::int64_t rows) {
    db.execute("begin");
    const statement insert(db.get(), "insert into readings values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)");
    for (std::int64_t id = 1; id <= rows; ++id) {
        const reading r = bench::make_reading(id);
        int place = 0;
        for (std::int64_t v : {r.id, r.station, r.taken_at, r.sequence, r.flags, r.samples}) insert.bind(++place, v);
        for (double v : {r.low, r.high, r.mean, r.deviation}) insert.bind(++place, v);
        insert.execute();
    }
    db.execute("commit");
}

std::vector<customer> make_customers(std::int64_t first, std::int64_t count) {
    std::vector<customer> made;
    made.reserve(static_cast<std::size_t>(count));
    for (std::int64_t id = first; id < first + count; ++id) made.push_back(bench::make_customer(id));
    return made;
}

void read_text(sqlite3_stmt* s, int column, std::string& into) {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(s, column));
    into.assign(text, static_cast<std::size_t>(sqlite3_column_bytes(s, column)));
}

void read_row(sqlite3_stmt* s, customer& c) {
    c.id = sqlite3_column_int64(s, 0);
    read_text(s, 1, c.name);
    read_text(s, 2, c.email);
}

std::vector<customer> read_customers(const statement& select) {
    std::vector<customer> rows;
    int answer;
    while ((answer = sqlite3_step(select.get())) == SQLITE_ROW) {
        customer c;
        read_row(select.get(), c);
        rows.push_back(std::move(c));
    }
    if (answer != SQLITE_DONE) select.fail();
    sqlite3_reset(select.get());
    return rows;
}

std::uint64_t table_checksum(const database& db) {
    const statement select(db.get(), "select id, name, email from customers order by id");
    std::uint64_t sum = bench::empty_checksum;
    for (const customer& c : read_customers(select)) sum = bench::fold_customer(sum, c);
    return sum;
}

// COUNT rows in one transaction, one prepared execute a row.
std::uint64_t insert_each(const job& wanted, bracket& timed) {
    const database db(bench::customers_ddl_sqlite);
    const std::vector<customer> rows = make_customers(1, wanted.count);
    const statement insert(db.get(), insert_customer);
    db.execute("begin");
    timed.open();
    for (const customer& c : rows) {
        insert.bind(c);
        insert.execute();
    }
    timed.close();
    db.execute("commit");
    return table_checksum(db);
}

// COUNT rows in one transaction, 50 rows a statement: the cheapest way found to insert many rows.
std::uint64_t insert_bulk(const job& wanted, bracket& timed) {
    constexpr std::size_t batch = 50;
    const database db(bench::customers_ddl_sqlite);
    const std::vector<customer> rows = make_customers(1, wanted.count);
    std::string many = "insert into customers (id, name, email) values (?, ?, ?)";
    for (std::size_t i = 1; i < batch; ++i) many += ", (?, ?, ?)";
    const statement insert_many(db.get(), many.c_str());
    const statement insert_one(db.get(), insert_customer);
    db.execute("begin");
    timed.open();
    std::size_t done = 0;
    for (; rows.size() - done >= batch; done += batch) {
        for (std::size_t i = 0; i < batch; ++i) {
            const customer& c = rows[done + i];
            const int place = static_cast<int>(3 * i);
            insert_many.bind(place + 1, c.id);
            insert_many.bind(place + 2, c.name);
            insert_many.bind(place + 3, c.email);
        }
        insert_many.execute();
    }
    for (; done < rows.size(); ++done) {
        insert_one.bind(rows[done]);
        insert_one.execute();
    }
    timed.close();
    db.execute("commit");
    return table_checksum(db);
}

std::uint64_t read_all(const job& wanted, bracket& timed) {
    const database db(bench::customers_ddl_sqlite);
    fill_customers(db, wanted.count);
    const statement select(db.get(), "select id, name, email from customers");
    read_customers(select);
    timed.open();
    const std::vector<customer> rows = read_customers(select);
    timed.close();
    std::uint64_t sum = bench::empty_checksum;
    for (const customer& c : rows) sum = bench::fold_customer(sum, c);
    return sum;
}

// The same read with every trick that is correct on a single-owner connection: sqlite3_column_value
// once a column and the strings built in the vector's own memory.
std::uint64_t read_all_lean(const job& wanted, bracket& timed) {
    const database db(bench::customers_ddl_sqlite);
    fill_customers(db, wanted.count);
    const statement select(db.get(), "select id, name, email from customers");
    const auto value_text = [&](int column) {
        sqlite3_value* v = sqlite3_column_value(select.get(), column);
        const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(v));
        return std::string(text, static_cast<std::size_t>(sqlite3_value_bytes(v)));
    };
    const auto read = [&] {
        std::vector<customer> rows;
        while (sqlite3_step(select.get()) == SQLITE_ROW) {
            const std::int64_t id = sqlite3_value_int64(sqlite3_column_value(select.get(), 0));
            rows.push_back(customer{.id = id, .name = value_text(1), .email = value_text(2)});
        }
        sqlite3_reset(select.get());
        return rows;
    };
    read();
    timed.open();
    const std::vector<customer> rows = read();
    timed.close();
    std::uint64_t sum = bench::empty_checksum;
    for (const customer& c : rows) sum = bench::fold_customer(sum, c);
    return sum;
}

std::vector<reading> read_readings(const statement& select) {
    sqlite3_stmt* s = select.get();
    std::vector<reading> rows;
    int answer;
    while ((answer = sqlite3_step(s)) == SQLITE_ROW) {
        reading r;
        r.id = sqlite3_column_int64(s, 0);
        r.station = sqlite3_column_int64(s, 1);
        r.taken_at = sqlite3_column_int64(s, 2);
        r.sequence = sqlite3_column_int64(s, 3);
        r.flags = sqlite3_column_int64(s, 4);
        r.samples = sqlite3_column_int64(s, 5);
        r.low = sqlite3_column_double(s, 6);
        r.high = sqlite3_column_double(s, 7);
        r.mean = sqlite3_column_double(s, 8);
        r.deviation = sqlite3_column_double(s, 9);
        rows.push_back(r);
    }
    if (answer != SQLITE_DONE) select.fail();
    sqlite3_reset(s);
    return rows;
}

std::uint64_t read_numbers(const job& wanted, bracket& timed) {
    const database db(bench::readings_ddl_sqlite);
    fill_readings(db, wanted.count);
    const statement select(db.get(),
                           "select id, station, taken_at, sequence, flags, samples, low, high, mean, deviation "
                           "from readings");
    read_readings(select);
    timed.open();
    const std::vector<reading> rows = read_readings(select);
    timed.close();
    std::uint64_t sum = bench::empty_checksum;
    for (const reading& r : rows) sum = bench::fold_reading(sum, r);
    return sum;
}

// COUNT selects by key inside one transaction, each into a struct of its own.
std::uint64_t select_by_key(const job& wanted, bracket& timed) {
    const database db(bench::customers_ddl_sqlite);
    fill_customers(db, bench::table_rows);
    const statement select(db.get(), "select id, name, email from customers where id = ?1");
    const auto find = [&](std::int64_t key) {
        customer c;
        select.bind(1, key);
        if (sqlite3_step(select.get()) != SQLITE_ROW) select.fail();
        read_row(select.get(), c);
        sqlite3_reset(select.get());
        return c;
    };
    db.execute("begin");
    find(bench::scattered_key(bench::table_rows - 1));
    std::uint64_t sum = bench::empty_checksum;
    timed.open();
    for (std::int64_t i = 0; i < wanted.count; ++i) sum = bench::touch_customer(sum, find(bench::scattered_key(i)));
    timed.close();
    db.execute("commit");
    return sum;
}

// COUNT transactions of one insert. They begin as a transaction must that is going to write: one
// that reads first and takes the lock later can fail with SQLITE_BUSY at once, however long the
// busy time-out is.
std::uint64_t insert_and_commit(const job& wanted, bracket& timed) {
    const database db(bench::customers_ddl_sqlite);
    const std::vector<customer> rows = make_customers(1, wanted.count + 1);
    const statement begin(db.get(), "begin immediate");
    const statement insert(db.get(), insert_customer);
    const statement commit(db.get(), "commit");
    const auto add = [&](const customer& c) {
        begin.execute();
        insert.bind(c);
        insert.execute();
        commit.execute();
    };
    add(rows.front());
    timed.open();
    for (std::size_t i = 1; i < rows.size(); ++i) add(rows[i]);
    timed.close();
    return table_checksum(db);
}

// COUNT updates by key in one transaction.
std::uint64_t update_by_key(const job& wanted, bracket& timed) {
    const database db(bench::customers_ddl_sqlite);
    fill_customers(db, bench::table_rows);
    std::vector<std::string> names;
    for (std::int64_t i = 0; i < wanted.count; ++i) names.push_back(bench::renamed(bench::scattered_key(i)));
    const statement update(db.get(), "update customers set name = ?1 where id = ?2");
    db.execute("begin");
    timed.open();
    for (std::int64_t i = 0; i < wanted.count; ++i) {
        update.bind(1, names[static_cast<std::size_t>(i)]);
        update.bind(2, bench::scattered_key(i));
        update.execute();
        if (sqlite3_changes(db.get()) != 1) throw std::runtime_error("an update found no row");
    }
    timed.close();
    db.execute("commit");
    return table_checksum(db);
}

}  // namespace

int main(int argc, char** argv) {
    return bench::run_program(argc, argv,
                              {{"W1-each", insert_each},
                               {"W1-bulk", insert_bulk},
                               {"W2", read_all},
                               {"W2-lean", read_all_lean},
                               {"W2-numbers", read_numbers},
                               {"W3", select_by_key},
                               {"W4", insert_and_commit},
                               {"W6", update_by_key}});
}
