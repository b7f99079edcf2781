/* size: the contract is read, and frozen, as one text. */

/*
 * The driver contract: a table of C functions between Koine's core and a database client library.
 *
 * Status: ABI 1, frozen. What is written here about version 1.0 stays true: numbers, layouts,
 * meanings. tests/abi keeps this header as it was at 1.0, with a driver that is built against that
 * copy alone. How it grows, by minor versions:
 *  - Fields are only ever appended to koine_driver; the other structs keep their size. New
 *    enumerators and flags may come: a driver refuses a tag, an option or a flag that it does not
 *    know, a caller ignores a capability or a state that it does not know.
 *  - The caller of the init function zeroes the table, sets `struct_size` to the bytes it has room
 *    for, and asks for the newest version it knows. A driver that does not know it sets `out->abi`
 *    to the newest version it does know and answers KOINE_ERROR with code not_implemented (804);
 *    the caller asks again for the next lower minor version of the same major one, down to minor 0.
 *  - A driver that knows the version fills the fields of that version and no others, also when it
 *    knows a newer one, sets `out->abi` to it and `out->struct_size` to the bytes that it filled.
 *    It refuses a table that is too small for the version.
 *  - Fields behind the answered `struct_size` are not there: the caller takes them as zero,
 *    whatever they hold, and does without. Less than the version has, or more than there was room
 *    for, is an error.
 * What cannot be said like this is a new major version, and a new header.
 *
 * Rules that hold for every function here:
 *  - No C++ type, no exception and no allocation crosses the table. Every string is pointer +
 *    length and is never NUL-terminated by contract. What a side allocates, that side frees.
 *  - A connection and its statements are used by one thread at a time. Only `cancel` may be called
 *    from another one.
 *  - Functions that take a `koine_wait*` are resumable. They answer KOINE_DONE, KOINE_ERROR, or
 *    KOINE_WAIT after filling the wait. After KOINE_WAIT the caller waits for the descriptor (or
 *    until the wait's own deadline) and calls the same function again with the same arguments,
 *    until the answer is another one. No function waits by itself, except in drivers whose
 *    capabilities say KOINE_CAP_BLOCKING; those honour `set_deadline`.
 *  - On KOINE_ERROR the error is filled. The caller zeroes it before the call and calls its
 *    `release` afterwards.
 */
#ifndef KOINE_DRIVER_ABI_H
#define KOINE_DRIVER_ABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* major << 16 | minor. */
#define KOINE_ABI_VERSION 0x10000u

/* No deadline. All deadlines are nanoseconds on CLOCK_MONOTONIC. */
#define KOINE_NO_DEADLINE INT64_MAX

typedef struct koine_string {
    const char* data;
    size_t size;
} koine_string;

/* ---- Values ---- */

/* What a value means, independent of the wire it came from. */
enum koine_tag {
    KOINE_NULL = 0,
    KOINE_INT64 = 1,     /* i */
    KOINE_FLOAT64 = 2,   /* f */
    KOINE_TEXT = 3,      /* p, len: UTF-8 */
    KOINE_BLOB = 4,      /* p, len */
    KOINE_BOOL = 5,      /* i: 0 or 1 */
    KOINE_DATE = 6,      /* i: days since 1970-01-01, proleptic Gregorian */
    KOINE_TIME = 7,      /* i: microseconds since midnight, 0 .. 86400000000 */
    KOINE_TIMESTAMP = 8, /* i: microseconds since 1970-01-01 00:00 of a local, zone-less clock */
    KOINE_INSTANT = 9,   /* i: microseconds since 1970-01-01 00:00 UTC */
    KOINE_UUID = 10,     /* p: 16 bytes in network order */
    KOINE_DECIMAL = 11,  /* p, len: exact decimal text */
    KOINE_JSON = 12,     /* p, len: JSON text */
    KOINE_OPAQUE = 13    /* p, len: the type's text form; type: the database's own type number */
};

/*
 * A value, borrowed. INT64_MAX and INT64_MIN in DATE, TIMESTAMP and INSTANT mean +infinity and
 * -infinity. A driver of a database that has no type for instants of the whole calendar, and whose
 * session clock is UTC, sets KOINE_VALUE_UTC on the timestamps of its results: they may be read as
 * instants. Binds carry no flags. From `execute` and `fetch`, text and blobs live until the next
 * fetch, finish or finalize of that statement, or a reset. (With KOINE_CAP_BLOCKING a statement
 * that fails may end all results: the state is not BUSY then, and a fetch tells why.) Binds live
 * until the answer is not KOINE_WAIT.
 */
