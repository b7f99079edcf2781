// Names: which must be quoted, and which cannot be used at all.
#include <koine/dialects/mysql.hpp>

#include <algorithm>
#include <iterator>

#include <koine/error.hpp>

namespace koine {
inline namespace v1 {
namespace dialects {

namespace {

// What MySQL 8.0 to 9 or MariaDB 10.2 to 11 reserve beyond the words that every dialect quotes.
// Sorted.
constexpr std::string_view reserved_words[] = {"accessible",
                                               "asensitive",
                                               "blob",
                                               "call",
                                               "change",
                                               "condition",
                                               "continue",
                                               "convert",
                                               "cube",
                                               "cume_dist",
                                               "cursor",
                                               "databases",
                                               "day_hour",
                                               "day_microsecond",
                                               "day_minute",
                                               "day_second",
                                               "declare",
                                               "delayed",
                                               "delete_domain_id",
                                               "dense_rank",
                                               "describe",
                                               "deterministic",
                                               "distinctrow",
                                               "div",
                                               "do_domain_ids",
                                               "double",
                                               "dual",
                                               "elseif",
                                               "empty",
                                               "enclosed",
                                               "escaped",
                                               "exit",
                                               "first_value",
                                               "float4",
                                               "float8",
                                               "force",
                                               "fulltext",
                                               "function",
                                               "get",
                                               "high_priority",
                                               "hour_microsecond",
                                               "hour_minute",
                                               "hour_second",
                                               "ignore_domain_ids",
                                               "infile",
                                               "insensitive",
                                               "int1",
                                               "int2",
                                               "int3",
                                               "int4",
                                               "int8",
                                               "io_after_gtids",
                                               "io_before_gtids",
                                               "iterate",
                                               "keys",
                                               "kill",
                                               "lag",
                                               "last_value",
                                               "lead",
                                               "leave",
                                               "library",
                                               "linear",
                                               "lines",
                                               "load",
                                               "lock",
                                               "long",
                                               "longblob",
                                               "longtext",
                                               "loop",
                                               "low_priority",
                                               "manual",
                                               "master_bind",
                                               "master_demote_to_replica",
                                               "master_demote_to_slave",
                                               "master_ssl_verify_server_cert",
                                               "maxvalue",
                                               "mediumblob",
                                               "mediumint",
                                               "mediumtext",
                                               "middleint",
                                               "minute_microsecond",
                                               "minute_second",
                                               "mod",
                                               "modifies",
                                               "no_write_to_binlog",
                                               "nth_value",
                                               "ntile",
                                               "optimize",
                                               "optimizer_costs",
                                               "option",
                                               "optionally",
                                               "outfile",
                                               "page_checksum",
                                               "parallel",
                                               "parse_vcol_expr",
                                               "percent_rank",
                                               "portion",
                                               "procedure",
                                               "purge",
                                               "qualify",
                                               "rank",
                                               "read",
                                               "read_write",
                                               "reads",
                                               "ref_system_id",
                                               "repeat",
                                               "require",
                                               "resignal",
                                               "return",
                                               "revoke",
                                               "rlike",
                                               "row_number",
                                               "schema",
                                               "schemas",
                                               "second_microsecond",
                                               "sensitive",
                                               "separator",
                                               "show",
                                               "signal",
                                               "spatial",
                                               "specific",
                                               "sql",
                                               "sql_big_result",
                                               "sql_buffer_result",
                                               "sql_cache",
                                               "sql_calc_found_rows",
                                               "sql_no_cache",
                                               "sql_small_result",
                                               "sqlexception",
                                               "sqlstate",
                                               "sqlwarning",
                                               "ssl",
                                               "starting",
                                               "stats_auto_recalc",
                                               "stats_persistent",
                                               "stats_sample_pages",
                                               "stored",
                                               "straight_join",
                                               "system",
                                               "terminated",
                                               "tinyblob",
                                               "tinyint",
                                               "tinytext",
                                               "undo",
                                               "unlock",
                                               "unsigned",
                                               "usage",
                                               "use",
                                               "utc_date",
                                               "utc_time",
                                               "utc_timestamp",
                                               "varbinary",
                                               "varcharacter",
                                               "varying",
                                               "while",
                                               "write",
                                               "xor",
                                               "year_month",
                                               "zerofill"};

constexpr bool sorted() {
    for (std::size_t i = 1; i < std::size(reserved_words); ++i)
        if (!(reserved_words[i - 1] < reserved_words[i])) return false;
    return true;
}
static_assert(sorted());

}  // namespace

bool mysql::reserved(std::string_view word) const noexcept {
    return ansi::reserved(word) || std::binary_search(std::begin(reserved_words), std::end(reserved_words), word);
}

char mysql::quotation_mark() const noexcept {
    return '`';
}

std::string mysql::quote(std::string_view identifier) const {
    auto out = ansi::quote(identifier);
    if (identifier.back() == ' ')
        throw_usage("the SQL name \"" + std::string{identifier} + "\" ends with a space, which " + std::string{name()} +
                    " does not take");
    // Four bytes of UTF-8 begin so.
    if (std::any_of(identifier.begin(), identifier.end(),
                    [](char c) { return static_cast<unsigned char>(c) >= 0xf0U; }))
        throw_usage("the SQL name \"" + std::string{identifier} + "\" has a character beyond U+FFFF, which " +
                    std::string{name()} + " does not take in names");
    return out;
}

}  // namespace dialects
}  // namespace v1
}  // namespace koine
