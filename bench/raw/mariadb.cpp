// MariaDB by libmariadb as a careful programmer uses it: the limits that Koine is compared with.
// Statements prepared once, the binary protocol both ways, buffers bound once. W2 and W3 read the
// tables that W1-bulk and fill-readings left behind, so that both sides read the same rows.

#include <mysql.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "../harness/dataset.hpp"
#include "../harness/measure.hpp"

namespace {

using bench::bracket;
using bench::customer;
using bench::job;
using bench::reading;

class connection {
public:
    // The path of the server's socket ends the URL.
    explicit connection(std::string_view url) : handle_(mysql_init(nullptr)) {
        constexpr std::string_view key = "unix_socket=";
        const auto at = url.find(key);
        if (at == std::string_view::npos) throw std::runtime_error("the URL names no unix_socket");
        const std::string socket(url.substr(at + key.size()));
        mysql_options(handle_, MYSQL_SET_CHARSET_NAME, "utf8mb4");
        if (mysql_real_connect(handle_, nullptr, "koine", nullptr, "bench", 0, socket.c_str(), 0) == nullptr) {
            const std::string why = mysql_error(handle_);
            mysql_close(handle_);
            throw std::runtime_error(why);
        }
        execute("set session transaction isolation level read committed");
    }
    ~connection() { mysql_close(handle_); }
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    MYSQL* get() const noexcept { return handle_; }
    void execute(std::string_view sql) const {
        if (mysql_real_query(handle_, sql.data(), sql.size()) != 0) throw std::runtime_error(mysql_error(handle_));
    }
    void recreate(const char* table, const char* ddl) const {
        execute("drop table if exists " + std::string(table));
        execute(ddl);
    }

private:
    MYSQL* handle_;
};

// A prepared statement with the buffers that its parameters and columns are bound to.
class statement {
public:
    statement(const connection& db, std::string_view sql) : handle_(mysql_stmt_init(db.get())) {
        if (mysql_stmt_prepare(handle_, sql.data(), sql.size()) != 0) fail();
    }
    ~statement() { mysql_stmt_close(handle_); }
    statement(const statement&) = delete;
    statement& operator=(const statement&) = delete;

    MYSQL_STMT* get() const noexcept { return handle_; }
    [[noreturn]] void fail() const { throw std::runtime_error(mysql_stmt_error(handle_)); }
    void bind_parameters(MYSQL_BIND* binds) const {
        if (mysql_stmt_bind_param(handle_, binds) != 0) fail();
    }
    void bind_columns(MYSQL_BIND* binds) const {
        if (mysql_stmt_bind_result(handle_, binds) != 0) fail();
    }
    void execute() const {
        if (mysql_stmt_execute(handle_) != 0) fail();
    }
    void store() const {
        if (mysql_stmt_store_result(handle_) != 0) fail();
    }
    bool fetch() const {
        const int status = mysql_stmt_fetch(handle_);
        if (status == MYSQL_DATA_TRUNCATED) throw std::runtime_error("a text is longer than its buffer");
        if (status != 0 && status != MYSQL_NO_DATA) fail();
        return status == 0;
    }
    void end() const { mysql_stmt_free_result(handle_); }

private:
    MYSQL_STMT* handle_;
};

MYSQL_BIND bound(enum_field_types type, const void* buffer, std::size_t size = 0, unsigned long* length = nullptr) {
    MYSQL_BIND out{};
    out.buffer_type = type;
    out.buffer = const_cast<void*>(buffer);
    out.buffer_length = size;
    out.length = length;
    return out;
}

// Columns of customers.
struct customer_buffers {
    std::int64_t id = 0;
    char name[256];
    char email[256];
    unsigned long name_size = 0;
    unsigned long email_size = 0;
    MYSQL_BIND binds[3] = {bound(MYSQL_TYPE_LONGLONG, &id), bound(MYSQL_TYPE_STRING, name, sizeof name, &name_size),
                           bound(MYSQL_TYPE_STRING, email, sizeof email, &email_size)};

    void read(customer& into) const {
        into.id = id;
        into.name.assign(name, name_size);
        into.email.assign(email, email_size);
    }
};

struct reading_buffers {
    reading row{};
    MYSQL_BIND binds[10] = {bound(MYSQL_TYPE_LONGLONG, &row.id),       bound(MYSQL_TYPE_LONGLONG, &row.station),
                            bound(MYSQL_TYPE_LONGLONG, &row.taken_at), bound(MYSQL_TYPE_LONGLONG, &row.sequence),
                            bound(MYSQL_TYPE_LONGLONG, &row.flags),    bound(MYSQL_TYPE_LONGLONG, &row.samples),
                            bound(MYSQL_TYPE_DOUBLE, &row.low),        bound(MYSQL_TYPE_DOUBLE, &row.high),
                            bound(MYSQL_TYPE_DOUBLE, &row.mean),       bound(MYSQL_TYPE_DOUBLE, &row.deviation)};

