"""W9: what a file with many classes and queries costs to compile, by hand on the C API and with Koine.

Both files come from the same list of tables: a struct each, and for each query one function.
"""

import dataclasses
import os
import pathlib
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
KINDS = ["std::int64_t", "std::string", "double", "std::string", "std::int64_t"]


@dataclasses.dataclass(frozen=True)
class Cost:
    """What the compiler took: user seconds, peak megabytes, kilobytes of object file."""

    seconds: float
    peak_mb: float
    object_kb: float


def tables(case):
    """[(table name, [(column name, C++ type), ...]), ...]; the first column is the key `id`."""
    return [(f"entity_{t}", [("id", "std::int64_t")] + [(f"field_{c}", KINDS[(t + c) % len(KINDS)])
                                                       for c in range(1, case.columns)])
            for t in range(case.tables)]


def raw_source(case):
    """A file on sqlite3.h as one writes it by hand: read and bind by column, one function a query."""
    parts = ["#include <sqlite3.h>\n#include <cstdint>\n#include <stdexcept>\n#include <string>\n#include <vector>\n"]
    listed = tables(case)
    for name, columns in listed:
        fields = "".join(f"    {kind} {column}{{}};\n" for column, kind in columns)
        reads, binds = [], []
        for i, (column, kind) in enumerate(columns):
            if kind == "std::string":
                reads.append(f"    row.{column}.assign(reinterpret_cast<const char*>(sqlite3_column_text(s, {i})), "
                             f"static_cast<std::size_t>(sqlite3_column_bytes(s, {i})));\n")
                binds.append(f"    sqlite3_bind_text(s, {i + 1}, row.{column}.data(), "
                             f"static_cast<int>(row.{column}.size()), SQLITE_STATIC);\n")
            else:
                call = "double" if kind == "double" else "int64"
                reads.append(f"    row.{column} = sqlite3_column_{call}(s, {i});\n")
                binds.append(f"    sqlite3_bind_{call}(s, {i + 1}, row.{column});\n")
        parts.append(f"struct {name} {{\n{fields}}};\n"
                     f"void read_row(sqlite3_stmt* s, {name}& row) {{\n{''.join(reads)}}}\n"
                     f"void bind_row(sqlite3_stmt* s, const {name}& row) {{\n{''.join(binds)}}}\n")
    parts.append("sqlite3_stmt* prepare(sqlite3* db, const char* sql) {\n"
                 "    sqlite3_stmt* s = nullptr;\n"
                 "    if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &s, nullptr) != SQLITE_OK)\n"
                 "        throw std::runtime_error(sqlite3_errmsg(db));\n    return s;\n}\n")
    for q in range(case.queries):
        name, columns = listed[q % len(listed)]
        names = ", ".join(column for column, _ in columns)
        column, kind = columns[1 + q // len(listed) % (len(columns) - 1)]
        if q // len(listed) % 3 == 2:
            places = ", ".join("?" for _ in columns)
            parts.append(f"void query_{q}(sqlite3* db, const {name}& row) {{\n"
                         f"    sqlite3_stmt* s = prepare(db, \"insert into {name} ({names}) values ({places})\");\n"
                         "    bind_row(s, row);\n    const int answer = sqlite3_step(s);\n    sqlite3_finalize(s);\n"
                         "    if (answer != SQLITE_DONE) throw std::runtime_error(sqlite3_errmsg(db));\n}\n")
            continue
        bind = (f"sqlite3_bind_text(s, 1, value.data(), static_cast<int>(value.size()), SQLITE_STATIC)"
                if kind == "std::string" else f"sqlite3_bind_{'double' if kind == 'double' else 'int64'}(s, 1, value)")
        parts.append(f"std::vector<{name}> query_{q}(sqlite3* db, const {kind}& value) {{\n"
                     f"    sqlite3_stmt* s = prepare(db, \"select {names} from {name} where {column} = ?1 "
                     f"order by id limit 10\");\n    {bind};\n    std::vector<{name}> rows;\n    int answer;\n"
                     "    while ((answer = sqlite3_step(s)) == SQLITE_ROW) read_row(s, rows.emplace_back());\n"
                     "    sqlite3_finalize(s);\n"
                     "    if (answer != SQLITE_DONE) throw std::runtime_error(sqlite3_errmsg(db));\n"
                     "    return rows;\n}\n")
    return "".join(parts)


def koine_source(case):
    """The same with Koine: the description of a class says the rest."""
    parts = ["#include <cstdint>\n#include <string>\n#include <utility>\n#include <vector>\n#include <koine/koine.hpp>\n"
             "using koine::col;\n"]
    listed = tables(case)
    for name, columns in listed:
        fields = "".join(f"    {kind} {column}{{}};\n" for column, kind in columns)
        described = ",\n            ".join(f"col<&{name}::{column}>({'koine::primary_key' if column == 'id' else ''})"
                                           for column, _ in columns)
        parts.append(f"struct {name} {{\n{fields}    static constexpr auto koine_table() {{\n"
                     f"        return koine::table(\"{name}\",\n            {described});\n    }}\n}};\n")
    for q in range(case.queries):
        name, columns = listed[q % len(listed)]
        column, kind = columns[1 + q // len(listed) % (len(columns) - 1)]
        if q // len(listed) % 3 == 2:
            parts.append(f"void query_{q}(koine::session& on, {name} row) {{\n    on.add(std::move(row));\n"
                         "    on.flush();\n}\n")
            continue
        parts.append(f"std::vector<{name}> query_{q}(koine::session& on, const {kind}& value) {{\n"
                     f"    return on.query<{name}>().filter(col<&{name}::{column}> == value)"
                     f".order_by(col<&{name}::id>).limit(10).values();\n}}\n")
    return "".join(parts)


def compile_once(source, optimise, includes=()):
    """Compiles the text with g++ and measures the compiler; ccache is not asked."""
    with tempfile.TemporaryDirectory(prefix="koine-compile-") as folder:
        file = pathlib.Path(folder) / "unit.cpp"
        made = pathlib.Path(folder) / "unit.o"
        file.write_text(source, encoding="ascii")
        command = ["g++", "-std=c++20", optimise, "-c", str(file), "-o", str(made), *(f"-I{path}" for path in includes)]
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                 env={**os.environ, "CCACHE_DISABLE": "1"})
        errors = child.stderr.read()
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            raise SystemExit(f"bench/run: a generated file does not compile:\n{errors.decode()[:4000]}")
        return Cost(usage.ru_utime, usage.ru_maxrss / 1024, made.stat().st_size / 1000)


def measure(case, repetitions):
    """{side: Cost}: of several compilations the one that took the median of user seconds."""
    includes = sorted(ROOT.glob("*/include")) + sorted(ROOT.glob("dialects/*/include"))
    sources = {"raw": (raw_source(case), ()), "koine": (koine_source(case), includes)}
    found = {}
    for side, (text, includes) in sources.items():
        costs = sorted((compile_once(text, case.optimise, includes) for _ in range(repetitions)),
                       key=lambda cost: cost.seconds)
        found[side] = costs[len(costs) // 2]
    return found
