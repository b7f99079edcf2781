#!/usr/bin/env python3
"""Checks where headers of the system and of other libraries are included.

Client libraries stay in their driver (tests and benchmarks use them to look from outside), Boost in async, each
platform call in one file; public headers include the standard library alone, and not its slow parts.
"""

import re

import source_tree

# header pattern -> folders that may include it
PLACES = [
    (re.compile(r"^sqlite3(ext)?\.h$"), ("drivers/sqlite3", "bench", "tests")),
    (re.compile(r"^(libpq-fe|libpq/.*|pg_config\w*|postgres_ext|internal/.*)\.h$"), ("drivers/libpq", "bench", "tests")),
    (re.compile(r"^(postgresql/.*)\.h$"), ()),
    (re.compile(r"^(mysql|errmsg|mysqld_error|ma_pvio|ma_tls|mariadb_\w+|mysql_\w+)\.h$"), ("drivers/libmariadb", "bench", "tests")),
    (re.compile(r"^(mariadb|mysql)/.*\.h$"), ()),
    (re.compile(r"^openssl/"), ("drivers/libmariadb", "drivers/libpq", "tests")),
    (re.compile(r"^boost/"), ("async", "tests", "examples")),
]

# platform calls of the library -> what gives them away; each may stand in one library file
PLATFORM = {
    "dynamic loading": re.compile(r"#\s*include\s*<dlfcn\.h>"),
    "waiting for a descriptor": re.compile(r"#\s*include\s*<(sys/)?poll\.h>|#\s*include\s*<sys/(epoll|select)\.h>"),
    "fork handlers": re.compile(r"\bpthread_atfork\s*\("),
}

SLOW = {"iostream", "regex", "ranges", "functional", "filesystem", "format", "expected", "source_location"}
C_CONTRACT = {"stddef.h", "stdint.h"}
STANDARD = re.compile(r"^[a-z_]+$")


def check(tree):
    count = 0
    platform = {name: [] for name in PLATFORM}
    for path in tree.files(source_tree.CODE):
        count += 1
        place = path.as_posix()
        for line, _, name in tree.includes(path):
            for pattern, folders in PLACES:
                if pattern.match(name) and not any(place.startswith(folder + "/") for folder in folders):
                    tree.fault(path, line, f"<{name}> is only for {', '.join(folders) or 'nobody'}")
            if not source_tree.is_public_header(path) or path.parts[0] == "testing" or name.startswith("koine/"):
                continue
            if name in SLOW:
                tree.fault(path, line, f"<{name}> is too slow or too new for a public header")
            elif path.suffix == ".h" and name not in C_CONTRACT:
                tree.fault(path, line, f"a C header includes {', '.join(sorted(C_CONTRACT))} alone, not <{name}>")
            elif path.suffix != ".h" and not STANDARD.match(name):
                tree.fault(path, line, f"a public header includes the standard library alone, not <{name}>")
        if path.parts[0] in source_tree.LIBRARY:
            text = tree.read(path)
            for name, pattern in PLATFORM.items():
                if pattern.search(text):
                    platform[name].append(path)
    for name, paths in platform.items():
        for path in paths[1:]:
            tree.fault(path, 1, f"{name} stands in {paths[0]} and nowhere else")
    return count


if __name__ == "__main__":
    source_tree.main(__doc__, check)
