#!/usr/bin/env python3
"""Measures what Koine costs the compiler of its users, and fails above the promised budget.

Three files are compiled in turn, at -O0: one that only includes the standard headers which Koine's public headers
include (the baseline), the program of the README, and a large one: 20 tables of 10 columns and 100 queries. Times are
CPU seconds, the least of all rounds, so that other work on the machine counts as little as possible; with --time they
have a budget too. Without it only the compiler's memory has one, which is the same on every machine.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

import compile_budget_program
import source_tree

PROGRAM_TIMES_BASELINE = 1.75
PROGRAM_MEGABYTES_ABOVE_BASELINE = 60
LARGE_SECONDS = 8.0
LARGE_MEGABYTES = 400


def standard_headers(tree, top):
    """The standard headers included by the public header top and by all that it includes."""
    places = {}
    for path in tree.files({".hpp", ".h"}, source_tree.LIBRARY):
        if source_tree.is_public_header(path):
            places["/".join(path.parts[path.parts.index("include") + 1 :])] = path
    found, waiting, seen = set(), [top], set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        for _, _, included in tree.includes(places[name]):
            if included in places:
                waiting.append(included)
            else:
                found.add(included)
    return sorted(found)


def compile_once(command, source):
    """CPU seconds and peak megabytes of one compilation."""
    arguments = [*command, "-c", str(source), "-o", "/dev/null"]
    pid = os.posix_spawnp(arguments[0], arguments, os.environ)
    _, status, usage = os.wait4(pid, 0)
    if status != 0:
        sys.exit(f"{source.name} does not compile")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def measure(command, sources, rounds):
    """For each source the least seconds and the greatest megabytes over all rounds."""
    best = {source: (float("inf"), 0.0) for source in sources}
    for _ in range(rounds):
        for source in sources:
            seconds, megabytes = compile_once(command, source)
            best[source] = min(best[source][0], seconds), max(best[source][1], megabytes)
    return [best[source] for source in sources]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--compiler", default="g++")
    parser.add_argument("--include", action="append", default=[], help="include directory of a component")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--time", action="store_true", help="fail above the budget of seconds too")
    parser.add_argument("--keep", help="folder for the generated sources")
    arguments = parser.parse_args()

    tree = source_tree.Tree(pathlib.Path(__file__).resolve().parent.parent)
    headers = standard_headers(tree, "koine/koine.hpp")
    program = compile_budget_program.PROGRAM
    own = [line.split("<")[1].split(">")[0] for line in program.splitlines() if line.startswith("#include <")]
    headers = sorted(set(headers) | {header for header in own if not header.startswith("koine/")})

    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(arguments.keep or scratch)
        folder.mkdir(parents=True, exist_ok=True)
        sources = [folder / name for name in ("baseline.cpp", "program.cpp", "large.cpp")]
        sources[0].write_text("".join(f"#include <{header}>\n" for header in headers) + "int main() {}\n")
        sources[1].write_text(program)
        sources[2].write_text(compile_budget_program.large(tables=20, queries=100))
        command = [arguments.compiler, "-std=c++20", "-O0", *(f"-I{include}" for include in arguments.include)]
        compile_once(command, sources[0])
        baseline, quick, large = measure(command, sources, arguments.rounds)

    version = subprocess.run([arguments.compiler, "-dumpfullversion"], capture_output=True, text=True).stdout.strip()
    print(f"{arguments.compiler} {version} -O0, least of {arguments.rounds} rounds; baseline of {len(headers)} headers")
    rows = [
        ("baseline", *baseline, None, None),
        (
            "program",
            *quick,
            baseline[0] * PROGRAM_TIMES_BASELINE,
            round(baseline[1]) + PROGRAM_MEGABYTES_ABOVE_BASELINE,
        ),
        ("20 tables, 100 queries", *large, LARGE_SECONDS, LARGE_MEGABYTES),
    ]
    over = False
    print(f"{'file':24}{'CPU s':>8}{'budget':>8}{'MB':>8}{'budget':>8}")
    for name, seconds, megabytes, most_seconds, most_megabytes in rows:
        time_budget = f"{most_seconds:.2f}" if most_seconds else ""
        print(f"{name:24}{seconds:8.2f}{time_budget:>8}{megabytes:8.0f}{most_megabytes or '':>8}")
        over |= bool(arguments.time and most_seconds and seconds > most_seconds)
        over |= bool(most_megabytes and megabytes > most_megabytes)
    if over:
        print("over budget")
    sys.exit(1 if over else 0)


if __name__ == "__main__":
    main()