    void read(reading& into) const { into = row; }
};

// Runs a statement without parameters and reads its whole result, stored in the client or as it
// comes.
template <class Row, class Buffers>
std::vector<Row> read_prepared(const statement& query, Buffers& buffers, bool stored) {
    query.execute();
    query.bind_columns(buffers.binds);
    std::vector<Row> rows;
    if (stored) {
        query.store();
        rows.reserve(static_cast<std::size_t>(mysql_stmt_num_rows(query.get())));
    }
    while (query.fetch()) buffers.read(rows.emplace_back());
    query.end();
    return rows;
}

template <class Row>
void expect_count(const std::vector<Row>& rows, const job& wanted) {
    if (static_cast<std::int64_t>(rows.size()) != wanted.count)
        throw std::runtime_error("the table holds another number of rows");
}

std::uint64_t read_customers(const job& wanted, bracket& timed, bool stored) {
    const connection db(wanted.url);
    const statement all(db, "select id, name, email from customers");
    customer_buffers buffers;
    read_prepared<customer>(all, buffers, stored);
    timed.open();
    const std::vector<customer> rows = read_prepared<customer>(all, buffers, stored);
    timed.close();
    expect_count(rows, wanted);
    std::uint64_t sum = bench::empty_checksum;
    for (const customer& c : rows) sum = bench::fold_customer(sum, c);
    return sum;
}

std::uint64_t read_stored(const job& wanted, bracket& timed) {
    return read_customers(wanted, timed, true);
}
std::uint64_t read_unbuffered(const job& wanted, bracket& timed) {
    return read_customers(wanted, timed, false);
}

std::uint64_t read_numbers(const job& wanted, bracket& timed) {
    const connection db(wanted.url);
    const statement all(
        db, "select id, station, taken_at, sequence, flags, samples, low, high, mean, deviation from readings");
    reading_buffers buffers;
    read_prepared<reading>(all, buffers, true);
    timed.open();
    const std::vector<reading> rows = read_prepared<reading>(all, buffers, true);
    timed.close();
    expect_count(rows, wanted);
    std::uint64_t sum = bench::empty_checksum;
    for (const reading& r : rows) sum = bench::fold_reading(sum, r);
    return sum;
}

// COUNT selects by key inside one transaction, each into a struct of its own.
std::uint64_t select_by_key(const job& wanted, bracket& timed) {
    const connection db(wanted.url);
    const statement one(db, "select id, name, email from customers where id = ?");
    std::int64_t key = 0;
    MYSQL_BIND parameter = bound(MYSQL_TYPE_LONGLONG, &key);
    one.bind_parameters(&parameter);
    customer_buffers buffers;
    const auto find = [&](std::int64_t wanted_key) {
        key = wanted_key;
        one.execute();
        one.store();
        if (!one.fetch()) throw std::runtime_error("a key was not found");
        customer c;
        buffers.read(c);
        one.end();
        return c;
    };
    db.execute("start transaction");
    one.bind_columns(buffers.binds);
    find(bench::scattered_key(bench::table_rows - 1));
    std::uint64_t sum = bench::empty_checksum;
    timed.open();
    for (std::int64_t i = 0; i < wanted.count; ++i) sum = bench::touch_customer(sum, find(bench::scattered_key(i)));
    timed.close();
    db.execute("commit");
    return sum;
}

// Parameters of an INSERT into customers.
struct customer_parameters {
    std::int64_t id = 0;
    unsigned long name_size = 0;
    unsigned long email_size = 0;
    MYSQL_BIND binds[3] = {bound(MYSQL_TYPE_LONGLONG, &id), bound(MYSQL_TYPE_STRING, nullptr, 0, &name_size),
                           bound(MYSQL_TYPE_STRING, nullptr, 0, &email_size)};