enum koine_value_flag { KOINE_VALUE_UTC = 1 };

typedef struct koine_value {
    uint32_t len;
    uint8_t tag;
    uint8_t flags; /* koine_value_flag bits */
    uint16_t reserved2;
    union {
        int64_t i;
        double f;
        const void* p;
    } u;
} koine_value;

/* ---- Status, wait, error ---- */

typedef int32_t koine_status;
enum { KOINE_DONE = 0, KOINE_ERROR = -1, KOINE_WAIT = 1 };

enum { KOINE_WAIT_READ = 1, KOINE_WAIT_WRITE = 2 };

/*
 * What a resumable function waits for. fd may change between calls; fd == -1 with a deadline is a
 * plain timer.
 */
typedef struct koine_wait {
    int fd;
    uint32_t events;     /* KOINE_WAIT_* */
    int64_t deadline_ns; /* call again at this time at the latest; KOINE_NO_DEADLINE for none */
} koine_wait;

/* What is known of the work when an error is reported. */
enum koine_outcome {
    KOINE_NOT_SENT = 0, /* the server has seen nothing of it */
    KOINE_REJECTED = 1, /* the server certainly has not done it, or has undone it */
    KOINE_UNKNOWN = 2   /* it may have been done */
};

enum { KOINE_POISONS_TRANSACTION = 1, KOINE_POISONS_CONNECTION = 2 };

/*
 * An error. `code` is a value of koine::errc. Every string is optional (size 0) and is valid until
 * `release`. The caller zeroes the struct; the driver fills it only together with KOINE_ERROR.
 */
typedef struct koine_error {
    int32_t code;
    int32_t native_code;
    char sqlstate[6];  /* five characters and a NUL, or empty */
    uint8_t outcome;   /* enum koine_outcome */
    uint8_t poisons;   /* KOINE_POISONS_* */
    uint32_t position; /* 1-based character in the statement, 0 unknown */
    /* 1-based index of the queued statement that failed, 0: the statement itself */
    uint32_t queued_index;
    koine_string message;
    koine_string detail;
    koine_string hint;
    koine_string constraint;
    koine_string table;
    koine_string column;
    void* memory; /* the driver's, freed by release */
    void (*release)(struct koine_error* error);
} koine_error;

/* ---- Capabilities and options ---- */

enum koine_capability {
    /* operations run to their end inside the call; never KOINE_WAIT */
    KOINE_CAP_BLOCKING = 1u << 0,
    /* `enqueue` sends nothing until the next execute or flush (one round trip) */
    KOINE_CAP_QUEUE = 1u << 1,
    KOINE_CAP_CANCEL = 1u << 2, /* `cancel` can stop a running statement */
    /* KOINE_PREPARE_STREAM delivers rows without holding all of them */
    KOINE_CAP_STREAM = 1u << 3,
    KOINE_CAP_LAST_INSERT_ID = 1u << 4,
    KOINE_CAP_TRANSACTIONAL_DDL = 1u << 5,
    KOINE_CAP_IN_PROCESS = 1u << 6 /* no network: a connection cannot be lost to a peer */
};

enum koine_option_type {
    KOINE_OPTION_TEXT = 0,
    KOINE_OPTION_INTEGER = 1,
    KOINE_OPTION_BOOLEAN = 2,
    KOINE_OPTION_CHOICE = 3
};

/* A key that the driver accepts in the query part of a URL. */
typedef struct koine_option {
    koine_string key;
    int32_t type;         /* enum koine_option_type */
    koine_string choices; /* for CHOICE: the allowed words, separated by '|' */
    koine_string summary; /* one line for people */
} koine_option;

typedef struct koine_capabilities {
    uint32_t flags; /* koine_capability bits */
    /*
     * bit (1 << tag) for each tag that can be bound as it is; core turns others into text or
     * integers
     */
    uint32_t native_tags;
    uint32_t max_parameters; /* in one statement */
    uint32_t reserved;
    uint64_t max_value_bytes;
} koine_capabilities;

