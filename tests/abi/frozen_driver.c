/*
 * A driver in C11 that knows the contract of version 1.0 alone: it is built against the kept copy
 * of the header and nothing else of Koine, as the drivers are that exist in files somewhere. Its
 * database understands `echo`, which answers its values as a row, `count`, which answers the
 * numbers up to its value, `fail`, and the words of transactions.
 */
#include <stdlib.h>
#include <string.h>

#include "driver_abi_v1.h"

enum { most_binds = 8, rows_at_once = 3 };

struct koine_connection {
    int connected;
    int in_transaction;
    int64_t greeting;
    int64_t executions;
};

struct koine_statement {
    koine_connection* owner;
    enum { echo, count, fail, control } what;
    int begins;
    uint32_t parameters;
    int64_t next, last; /* rows of `count` that are still to come */
    char* kept[most_binds];
};

static koine_string text(const char* words) {
    koine_string out = {words, strlen(words)};
    return out;
}

static koine_status refuse(koine_error* error, int32_t code, const char* sqlstate, const char* message) {
    error->code = code;
    error->outcome = KOINE_REJECTED;
    memcpy(error->sqlstate, sqlstate, 5);
    error->message = text(message);
    return KOINE_ERROR;
}

static int begins_with(koine_string sql, const char* word) {
    return sql.size >= strlen(word) && memcmp(sql.data, word, strlen(word)) == 0;
}

static koine_status create(const koine_parameter* parameters, size_t size, koine_connection** out, koine_error* error) {
    koine_connection* made = calloc(1, sizeof *made);
    if (made == NULL) return refuse(error, 703, "53200", "no memory");
    for (size_t i = 0; i < size; ++i)
        if (parameters[i].key.size == 8 && memcmp(parameters[i].key.data, "greeting", 8) == 0)
            for (size_t d = 0; d < parameters[i].value.size; ++d)
                made->greeting = made->greeting * 10 + (parameters[i].value.data[d] - '0');
    *out = made;
    return KOINE_DONE;
}

static koine_status connect_it(koine_connection* connection, koine_wait* wait, koine_error* error) {
    (void)wait;
    (void)error;
    connection->connected = 1;
    return KOINE_DONE;
}

static void close_it(koine_connection* connection) {
    free(connection);
}
static void abandon(koine_connection* connection) {
    connection->connected = 0;
}
static uint32_t state(const koine_connection* connection) {
    return connection->in_transaction ? KOINE_STATE_IN_TRANSACTION : 0;
}

static koine_status reset(koine_connection* connection, koine_wait* wait, koine_error* error) {
    (void)wait;
    (void)error;
    connection->in_transaction = 0;
    return KOINE_DONE;
}

static koine_status ping(koine_connection* connection, koine_wait* wait, koine_error* error) {
    (void)wait;
    return connection->connected ? KOINE_DONE : refuse(error, 806, "08003", "not connected");
}

static koine_status cancel(koine_connection* connection, koine_error* error) {
    (void)connection;
    (void)error;
    return KOINE_DONE;
}

static void set_deadline(koine_connection* connection, int64_t deadline_ns) {
    (void)connection;
    (void)deadline_ns;
}

static int64_t last_insert_id(const koine_connection* connection) {
    return connection->executions;
}

static koine_string server_product(const koine_connection* connection) {
    (void)connection;
    return text("frozen");
}

static koine_string server_version(const koine_connection* connection) {
    (void)connection;
    return text("1.0");
}

static void* native_handle(koine_connection* connection) {
    return connection;
}

static koine_status prepare(koine_connection* connection, koine_string sql, uint32_t flags, koine_statement** out,
                            koine_wait* wait, koine_error* error) {
    (void)flags;
    (void)wait;
    koine_statement* made = calloc(1, sizeof *made);
    if (made == NULL) return refuse(error, 703, "53200", "no memory");
    made->owner = connection;
    made->begins = begins_with(sql, "BEGIN");
    made->what = begins_with(sql, "echo")    ? echo
                 : begins_with(sql, "count") ? count
                 : begins_with(sql, "fail")  ? fail
                                             : control;
    if (made->what == control && !made->begins && !begins_with(sql, "COMMIT") && !begins_with(sql, "ROLLBACK")) {
        free(made);
        return refuse(error, 600, "42601", "this database knows no such words");
    }
    for (size_t i = 0; i < sql.size; ++i) made->parameters += sql.data[i] == '?';
    *out = made;
    return KOINE_DONE;
}

static void forget_texts(koine_statement* statement) {
    for (int i = 0; i < most_binds; ++i) {
        free(statement->kept[i]);
        statement->kept[i] = NULL;
    }
}

static void finalize(koine_statement* statement) {
    forget_texts(statement);
    free(statement);
}

static uint32_t column_count(const koine_statement* statement) {
    return statement->what == echo ? statement->parameters : statement->what == count;
}

static uint32_t statement_flags(const koine_statement* statement) {
    return column_count(statement) != 0 ? KOINE_STATEMENT_READ_ONLY | KOINE_STATEMENT_RETURNS_ROWS : 0;
}