    void insert(const statement& into, const customer& c) {
        id = c.id;
        binds[1].buffer = const_cast<char*>(c.name.data());
        binds[2].buffer = const_cast<char*>(c.email.data());
        name_size = c.name.size();
        email_size = c.email.size();
        into.bind_parameters(binds);
        into.execute();
    }
};

constexpr std::string_view insert_sql = "insert into customers (id, name, email) values (?, ?, ?)";

std::vector<customer> make_customers(std::int64_t count) {
    std::vector<customer> rows;
    for (std::int64_t id = 1; id <= count; ++id) rows.push_back(bench::make_customer(id));
    return rows;
}

std::uint64_t table_checksum(const connection& db) {
    const statement all(db, "select id, name, email from customers order by id");
    customer_buffers buffers;
    std::uint64_t sum = bench::empty_checksum;
    for (const customer& c : read_prepared<customer>(all, buffers, true)) sum = bench::fold_customer(sum, c);
    return sum;
}

// COUNT inserts, one round trip each, in one transaction.
std::uint64_t insert_each(const job& wanted, bracket& timed) {
    const connection db(wanted.url);
    db.recreate("customers", bench::customers_ddl_mariadb);
    const std::vector<customer> rows = make_customers(wanted.count + 1);
    const statement add(db, insert_sql);
    customer_parameters parameters;
    db.execute("start transaction");
    parameters.insert(add, rows.front());
    timed.open();
    for (std::size_t i = 1; i < rows.size(); ++i) parameters.insert(add, rows[i]);
    timed.close();
    db.execute("commit");
    return table_checksum(db);
}

// COUNT transactions of one insert, three round trips each.
std::uint64_t insert_and_commit(const job& wanted, bracket& timed) {
    const connection db(wanted.url);
    db.recreate("customers", bench::customers_ddl_mariadb);
    const std::vector<customer> rows = make_customers(wanted.count + 1);
    const statement add(db, insert_sql);
    customer_parameters parameters;
    const auto one = [&](const customer& c) {
        db.execute("start transaction");
        parameters.insert(add, c);
        db.execute("commit");
    };
    one(rows.front());
    timed.open();
    for (std::size_t i = 1; i < rows.size(); ++i) one(rows[i]);
    timed.close();
    return table_checksum(db);
}

// COUNT rows by arrays of parameters in one transaction, 10,000 rows an execution.
std::uint64_t insert_bulk(const job& wanted, bracket& timed) {
    const connection db(wanted.url);
    db.recreate("customers", bench::customers_ddl_mariadb);
    const std::vector<customer> rows = make_customers(wanted.count);
    const statement add(db, insert_sql);
    constexpr std::size_t most = 10'000;
    std::vector<std::int64_t> ids(most);
    std::vector<const char*> names(most);
    std::vector<const char*> emails(most);
    std::vector<unsigned long> name_sizes(most);
    std::vector<unsigned long> email_sizes(most);
    timed.open();
    db.execute("start transaction");
    for (std::size_t first = 0; first < rows.size(); first += most) {
        auto count = static_cast<unsigned int>(std::min(most, rows.size() - first));
        for (std::size_t i = 0; i < count; ++i) {
            const customer& c = rows[first + i];
            ids[i] = c.id;
            names[i] = c.name.data();
            name_sizes[i] = c.name.size();
            emails[i] = c.email.data();
            email_sizes[i] = c.email.size();
        }
        MYSQL_BIND binds[3] = {bound(MYSQL_TYPE_LONGLONG, ids.data()),
                               bound(MYSQL_TYPE_STRING, names.data(), 0, name_sizes.data()),
                               bound(MYSQL_TYPE_STRING, emails.data(), 0, email_sizes.data())};
        mysql_stmt_attr_set(add.get(), STMT_ATTR_ARRAY_SIZE, &count);
        add.bind_parameters(binds);
        add.execute();
    }
    db.execute("commit");
    timed.close();
    return table_checksum(db);
}

// Makes the table of W2-numbers: COUNT rows.
std::uint64_t fill_readings(const job& wanted, bracket& timed) {
    const connection db(wanted.url);
    db.recreate("readings", bench::readings_ddl_mariadb);
    const statement add(db, "insert into readings values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    reading_buffers buffers;
    std::uint64_t sum = bench::empty_checksum;
    add.bind_parameters(buffers.binds);
    timed.open();
    db.execute("start transaction");
    for (std::int64_t id = 1; id <= wanted.count; ++id) {
        buffers.row = bench::make_reading(id);
        add.execute();
        sum = bench::fold_reading(sum, buffers.row);
    }
    db.execute("commit");
    timed.close();
    return sum;
}

}  // namespace

int main(int argc, char** argv) {
    return bench::run_program(argc, argv,
                              {{"W1-each", insert_each},
                               {"W1-bulk", insert_bulk},
                               {"W2", read_stored},
                               {"W2-unbuffered", read_unbuffered},
                               {"W2-numbers", read_numbers},
                               {"W3", select_by_key},
                               {"W4", insert_and_commit},
                               {"fill-readings", fill_readings}});
}