/*
 * A connection parameter: the parts of the URL ("host", "port", "user", "password", "database") and
 * its query keys.
 */
typedef struct koine_parameter {
    koine_string key;
    koine_string value;
} koine_parameter;

/* ---- Connections and statements ---- */

typedef struct koine_connection koine_connection; /* the driver's own */
typedef struct koine_statement koine_statement;   /* the driver's own */

/* Facts about a connection that the driver knows without asking the server. */
enum koine_connection_state {
    KOINE_STATE_IN_TRANSACTION = 1,
    KOINE_STATE_FAILED_TRANSACTION = 2, /* only ROLLBACK is accepted */
    /* a result is still being read, or an operation is under way */
    KOINE_STATE_BUSY = 4,
    KOINE_STATE_BROKEN = 8, /* may only be closed */
    KOINE_STATE_DIRTY = 16, /* session state differs from what `connect` made */
    /* the database lives and dies with this connection (in memory); known from `create` on */
    KOINE_STATE_PRIVATE_DATABASE = 32
};

enum {
    KOINE_PREPARE_STREAM = 1, /* deliver rows as they come */
    KOINE_PREPARE_ONCE = 2    /* will run once: do not keep it on the server */
};

enum koine_statement_flags {
    KOINE_STATEMENT_READ_ONLY = 1, /* certainly changes nothing */
    KOINE_STATEMENT_RETURNS_ROWS = 2,
    /* whether it returns rows, and of which columns, is told by each execution alone */
    KOINE_STATEMENT_LATE_COLUMNS = 4
};

typedef struct koine_column {
    koine_string name;
    koine_string type_name; /* the database's own word for the type, may be empty */
    int32_t tag;            /* expected tag, KOINE_NULL if unknown */
    uint32_t native_type;
} koine_column;

/*
 * Everything in it lives as long as the process. Every function must be there, but for those of
 * KOINE_CAP_QUEUE.
 */
