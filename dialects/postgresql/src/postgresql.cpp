#include <koine/dialects/postgresql.hpp>

#include <koine/driver_abi.h>
#include <koine/spi/server_rules.hpp>

namespace koine {
inline namespace v1 {
namespace dialects {

namespace {

// The type itself, without what a column adds to it; empty for one that is not known.
std::string_view plain_type(sql_type type) {
    switch (type) {
        case sql_type::int16:
            return "smallint";
        case sql_type::int32:
            return "integer";
        case sql_type::int64:
            return "bigint";
        case sql_type::boolean:
            return "boolean";
        case sql_type::float64:
            return "double precision";
        case sql_type::text:
        case sql_type::enumeration:
            return "text";
        case sql_type::bytes:
            return "bytea";
        case sql_type::date:
            return "date";
        case sql_type::time:
            return "time";
        case sql_type::timestamp:
            return "timestamp";
        case sql_type::instant:
            return "timestamptz";
        case sql_type::uuid:
            return "uuid";
    }
    return {};
}

std::string_view type_of_tag(std::uint8_t tag) {
    switch (tag) {
        case KOINE_INT64:
            return "bigint";
        case KOINE_FLOAT64:
            return "double precision";
        case KOINE_TEXT:
            return "text";
        case KOINE_BLOB:
            return "bytea";
        case KOINE_BOOL:
            return "boolean";
        case KOINE_DATE:
            return "date";
        case KOINE_TIME:
            return "time";
        case KOINE_TIMESTAMP:
            return "timestamp";
        case KOINE_INSTANT:
            return "timestamptz";
        case KOINE_UUID:
            return "uuid";
        case KOINE_DECIMAL:
            return "numeric";
        case KOINE_JSON:
            return "jsonb";
        default:
            return {};
    }
}

std::string cast(std::string_view text, std::string_view type) {
    return std::string{"CAST("}.append(text).append(" AS ").append(type).append(")");
}

// Whether a bare name means a type of the server's own, which is found before everybody's.
bool is_own_type(std::string_view name) {
    constexpr std::string_view words =
        " aclitem any anyarray anycompatible anycompatiblearray anycompatiblemultirange anycompatiblenonarray "
        "anycompatiblerange anyelement anyenum anymultirange anynonarray anyrange bit bool box bpchar bytea char cid "
        "cidr circle cstring date datemultirange daterange event_trigger fdw_handler float4 float8 gtsvector "
        "index_am_handler inet int2 int2vector int4 int4multirange int4range int8 int8multirange int8range internal "
        "interval json jsonb jsonpath language_handler line lseg macaddr macaddr8 money name numeric nummultirange "
        "numrange oid oidvector path point polygon record refcursor regclass regcollation regconfig regdictionary "
        "regnamespace regoper regoperator regproc regprocedure regrole regtype table_am_handler text tid time "
        "timestamp timestamptz timetz trigger tsm_handler tsmultirange tsquery tsrange tstzmultirange tstzrange "
        "tsvector txid_snapshot unknown uuid varbit varchar void xid xid8 xml ";
    return words.find(std::string{" "}.append(name).append(" ")) != std::string_view::npos;
}

}  // namespace

postgresql::~postgresql() = default;

std::string_view postgresql::name() const noexcept {
    return "postgresql";
}

const dialect_features& postgresql::features() const noexcept {
    static constexpr dialect_features out{.insert_returning = true,
                                          .multi_row_insert = true,
                                          .default_values = true,
                                          .transactional_ddl = true,
                                          .savepoints = true,
                                          .read_only_transactions = true,
                                          .generated_keys_ascend = true,
                                          .types_by_context = true,
                                          .max_identifier = 63};
    return out;
}

std::string postgresql::placeholder(std::uint32_t index) const {
    return '$' + std::to_string(index);
}

begin_rule postgresql::begin(const transaction_options& options) const {
    std::string text = "BEGIN";
    switch (options.isolation) {
        case isolation::autocommit:
            return {};
        case isolation::default_:
            break;
        case isolation::read_uncommitted:
            text += " ISOLATION LEVEL READ UNCOMMITTED";
            break;
        case isolation::read_committed:
            text += " ISOLATION LEVEL READ COMMITTED";
            break;
        case isolation::repeatable_read:
            text += " ISOLATION LEVEL REPEATABLE READ";
            break;
        case isolation::serializable:
            text += " ISOLATION LEVEL SERIALIZABLE";
            break;
    }
    if (options.read_only) text += " READ ONLY";
    if (options.deferrable) text += " DEFERRABLE";
    return {std::move(text), false};
}

// Finds views too, and without a schema what the bare name means to a statement.
std::string postgresql::table_exists() const {
    return "SELECT 1 FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace "
           "WHERE c.relname = CAST($2 AS pg_catalog.text) AND c.relkind IN ('r', 'p', 'v', 'm', 'f') "
           "AND CASE WHEN CAST($1 AS pg_catalog.text) = '' THEN pg_catalog.pg_table_is_visible(c.oid) "
           "ELSE n.nspname = CAST($1 AS pg_catalog.text) END";
}

// The backslash escapes by default. Saying so once more (ESCAPE '\') would keep the planner from
// using an index for prefixes.
std::string postgresql::like(syntax::op kind, std::string_view text, std::string_view pattern) const {
    const std::string_view word = kind == syntax::op::like       ? " LIKE "
                                  : kind == syntax::op::not_like ? " NOT LIKE "
                                  : kind == syntax::op::ilike    ? " ILIKE "
                                                                 : " NOT ILIKE ";
    return std::string{text}.append(word).append(pattern);
}

std::string postgresql::typed_placeholder(std::uint32_t index, std::uint8_t tag) const {
    const auto type = type_of_tag(tag);
    return type.empty() ? placeholder(index) : cast(placeholder(index), type);
}

bool postgresql::binds_lists(std::uint8_t) const noexcept {
    return true;
}

bool postgresql::types_lists_by_example() const noexcept {
    return true;
}

// The example is compared so that its parameter gets the column's type and the driver can refuse a
// value that would be read as something else, which in the text of an array nobody sees. The
// planner takes away what is TRUE by itself.
std::string postgresql::in_list(std::string_view operand, const column_info*, std::string_view list,
                                std::string_view example, bool negated) const {
    std::string out = "(";
    out.append(operand).append(negated ? " <> ALL (" : " = ANY (").append(list);
    return out.append(") AND (TRUE OR ").append(operand).append(" = ").append(example).append("))");
}

std::string postgresql::insert_rows(const table_info& table, const std::vector<std::uint16_t>& columns,
                                    const std::vector<std::vector<std::string>>& rows,
                                    bool returns_generated_key) const {
    if (rows.size() == 1 || !returns_generated_key)
        return ansi::insert_rows(table, columns, rows, returns_generated_key);
    // NULL of the column's own type, which need not be the one that Koine would give it. A table's
    // rows are a type of the table's name, for which nobody needs the right to read the table.
    const auto rows_of = table_name(table);
    const bool hidden = table.schema.empty() && is_own_type(table.name);
    const auto null_of = [&](std::uint16_t column) {
        const auto name = quote(table.columns[column].name);
        return hidden ? "(SELECT " + name + " FROM " + rows_of + " WHERE FALSE)"
                      : '(' + cast("NULL", rows_of) + ")." + name;
    };
    std::string names;
    std::string aliases;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        names.append(i == 0 ? "" : ", ").append(quote(table.columns[columns[i]].name));
        aliases.append("c").append(std::to_string(i)).append(", ");
    }
    std::string out = "INSERT INTO " + table_name(table) + " (" + names + ") SELECT " + aliases;
    out.resize(out.size() - 2);
    out += " FROM (VALUES ";
    for (std::size_t row = 0; row < rows.size(); ++row) {
        out += row == 0 ? "(" : ", (";
        for (std::size_t i = 0; i < columns.size(); ++i) {
            // The first row tells the types of all.
            out += row == 0 ? "COALESCE(" + rows[row][i] + ", " + null_of(columns[i]) + ')' : rows[row][i];
            out += ", ";
        }
        out += std::to_string(row) + ')';
    }
    return out += ") AS v (" + aliases + "n) ORDER BY n";
}

std::string postgresql::literal(std::string_view text) const {
    auto out = ansi::literal(text);
    if (text.find('\\') == std::string_view::npos) return out;
    // The one form whose meaning does not hang on standard_conforming_strings.
    std::string escaped = "E";
    for (const char c : out) {
        if (c == '\\') escaped += '\\';
        escaped += c;
    }
    return escaped;
}

// Text is compared by code point. Its length is a CHECK: varchar(n) cuts off spaces in silence.
std::string postgresql::column_type(const column_info& column) const {
    const auto plain = plain_type(column.type);
    if (plain.empty()) return ansi::column_type(column);
    std::string out{plain};
    if (plain == "text") out += " COLLATE \"C\"";
    if (column.generated) out += " GENERATED BY DEFAULT AS IDENTITY";
    return out;
}

column_check postgresql::check(const column_info& column, std::string_view quoted) const {
    if (column.length != 0 && (column.type == sql_type::text || column.type == sql_type::bytes)) {
        const std::string_view function = column.type == sql_type::text ? "char_length(" : "octet_length(";
        return {"length", std::string{function}.append(quoted).append(") <= ") + std::to_string(column.length)};
    }
    return ansi::check(column, quoted);
}

// An array without elements has the type of what it is compared with.
const text_rules& postgresql::texts() const {
    static const text_rules rules{spi::postgresql_rules, "= any ('{}')", "<> all ('{}')"};
    return rules;
}

}  // namespace dialects
}  // namespace v1
}  // namespace koine
