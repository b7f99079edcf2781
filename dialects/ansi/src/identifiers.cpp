#include <algorithm>
#include <cstdint>
#include <iterator>

#include <koine/detail/utf8.hpp>
#include <koine/dialects/ansi.hpp>
#include <koine/error.hpp>

namespace koine {
inline namespace v1 {
namespace dialects {

namespace {

// Every word that SQLite (all its keywords) or PostgreSQL 13 to 18 (all but its unreserved ones)
// may take for something else than a name. One list for all, so that a statement is written the
// same way everywhere. Sorted.
constexpr std::string_view reserved_words[] = {"abort",
                                               "action",
                                               "add",
                                               "after",
                                               "all",
                                               "alter",
                                               "always",
                                               "analyse",
                                               "analyze",
                                               "and",
                                               "any",
                                               "array",
                                               "as",
                                               "asc",
                                               "asymmetric",
                                               "attach",
                                               "authorization",
                                               "autoincrement",
                                               "before",
                                               "begin",
                                               "between",
                                               "bigint",
                                               "binary",
                                               "bit",
                                               "boolean",
                                               "both",
                                               "by",
                                               "cascade",
                                               "case",
                                               "cast",
                                               "char",
                                               "character",
                                               "check",
                                               "coalesce",
                                               "collate",
                                               "collation",
                                               "column",
                                               "commit",
                                               "concurrently",
                                               "conflict",
                                               "constraint",
                                               "create",
                                               "cross",
                                               "current",
                                               "current_catalog",
                                               "current_date",
                                               "current_role",
                                               "current_schema",
                                               "current_time",
                                               "current_timestamp",
                                               "current_user",
                                               "database",
                                               "dec",
                                               "decimal",
                                               "default",
                                               "deferrable",
                                               "deferred",
                                               "delete",
                                               "desc",
                                               "detach",
                                               "distinct",
                                               "do",
                                               "drop",
                                               "each",
                                               "else",
                                               "end",
                                               "escape",
                                               "except",
                                               "exclude",
                                               "exclusive",
                                               "exists",
                                               "explain",
                                               "extract",
                                               "fail",
                                               "false",
                                               "fetch",
                                               "filter",
                                               "first",
                                               "float",
                                               "following",
                                               "for",
                                               "foreign",
                                               "freeze",
                                               "from",
                                               "full",
                                               "generated",
                                               "glob",
                                               "grant",
                                               "greatest",
                                               "group",
                                               "grouping",
                                               "groups",
                                               "having",
                                               "if",
                                               "ignore",
                                               "ilike",
                                               "immediate",
                                               "in",
                                               "index",
                                               "indexed",
                                               "initially",
                                               "inner",
                                               "inout",
                                               "insert",
                                               "instead",
                                               "int",
                                               "integer",
                                               "intersect",
                                               "interval",
                                               "into",
                                               "is",
                                               "isnull",
                                               "join",
                                               "json",
                                               "json_array",
                                               "json_arrayagg",
                                               "json_exists",
                                               "json_object",
                                               "json_objectagg",
                                               "json_query",
                                               "json_scalar",
                                               "json_serialize",
                                               "json_table",
                                               "json_value",
                                               "key",
                                               "last",
                                               "lateral",
                                               "leading",
                                               "least",
                                               "left",
                                               "like",
                                               "limit",
                                               "localtime",
                                               "localtimestamp",
                                               "match",
                                               "materialized",
                                               "merge_action",
                                               "national",
                                               "natural",
                                               "nchar",
                                               "no",
                                               "none",
                                               "normalize",
                                               "not",
                                               "nothing",
                                               "notnull",
                                               "null",
                                               "nullif",
                                               "nulls",
                                               "numeric",
                                               "of",
                                               "offset",
                                               "on",
                                               "only",
                                               "or",
                                               "order",
                                               "others",
                                               "out",
                                               "outer",
                                               "over",
                                               "overlaps",
                                               "overlay",
                                               "partition",
                                               "placing",
                                               "plan",
                                               "position",
                                               "pragma",
                                               "preceding",
                                               "precision",
                                               "primary",
                                               "query",
                                               "raise",
                                               "range",
                                               "real",
                                               "recursive",
                                               "references",
                                               "regexp",
                                               "reindex",
                                               "release",
                                               "rename",
                                               "replace",
                                               "restrict",
                                               "returning",
                                               "right",
                                               "rollback",
                                               "row",
                                               "rows",
                                               "savepoint",
                                               "select",
                                               "session_user",
                                               "set",
                                               "setof",
                                               "similar",
                                               "smallint",
                                               "some",
                                               "substring",
                                               "symmetric",
                                               "system_user",
                                               "table",
                                               "tablesample",
                                               "temp",
                                               "temporary",
                                               "then",
                                               "ties",
                                               "time",
                                               "timestamp",
                                               "to",
                                               "trailing",
                                               "transaction",
                                               "treat",
                                               "trigger",
                                               "trim",
                                               "true",
                                               "unbounded",
                                               "union",
                                               "unique",
                                               "update",
                                               "user",
                                               "using",
                                               "vacuum",
                                               "values",
                                               "varchar",
                                               "variadic",
                                               "verbose",
                                               "view",
                                               "virtual",
                                               "when",
                                               "where",
                                               "window",
                                               "with",
                                               "without",
                                               "xmlattributes",
                                               "xmlconcat",
                                               "xmlelement",
                                               "xmlexists",
                                               "xmlforest",
                                               "xmlnamespaces",
                                               "xmlparse",
                                               "xmlpi",
                                               "xmlroot",
                                               "xmlserialize",
                                               "xmltable"};

constexpr bool sorted() {
    for (std::size_t i = 1; i < std::size(reserved_words); ++i)
        if (!(reserved_words[i - 1] < reserved_words[i])) return false;
    return true;
}
static_assert(sorted());

constexpr bool is_plain_start(char c) {
    return (c >= 'a' && c <= 'z') || c == '_';
}
constexpr bool is_plain(char c) {
    return is_plain_start(c) || (c >= '0' && c <= '9');
}

constexpr bool continues(char c) {
    return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U;
}

std::size_t character_count(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return !continues(c); }));
}

// How many bytes the first `characters` characters take.
std::size_t bytes_of(std::string_view text, std::size_t characters) {
    std::size_t at = 0;
    for (; at < text.size(); ++at)
        if (!continues(text[at]) && characters-- == 0) break;
    return at;
}

// FNV-1a: the same on every machine and in every release, because names made with it are kept in
// databases.
std::uint32_t stable_hash(std::string_view text) {
    std::uint32_t hash = 2166136261U;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
    return hash;
}

}  // namespace

