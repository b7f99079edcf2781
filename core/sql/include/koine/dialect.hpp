// A dialect: how one family of databases writes SQL. Knows no driver and does no I/O.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <koine/api.hpp>
#include <koine/isolation.hpp>
#include <koine/schema/table_info.hpp>
#include <koine/sql/fragment.hpp>
#include <koine/sql/text_rules.hpp>

namespace koine {
inline namespace v1 {

class dialect;

// A placeholder that takes several bound values as one text, which dialect::list_text() makes.
struct list_placeholder {
    std::uint32_t placeholder = 0;  // from 0
    std::uint32_t first = 0;        // the number of its first value
    std::uint32_t count = 0;
};

// A statement as text. Immutable once made.
struct compiled {
    std::string text{};
    // order[i] is the number of the bound value that placeholder i gets; empty: in the order they
    // were bound.
    std::vector<std::uint32_t> order{};
    std::vector<list_placeholder> lists{};  // `order` names each one's first value
    std::uint32_t values = 0;               // how many are bound; 0: one for each placeholder
    std::uint32_t columns = 0;              // of the result; 0: none
    bool writes = false;                    // changes rows or the schema
    // Of the statement's head, for errors; set by who has it compiled. Null for texts by hand.
    const table_info* table = nullptr;
};

// What core and the unit of work must know to use a dialect well.
struct dialect_features {
    bool insert_returning = false;
    bool multi_row_insert = false;   // INSERT ... VALUES (..), (..)
    bool default_values = false;     // INSERT ... DEFAULT VALUES
    bool transactional_ddl = false;  // where it is not, DDL commits what was done before it
    bool savepoints = false;
    // the database refuses writes in one; where it does not, Koine does
    bool read_only_transactions = false;
    // RETURNING rows come in VALUES order, promised by the database
    bool returning_in_row_order = false;
    // Keys generated for the rows of one INSERT (compile_rows) ascend in the order of the rows: the
    // returned keys, sorted, belong to the rows in their order.
    bool generated_keys_ascend = false;
    // the type of a bound value is taken from what stands around it, and not from the value
    bool types_by_context = false;
    std::uint32_t max_identifier = 0;        // bytes; 0: no limit
    bool max_identifier_characters = false;  // max_identifier counts characters, not bytes
    // a row whose foreign key refers to the row itself cannot be deleted before the key is NULL
    bool own_reference_keeps_row = false;
};

// Choices that change what a dialect writes. Each dialect heeds those that concern it.
struct dialect_options {
    bool strict_tables = false;  // SQLite: CREATE TABLE ... STRICT
};

// What a dialect says of the server that a connection has found behind its URL.
struct server_fit {
    std::shared_ptr<const dialect> better{};  // to be used instead; null: the dialect itself
    // one line for the log, without the server's name; empty: nothing to say
    std::string warning{};
};

// How a transaction with given options begins.
struct begin_rule {
    std::string text{};  // empty: no transaction, each statement is its own
    // reads before the first write run outside; otherwise it begins with the first statement
    bool at_first_write = false;
    std::string before{};  // a statement that runs directly before `text`; empty: none
};

// Stateless and immutable after construction: one object serves all threads. Third-party dialects
// derive from it or from koine::dialects::ansi.
class KOINE_API dialect {
public:
    virtual ~dialect();
    dialect(const dialect&) = delete;
    dialect& operator=(const dialect&) = delete;

    // "sqlite", "postgresql"; lives as long as the dialect.
    virtual std::string_view name() const noexcept = 0;
    virtual const dialect_features& features() const noexcept = 0;
    // The same dialect with these options; null if they change nothing, which is what dialects
    // without options answer.
    virtual std::shared_ptr<const dialect> with(const dialect_options& options) const;

    // Which dialect fits a server, by the words of the driver: "mariadb", "10.11.6". Asked once, at
    // the first connection of an engine; both may be empty. Dialects that know one kind of server
    // answer that they fit.
    virtual server_fit for_server(std::string_view product, std::string_view version) const;

    // Renders a statement. Throws usage_error (errc::not_supported) for what the dialect cannot
    // say.
    virtual compiled compile(const syntax::fragment& statement) const = 0;
    // Renders an INSERT of `rows` rows (see features().multi_row_insert) of a statement that
    // op::insert heads.
    virtual compiled compile_rows(const syntax::fragment& insert, std::uint32_t rows) const = 0;
    // An identifier as it must be written, quoted when it needs it. Throws usage_error for names
    // that cannot be written.
    virtual std::string quote(std::string_view identifier) const = 0;
    // Placeholder number `index`, from 1: "?1", "$1".
    virtual std::string placeholder(std::uint32_t index) const = 0;
    // How the database reads texts by hand. The default is right for the standard's SQL, and hides
    // what any known database takes for a string, a name or a comment.
    virtual const text_rules& texts() const;

    // A text by hand, with this dialect's placeholders, in which values have types of their own
    // where nothing around them would give them one; `values` are those of the placeholders. Its
    // order says which of them each placeholder takes. The tags of the values alone decide about
    // the text. An empty text, which is the default: nothing has to change. Asked only where
    // features() say so.
    virtual compiled typed_text(std::string_view text, std::span<const koine_value> values) const;
    // The text that a placeholder of compiled::lists takes for these values, which are of one tag
    // and as bind_context::native_form() gives them. Asked only where compile() writes such.
    virtual std::string list_text(std::span<const koine_value> values) const;

    virtual begin_rule begin(const transaction_options& options) const = 0;
    // Savepoint statements; `name` is generated by the caller and needs no quoting.
    virtual std::string savepoint(std::string_view name) const = 0;
    virtual std::string release_savepoint(std::string_view name) const = 0;
    virtual std::string rollback_to_savepoint(std::string_view name) const = 0;
    // Whether a text by hand commits the transaction it runs in, by the rules of the database and
    // not because it says so, as DDL does on MariaDB. False where no statement does.
    virtual bool commits_by_itself(std::string_view text) const;

    // DDL, one statement a string, in the order in which they must run. Foreign keys are part of
    // the table unless `with_foreign_keys` is false; add_foreign_keys() then adds them. Throws
    // usage_error for types or names the dialect cannot express without loss.
    virtual std::vector<std::string> create_table(const table_info& table, bool with_foreign_keys) const = 0;
    virtual std::vector<std::string> add_foreign_keys(const table_info& table) const = 0;
    virtual std::string drop_table(const table_info& table) const = 0;
    virtual std::vector<std::string> drop_foreign_keys(const table_info& table) const = 0;
    // A query with two text parameters, schema (may be empty) and table name, whose result has a
    // row if the table exists.
    virtual std::string table_exists() const = 0;
    // A query without parameters that says whether a driver's last_insert_id() after an INSERT into
    // the table is the value of this column. Its first value is not 0: it is. It is 0: no INSERT
    // that leaves the column out gives it a value. No row: nobody can tell, the value has to be
    // returned. Empty, which is the default: the driver is believed. Asked once for each prepared
    // INSERT.
    virtual std::string key_is_last_insert_id(const table_info& table, std::uint16_t column) const;

protected:
    dialect() = default;
};

}  // namespace v1
}  // namespace koine