typedef struct koine_driver {
    uint32_t struct_size; /* in: bytes there is room for; out: bytes that are filled */
    /*
     * out: the version that was asked for and is spoken; when refused, the newest one that is known
     */
    uint32_t abi;
    koine_string name; /* [a-z][a-z0-9_]{0,31}, as in dialect+name:// */
    koine_string client_version;
    const koine_capabilities* capabilities;
    const koine_option* options;
    size_t option_count;

    /* Checks the parameters and makes an unconnected handle. No I/O. */
    koine_status (*create)(const koine_parameter* parameters, size_t count, koine_connection** out, koine_error* error);
    /* Connects and brings the session into its configured state. */
    koine_status (*connect)(koine_connection* connection, koine_wait* wait, koine_error* error);
    /*
     * Frees the handle and all its statements. May send one message, never waits for an answer.
     * Never fails.
     */
    void (*close)(koine_connection* connection);
    /*
     * Forgets the handle without talking to the server, closing files or freeing what a parent
     * process shares.
     */
    void (*abandon)(koine_connection* connection);
    /* Bits of koine_connection_state. Local and cheap. */
    uint32_t (*state)(const koine_connection* connection);
    /*
     * Ends an open transaction by ROLLBACK, an open result, and a dirty session state; no round
     * trip if there is none.
     */
    koine_status (*reset)(koine_connection* connection, koine_wait* wait, koine_error* error);
    /* Proves that the server answers. */
    koine_status (*ping)(koine_connection* connection, koine_wait* wait, koine_error* error);
    /*
     * Asks for the running operation to be stopped. Any thread; does not wait for the effect.
     * Servers may lose a request: who wants it, repeats it.
     */
    koine_status (*cancel)(koine_connection* connection, koine_error* error);
    /*
     * Deadline of the operations that follow; KOINE_NO_DEADLINE takes it away. KOINE_CAP_BLOCKING
     * drivers end them by then. The others are stopped by their caller, and need it only to bound
     * work of theirs that goes on beside a call, such as a helper thread.
     */
    void (*set_deadline)(koine_connection* connection, int64_t deadline_ns);
    int64_t (*last_insert_id)(const koine_connection* connection);
    /*
     * The word for the kind of server, lower case: "sqlite", "postgresql", "mariadb", "mysql";
     * empty before connect. Lives as long as the connection.
     */
    koine_string (*server_product)(const koine_connection* connection);
    /* "15.4", or empty before connect. Lives as long as the connection. */
    koine_string (*server_version)(const koine_connection* connection);
    /* The client library's own handle (sqlite3*, PGconn*), for users who know what they do. */
    void* (*native_handle)(koine_connection* connection);

    /*
     * Prepares exactly one statement; text after it is an error. `flags`: KOINE_PREPARE_*. The text
     * need not outlive the call's end.
     */
    koine_status (*prepare)(koine_connection* connection, koine_string sql, uint32_t flags, koine_statement** out,
                            koine_wait* wait, koine_error* error);
    /*
     * Frees a statement, with its result if it has one open. Allowed whenever no function is inside
     * the connection, also while an operation of another statement waits; what the server has to be
     * told is left to a later round trip. Never fails.
     */
    void (*finalize)(koine_statement* statement);
    uint32_t (*statement_flags)(const koine_statement* statement);
    uint32_t (*parameter_count)(const koine_statement* statement);
    /*
     * Known after prepare, and anew after an execution that re-prepared; of LATE_COLUMNS after
     * each. Strings live until the next execution.
     */
    uint32_t (*column_count)(const koine_statement* statement);
    void (*column)(const koine_statement* statement, uint32_t index, koine_column* out);

    /*
     * Binds the values, runs the statement and delivers the first rows: at most `max_rows`, as many
     * as need no copying, row-major in `cells`, `*got` of them. *got == 0 means that the result has
     * ended. An earlier result of the statement is dropped. With max_rows == 0 the statement is run
     * to its end and rows are dropped; but those of KOINE_STATEMENT_LATE_COLUMNS, which is always
     * executed so, are kept for fetch, unless column_count is 0 then. Statements that were queued
     * are sent in front of it; if one of them fails, this fails with its error.
     */
    koine_status (*execute)(koine_statement* statement, const koine_value* binds, uint32_t bind_count,
                            koine_value* cells, uint32_t max_rows, uint32_t* got, koine_wait* wait, koine_error* error);
    /* The next rows. *got == 0: there are no more, and the statement is finished. */
    koine_status (*fetch)(koine_statement* statement, koine_value* cells, uint32_t max_rows, uint32_t* got,
                          koine_wait* wait, koine_error* error);
    /* Rows of the result that are still to come, if the driver knows; -1 if not. */
    int64_t (*rows_remaining)(const koine_statement* statement);
    /* Rows changed by the last execution; -1 if unknown. */
    int64_t (*rows_affected)(const koine_statement* statement);
    /* Ends the result early. For a streaming result this may have to wait for the server. */
    koine_status (*finish)(koine_statement* statement, koine_wait* wait, koine_error* error);

    /*
     * KOINE_CAP_QUEUE only, NULL otherwise. Queues a prepared statement with its values (copied),
     * or, with `statement` NULL, a text without parameters. Sends nothing that has to be waited
     * for.
     */
    koine_status (*enqueue)(koine_connection* connection, koine_statement* statement, koine_string sql,
                            const koine_value* binds, uint32_t bind_count, koine_error* error);
    /*
     * Sends the queue and collects every answer. affected[i] is set to the rows changed by queued
     * statement i (-1: not a counting statement) for i < capacity. The first failing one fails the
     * call (queued_index) and those after it were not run.
     */
    koine_status (*flush)(koine_connection* connection, int64_t* affected, size_t capacity, koine_wait* wait,
                          koine_error* error);
} koine_driver;

/* Bytes of the table of version 1.0. */
#define KOINE_DRIVER_SIZE_1_0 (offsetof(koine_driver, flush) + sizeof(void (*)(void)))

/*
 * The entry point: fills the table for a version of the contract, as the head of this file says.
 * Called once or a few times; any thread.
 */
typedef koine_status (*koine_driver_init_function)(uint32_t abi, koine_driver* out, koine_error* error);

/*
 * What libkoine_driver_<name>.so, a driver that is loaded at run time, exports, and nothing else.
 * It is never unloaded.
 */
#if defined(__GNUC__)
__attribute__((visibility("default")))
#endif
koine_status
koine_driver_init(uint32_t abi, koine_driver* out, koine_error* error);

#ifdef __cplusplus
}
#endif
#endif