bool ansi::reserved(std::string_view word) const noexcept {
    return std::binary_search(std::begin(reserved_words), std::end(reserved_words), word);
}

char ansi::quotation_mark() const noexcept {
    return '"';
}

std::string ansi::quote(std::string_view identifier) const {
    if (identifier.empty()) throw_usage("an SQL name is empty");
    if (!detail::is_text(identifier.data(), identifier.size()))
        throw_usage("an SQL name contains NUL or is not valid UTF-8");
    const bool characters = features().max_identifier_characters;
    if (const auto limit = features().max_identifier;
        limit != 0 && (characters ? character_count(identifier) : identifier.size()) > limit)
        throw_usage("the SQL name \"" + std::string{identifier} + "\" is longer than " + std::to_string(limit) +
                    (characters ? " characters" : " bytes") + ", which is all that " + std::string{name()} + " takes");
    if (is_plain_start(identifier[0]) && std::all_of(identifier.begin(), identifier.end(), is_plain) &&
        !reserved(identifier))
        return std::string{identifier};
    std::string out;
    out.reserve(identifier.size() + 2);
    const char mark = quotation_mark();
    out += mark;
    for (const char c : identifier) {
        if (c == mark) out += mark;
        out += c;
    }
    return out += mark;
}

std::string ansi::constraint_name(std::initializer_list<std::string_view> parts) const {
    std::string out;
    for (const auto part : parts) {
        if (!out.empty()) out += '_';
        out += part;
    }
    const std::size_t limit = features().max_identifier;
    const bool characters = features().max_identifier_characters;
    if (limit == 0 || (characters ? character_count(out) : out.size()) <= limit) return out;
    constexpr std::size_t hash_size = 9;  // '_' and eight hexadecimal digits
    const auto hash = stable_hash(out);
    auto end = characters ? bytes_of(out, limit - hash_size) : limit - hash_size;
    while (end > 0 && continues(out[end])) --end;  // never through a character
    out.resize(end);
    out += '_';
    for (int shift = 28; shift >= 0; shift -= 4)
        out += "0123456789abcdef"[(hash >> static_cast<unsigned>(shift)) & 15U];
    return out;
}

}  // namespace dialects
}  // namespace v1
}  // namespace koine
