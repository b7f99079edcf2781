// PostgreSQL by libpq as a careful programmer uses it: the limits that Koine is compared with.
// Statements prepared once, parameters and results in binary, whole results (no single-row mode).
// W2 and W3 read the tables that W1-bulk and fill-readings left behind, so that both sides read the
// same rows.

#include <endian.h>
#include <libpq-fe.h>

#include <bit>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "../harness/dataset.hpp"
#include "../harness/measure.hpp"

namespace {

using bench::bracket;
using bench::customer;
using bench::job;
using bench::reading;

class result {
public:
    explicit result(PGresult* handle) noexcept : handle_(handle) {}
    result(result&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    result& operator=(result&&) = delete;
    ~result() { PQclear(handle_); }

    PGresult* get() const noexcept { return handle_; }

private:
    PGresult* handle_;
};

class connection {
public:
    explicit connection(const char* url) : handle_(PQconnectdb(url)) {
        if (PQstatus(handle_) != CONNECTION_OK) {
            const std::string why = PQerrorMessage(handle_);
            PQfinish(handle_);
            throw std::runtime_error(why);
        }
    }
    ~connection() { PQfinish(handle_); }
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    PGconn* get() const noexcept { return handle_; }

    [[noreturn]] void fail() const { throw std::runtime_error(PQerrorMessage(handle_)); }

    result checked(PGresult* r, ExecStatusType wanted) const {
        result owned(r);
        if (PQresultStatus(r) != wanted) fail();
        return owned;
    }

    void execute(const char* sql) const { checked(PQexec(handle_, sql), PGRES_COMMAND_OK); }

    void prepare(const char* name, const char* sql) const {
        checked(PQprepare(handle_, name, sql, 0, nullptr), PGRES_COMMAND_OK);
    }

