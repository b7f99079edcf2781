"""The programs that compile_budget.py compiles."""

PROGRAM = """\
#include <cstdint>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>

#include <koine/koine.hpp>

using koine::col;

struct User {
    std::int64_t id{};
    std::string name{};
    std::optional<std::string> email{};

    static constexpr auto koine_table() {
        return koine::table("users", col<&User::id>(koine::primary_key),
                            col<&User::name>(koine::length{50}, koine::unique),
                            col<&User::email>(koine::length{120}, koine::unique));
    }
    static auto query();
};

koine::engine engine;
koine::scoped_session db_session;

auto User::query() { return db_session.query<User>(); }

void init_db(std::string_view url) {
    engine = koine::create_engine(url);
    db_session.configure(koine::sessionmaker{engine});
    koine::map<User>().create_all(engine);
}

int main(int argc, char** argv) {
    init_db(argc > 1 ? argv[1] : "sqlite:////tmp/test.db");
    db_session.add(User{.name = "admin", .email = "admin@localhost"});
    db_session.commit();

    for (const auto& u : User::query().all()) std::cout << u << '\\n';
    if (auto admin = User::query().filter(col<&User::name> == "admin").first()) admin->email = "root@localhost";
    db_session.commit();
    db_session.remove();
}
"""

# The columns of each table of the large file: C++ type, name, options.
COLUMNS = [
    ("std::int64_t", "id", "koine::primary_key"),
    ("std::string", "name", "koine::length{50}, koine::unique"),
    ("std::optional<std::string>", "email", "koine::length{120}"),
    ("std::int32_t", "age", ""),
    ("double", "score", ""),
    ("bool", "active", ""),
    ("std::optional<std::int64_t>", "parent", ""),
    ("std::string", "city", ""),
    ("std::optional<double>", "ratio", ""),
    ("std::int16_t", "kind", ""),
]

# One after the other, for the tables in turn; {t} is the table's class, {n} the number of the
# query.
QUERIES = [
    'total += s.query<{t}>().filter(col<&{t}::name> == "n{n}").all().size();',
    "total += s.query<{t}>().filter(col<&{t}::age> > {n} && col<&{t}::active> == true).count();",
    'total += s.query<{t}>().filter(col<&{t}::city>.like("%{n}%") || col<&{t}::email>.is_null()).values().size();',
    "total += s.query<{t}>().order_by(col<&{t}::score>.desc(), col<&{t}::id>).limit(10).offset({n}).all().size();",
    "if (auto row = s.query<{t}>().filter(!(col<&{t}::kind> == 3), col<&{t}::parent> != {n}).first()) row->age += 1;",
    "total += s.query<{t}>().filter(col<&{t}::id>.in({{1, 2, {n}}})).exists();",
    "total += s.query<{t}>().filter(col<&{t}::score>.between(0.5, {n}.0)).distinct().all().size();",
    'if (auto row = s.query<{t}>().filter(col<&{t}::name> == "n{n}").one_or_none()) row->ratio = 0.5;',
    "for (const auto& row : s.query<{t}>().filter(col<&{t}::age> <= {n}).all()) total += row->name.size();",
    "if (auto row = s.get<{t}>({n})) row->city = row->name;",
]


def large(tables, queries):
    """A program with that many tables of ten columns and that many queries."""
    lines = ["#include <cstddef>", "#include <cstdint>", "#include <optional>", "#include <string>", ""]
    lines += ["#include <koine/koine.hpp>", "", "using koine::col;", ""]
    for table in range(tables):
        name = f"Table{table}"
        lines.append(f"struct {name} {{")
        lines += [f"    {type_} {column}{{}};" for type_, column, _ in COLUMNS]
        lines.append("    static constexpr auto koine_table() {")
        columns = ",\n            ".join(f"col<&{name}::{column}>({options})" for _, column, options in COLUMNS)
        lines.append(f'        return koine::table("table{table}",\n            {columns});')
        lines += ["    }", "};", ""]
    lines += ["std::size_t run(koine::session& s) {", "    std::size_t total = 0;"]
    for number in range(queries):
        # Every table meets every kind of query in turn.
        query = QUERIES[(number // tables + number) % len(QUERIES)]
        lines.append("    " + query.format(t=f"Table{number % tables}", n=number))
    lines += ["    return total;", "}", ""]
    names = ", ".join(f"Table{table}" for table in range(tables))
    lines += [f"void create(koine::engine& engine) {{ koine::map<{names}>().create_all(engine); }}", ""]
    return "\n".join(lines)