static uint32_t parameter_count(const koine_statement* statement) {
    return statement->parameters;
}

static void column(const koine_statement* statement, uint32_t index, koine_column* out) {
    static const char* const names[most_binds] = {"c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8"};
    (void)statement;
    memset(out, 0, sizeof *out);
    out->name = text(names[index]);
    out->type_name = text("thing");
}

static void give_rows(koine_statement* statement, koine_value* cells, uint32_t max_rows, uint32_t* got) {
    for (*got = 0; *got < max_rows && *got < rows_at_once && statement->next <= statement->last; ++*got) {
        memset(&cells[*got], 0, sizeof cells[*got]);
        cells[*got].tag = KOINE_INT64;
        cells[*got].u.i = statement->next++;
    }
}

static koine_status execute(koine_statement* statement, const koine_value* binds, uint32_t bind_count,
                            koine_value* cells, uint32_t max_rows, uint32_t* got, koine_wait* wait,
                            koine_error* error) {
    (void)wait;
    ++statement->owner->executions;
    *got = 0;
    if (bind_count != statement->parameters || bind_count > most_binds)
        return refuse(error, 800, "07001", "another number of values");
    switch (statement->what) {
        case control:
            statement->owner->in_transaction = statement->begins;
            return KOINE_DONE;
        case fail:
            refuse(error, 301, "23505", "taken");
            error->constraint = text("uq_frozen");
            error->table = text("ice");
            return KOINE_ERROR;
        case count:
            statement->next = 1;
            statement->last = bind_count == 1 ? binds[0].u.i : statement->owner->greeting;
            give_rows(statement, cells, max_rows, got);
            return KOINE_DONE;
        case echo:
            break;
    }
    statement->next = 1;
    statement->last = 0;
    forget_texts(statement);
    if (max_rows == 0) return KOINE_DONE;
    for (uint32_t i = 0; i < bind_count; ++i) {
        cells[i] = binds[i];
        if (binds[i].tag != KOINE_TEXT && binds[i].tag != KOINE_BLOB) continue;
        statement->kept[i] = malloc(binds[i].len + 1u);
        if (statement->kept[i] == NULL) return refuse(error, 703, "53200", "no memory");
        if (binds[i].len != 0) memcpy(statement->kept[i], binds[i].u.p, binds[i].len);
        cells[i].u.p = statement->kept[i];
    }
    *got = 1;
    return KOINE_DONE;
}

static koine_status fetch(koine_statement* statement, koine_value* cells, uint32_t max_rows, uint32_t* got,
                          koine_wait* wait, koine_error* error) {
    (void)wait;
    (void)error;
    give_rows(statement, cells, max_rows, got);
    return KOINE_DONE;
}

static int64_t rows_remaining(const koine_statement* statement) {
    return statement->last - statement->next + 1;
}

static int64_t rows_affected(const koine_statement* statement) {
    (void)statement;
    return -1;
}

static koine_status finish(koine_statement* statement, koine_wait* wait, koine_error* error) {
    (void)wait;
    (void)error;
    statement->last = statement->next - 1;
    return KOINE_DONE;
}

koine_status koine_driver_init(uint32_t abi, koine_driver* out, koine_error* error) {
    static const koine_capabilities capabilities = {
        KOINE_CAP_BLOCKING | KOINE_CAP_LAST_INSERT_ID | KOINE_CAP_IN_PROCESS,
        1u << KOINE_NULL | 1u << KOINE_INT64 | 1u << KOINE_FLOAT64 | 1u << KOINE_TEXT | 1u << KOINE_BLOB, most_binds, 0,
        1000000};
    static koine_option options[1];
    if (abi != KOINE_ABI_VERSION || out->struct_size < KOINE_DRIVER_SIZE_1_0) {
        out->abi = KOINE_ABI_VERSION;
        return refuse(error, 804, "0A000", "the frozen driver knows version 1.0 alone");
    }
    options[0].key = text("greeting");
    options[0].type = KOINE_OPTION_INTEGER;
    options[0].summary = text("how far count counts by itself");
    out->struct_size = KOINE_DRIVER_SIZE_1_0;
    out->abi = abi;
    out->name = text("frozen");
    out->client_version = text("1");
    out->capabilities = &capabilities;
    out->options = options;
    out->option_count = 1;
    out->create = create;
    out->connect = connect_it;
    out->close = close_it;
    out->abandon = abandon;
    out->state = state;
    out->reset = reset;
    out->ping = ping;
    out->cancel = cancel;
    out->set_deadline = set_deadline;
    out->last_insert_id = last_insert_id;
    out->server_product = server_product;
    out->server_version = server_version;
    out->native_handle = native_handle;
    out->prepare = prepare;
    out->finalize = finalize;
    out->statement_flags = statement_flags;
    out->parameter_count = parameter_count;
    out->column_count = column_count;
    out->column = column;
    out->execute = execute;
    out->fetch = fetch;
    out->rows_remaining = rows_remaining;
    out->rows_affected = rows_affected;
    out->finish = finish;
    return KOINE_DONE;
}