    void recreate(const char* table, const char* ddl) const {
        execute("set client_min_messages = warning");
        execute(("drop table if exists " + std::string(table)).c_str());
        execute(ddl);
    }

private:
    PGconn* handle_;
};

std::int64_t read_int64(const PGresult* r, int row, int column) {
    std::uint64_t wire;
    std::memcpy(&wire, PQgetvalue(r, row, column), sizeof wire);
    return static_cast<std::int64_t>(be64toh(wire));
}

double read_double(const PGresult* r, int row, int column) {
    return std::bit_cast<double>(read_int64(r, row, column));
}

void read_row(const PGresult* r, int row, customer& c) {
    c.id = read_int64(r, row, 0);
    c.name.assign(PQgetvalue(r, row, 1), static_cast<std::size_t>(PQgetlength(r, row, 1)));
    c.email.assign(PQgetvalue(r, row, 2), static_cast<std::size_t>(PQgetlength(r, row, 2)));
}

void read_row(const PGresult* r, int row, reading& into) {
    into.id = read_int64(r, row, 0);
    into.station = read_int64(r, row, 1);
    into.taken_at = read_int64(r, row, 2);
    into.sequence = read_int64(r, row, 3);
    into.flags = read_int64(r, row, 4);
    into.samples = read_int64(r, row, 5);
    into.low = read_double(r, row, 6);
    into.high = read_double(r, row, 7);
    into.mean = read_double(r, row, 8);
    into.deviation = read_double(r, row, 9);
}

// Runs the prepared statement without parameters and reads its whole result.
template <class Row>
std::vector<Row> read_prepared(const connection& db, const char* name) {
    const result r = db.checked(PQexecPrepared(db.get(), name, 0, nullptr, nullptr, nullptr, 1), PGRES_TUPLES_OK);
    const int count = PQntuples(r.get());
    std::vector<Row> rows;
    rows.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) read_row(r.get(), i, rows.emplace_back());
    return rows;
}

void expect_count(std::size_t rows, const job& wanted) {
    if (static_cast<std::int64_t>(rows) != wanted.count)
        throw std::runtime_error("the table holds another number of rows");
}

std::uint64_t read_all(const job& wanted, bracket& timed) {
    const connection db(wanted.url);
    db.prepare("all", "select id, name, email from customers");
    read_prepared<customer>(db, "all");
    timed.open();
    const std::vector<customer> rows = read_prepared<customer>(db, "all");
    timed.close();
    expect_count(rows.size(), wanted);
    std::uint64_t sum = bench::empty_checksum;
    for (const customer& c : rows) sum = bench::fold_customer(sum, c);
    return sum;
}

std::uint64_t read_numbers(const job& wanted, bracket& timed) {
    const connection db(wanted.url);
    db.prepare("all",
               "select id, station, taken_at, sequence, flags, samples, low, high, mean, deviation from readings");
    read_prepared<reading>(db, "all");
    timed.open();
    const std::vector<reading> rows = read_prepared<reading>(db, "all");
    timed.close();
    expect_count(rows.size(), wanted);
    std::uint64_t sum = bench::empty_checksum;
    for (const reading& r : rows) sum = bench::fold_reading(sum, r);
    return sum;
}

// COUNT selects by key inside one transaction, each into a struct of its own.
std::uint64_t select_by_key(const job& wanted, bracket& timed) {
    const connection db(wanted.url);
    db.prepare("one", "select id, name, email from customers where id = $1");
    const auto find = [&](std::int64_t key) {
        const std::uint64_t wire = htobe64(static_cast<std::uint64_t>(key));
        const char* values[] = {reinterpret_cast<const char*>(&wire)};
        const int lengths[] = {sizeof wire};
        const int formats[] = {1};
        const result r = db.checked(PQexecPrepared(db.get(), "one", 1, values, lengths, formats, 1), PGRES_TUPLES_OK);
        if (PQntuples(r.get()) != 1) throw std::runtime_error("a key was not found");
        customer c;
        read_row(r.get(), 0, c);
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

// COUNT transactions of one insert, three round trips each.
std::uint64_t insert_and_commit(const job& wanted, bracket& timed) {
    const connection db(wanted.url);
    db.recreate("customers", bench::customers_ddl_postgresql);
    std::vector<customer> rows;
    for (std::int64_t id = 1; id <= wanted.count + 1; ++id) rows.push_back(bench::make_customer(id));
    db.prepare("add", "insert into customers (id, name, email) values ($1, $2, $3)");
    const auto add = [&](const customer& c) {
        const std::uint64_t wire = htobe64(static_cast<std::uint64_t>(c.id));
        const char* values[] = {reinterpret_cast<const char*>(&wire), c.name.data(), c.email.data()};
        const int lengths[] = {sizeof wire, static_cast<int>(c.name.size()), static_cast<int>(c.email.size())};
        const int formats[] = {1, 1, 1};
        db.execute("begin");
        db.checked(PQexecPrepared(db.get(), "add", 3, values, lengths, formats, 1), PGRES_COMMAND_OK);
        db.execute("commit");
    };
    add(rows.front());
    timed.open();
    for (std::size_t i = 1; i < rows.size(); ++i) add(rows[i]);
    timed.close();
    db.prepare("all", "select id, name, email from customers order by id");
    std::uint64_t sum = bench::empty_checksum;
    for (const customer& c : read_prepared<customer>(db, "all")) sum = bench::fold_customer(sum, c);
    return sum;
}

// The rows of a binary COPY, sent in pieces of 64 KB.
class copy_writer {
public:
    copy_writer(const connection& db, const char* sql) : db_(db) {
        db.checked(PQexec(db.get(), sql), PGRES_COPY_IN);
        buffer_.assign("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
    }

    void begin_row(std::uint16_t columns) {
        if (buffer_.size() >= 65'536) send();
        const std::uint16_t wire = htobe16(columns);
        buffer_.append(reinterpret_cast<const char*>(&wire), sizeof wire);
    }
    void add(std::int64_t v) {
        add_length(sizeof v);
        const std::uint64_t wire = htobe64(static_cast<std::uint64_t>(v));
        buffer_.append(reinterpret_cast<const char*>(&wire), sizeof wire);
    }
    void add(double v) { add(std::bit_cast<std::int64_t>(v)); }
    void add(const std::string& v) {
        add_length(v.size());
        buffer_ += v;
    }
    void finish() {
        begin_row(0xffff);
        send();
        if (PQputCopyEnd(db_.get(), nullptr) != 1) db_.fail();
        db_.checked(PQgetResult(db_.get()), PGRES_COMMAND_OK);
        if (PQgetResult(db_.get()) != nullptr) throw std::runtime_error("an unexpected result after COPY");
    }

private:
    void add_length(std::size_t size) {
        const std::uint32_t wire = htobe32(static_cast<std::uint32_t>(size));
        buffer_.append(reinterpret_cast<const char*>(&wire), sizeof wire);
    }
    void send() {
        if (PQputCopyData(db_.get(), buffer_.data(), static_cast<int>(buffer_.size())) != 1) db_.fail();
        buffer_.clear();
    }

    const connection& db_;
    std::string buffer_;
};

// COUNT rows by binary COPY into a new table, vacuumed so that later readers find it at rest.
std::uint64_t copy_customers(const job& wanted, bracket& timed) {
    const connection db(wanted.url);
    db.recreate("customers", bench::customers_ddl_postgresql);
    std::vector<customer> rows;
    for (std::int64_t id = 1; id <= wanted.count; ++id) rows.push_back(bench::make_customer(id));
    timed.open();
    copy_writer copy(db, "copy customers (id, name, email) from stdin (format binary)");
    for (const customer& c : rows) {
        copy.begin_row(3);
        copy.add(c.id);
        copy.add(c.name);
        copy.add(c.email);
    }
    copy.finish();
    timed.close();
    db.execute("vacuum analyze customers");
    db.prepare("all", "select id, name, email from customers order by id");
    std::uint64_t sum = bench::empty_checksum;
    for (const customer& c : read_prepared<customer>(db, "all")) sum = bench::fold_customer(sum, c);
    return sum;
}

// Makes the table of W2-numbers: COUNT rows.
std::uint64_t fill_readings(const job& wanted, bracket& timed) {
    const connection db(wanted.url);
    db.recreate("readings", bench::readings_ddl_postgresql);
    std::uint64_t sum = bench::empty_checksum;
    timed.open();
    copy_writer copy(db, "copy readings from stdin (format binary)");
    for (std::int64_t id = 1; id <= wanted.count; ++id) {
        const reading r = bench::make_reading(id);
        copy.begin_row(10);
        for (std::int64_t v : {r.id, r.station, r.taken_at, r.sequence, r.flags, r.samples}) copy.add(v);
        for (double v : {r.low, r.high, r.mean, r.deviation}) copy.add(v);
        sum = bench::fold_reading(sum, r);
    }
    copy.finish();
    timed.close();
    db.execute("vacuum analyze readings");
    return sum;
}

}  // namespace

int main(int argc, char** argv) {
    return bench::run_program(argc, argv,
                              {{"W1-bulk", copy_customers},
                               {"W2", read_all},
                               {"W2-numbers", read_numbers},
                               {"W3", select_by_key},
                               {"W4", insert_and_commit},
                               {"fill-readings", fill_readings}});
}
