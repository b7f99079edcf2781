"""What is measured, with how many operations, and what is to be reached."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """A workload of Koine's beside the raw one that limits it."""

    backend: str  # the programs are bench_<backend>_raw and bench_<backend>_koine
    workload: str  # Koine's name of it
    text: str
    raw: str  # the raw program's name of it
    counted: int  # operations under callgrind
    timed: int  # operations for the clocks
    clock: str  # which clock compares the two: cpu, or wall where a server or threads take part
    limit: float | None = None  # Koine / raw in instructions, at most
    limit_time: float | None = None  # Koine / raw by the clock, at most
    limit_ns: float | None = None  # nanoseconds an operation of Koine's, at most
    fill: str | None = None  # raw workload that makes the table before either side reads it
    fill_rows: int | None = None  # its rows; as many as operations where None
    pinned: bool = False  # client and server on one CPU: a round trip then does not depend on the scheduler
    reference: bool = False  # a figure to compare by eye: there is no Koine side to it

    @property
    def name(self):
        return f"{self.backend} {self.workload}"


TABLE_ROWS = 100_000  # bench::table_rows in dataset.hpp

CASES = [
    Case("sqlite", "W1-each", "insert, one execute a row: session.insert", "W1-each", 20_000, 300_000, "cpu", 1.10),
    Case("sqlite", "W1-each-tracked", "the same as tracked objects, each flushed", "W1-each", 20_000, 300_000, "cpu"),
    Case("sqlite", "W1-bulk", "insert in bulk (50 rows a statement)", "W1-bulk", 20_000, 300_000, "cpu"),
    Case("sqlite", "W2", "read rows into structs", "W2", 100_000, 500_000, "cpu", 0.95),
    Case("sqlite", "W2-tracked", "read rows as tracked objects", "W2", 100_000, 500_000, "cpu", 1.15),
    Case("sqlite", "W2-numbers", "read 10 numeric columns", "W2-numbers", 100_000, 500_000, "cpu"),
    Case("sqlite", "W2-lean", "read rows, every trick known", "W2-lean", 100_000, 500_000, "cpu", reference=True),
    Case("sqlite", "W3-get", "select by key: session.get", "W3", 5_000, 50_000, "cpu", 1.10),
    Case("sqlite", "W3-query", "select by key: query built each call", "W3", 5_000, 50_000, "cpu", 1.20),
    Case("sqlite", "W4", "begin, session.insert, commit", "W4", 5_000, 50_000, "cpu", 1.10),
    Case("sqlite", "W4-tracked", "the same as tracked objects", "W4", 5_000, 50_000, "cpu"),
    Case("sqlite", "W6", "update by key (flush of changed objects)", "W6", 10_000, 10_000, "cpu", 1.30),
    Case("postgresql", "W2", "read rows into structs", "W2", 100_000, 500_000, "wall", 1.10, fill="W1-bulk"),
    Case("postgresql", "W2-numbers", "read 10 numeric columns", "W2-numbers", 100_000, 500_000, "wall",
         fill="fill-readings"),
    Case("postgresql", "W3-get", "select by key: session.get", "W3", 2_000, 10_000, "wall", 1.15, fill="W1-bulk",
         fill_rows=TABLE_ROWS, pinned=True),
    Case("postgresql", "W3-query", "select by key: query built each call", "W3", 2_000, 10_000, "wall", fill="W1-bulk",
         fill_rows=TABLE_ROWS, pinned=True),
    Case("postgresql", "W4-tracked", "begin, insert, commit as tracked objects", "W4", 1_000, 5_000, "wall", pinned=True),
    Case("mariadb", "W1-each", "insert, one execute a row: session.insert", "W1-each", 2_000, 10_000, "wall", pinned=True),
    Case("mariadb", "W1-each-tracked", "the same as tracked objects, each flushed", "W1-each", 2_000, 10_000, "wall",
         pinned=True),
    Case("mariadb", "W1-bulk", "insert in bulk, with its transaction", "W1-bulk", 20_000, 100_000, "wall"),
    Case("mariadb", "W2", "read rows into structs", "W2", 100_000, 500_000, "wall", limit_time=1.10, fill="W1-bulk"),
    Case("mariadb", "W2-unbuffered", "read rows as they come", "W2-unbuffered", 100_000, 500_000, "wall", fill="W1-bulk",
         reference=True),
    Case("mariadb", "W2-numbers", "read 10 numeric columns", "W2-numbers", 100_000, 500_000, "wall", fill="fill-readings"),
    Case("mariadb", "W3-get", "select by key: session.get", "W3", 2_000, 10_000, "wall", limit_time=1.05, fill="W1-bulk",
         fill_rows=TABLE_ROWS, pinned=True),
    Case("mariadb", "W3-query", "select by key: query built each call", "W3", 2_000, 10_000, "wall", fill="W1-bulk",
         fill_rows=TABLE_ROWS, pinned=True),
    Case("mariadb", "W4-tracked", "begin, insert, commit as tracked objects", "W4", 1_000, 5_000, "wall", pinned=True),
    Case("pool", "W8", "checkout + return, 1 thread", "W8", 100_000, 5_000_000, "wall", limit_ns=20),
    Case("pool", "W8-2-threads", "the same, 2 threads, 2 connections", "W8-2-threads", 0, 4_000_000, "wall"),
    Case("pool", "W8-8-threads", "the same, 8 threads, 4 connections", "W8-8-threads", 0, 4_000_000, "wall"),
    Case("pool", "W8-affine", "atomic slot, no queue: the lower limit", "W8-affine", 100_000, 5_000_000, "wall",
         reference=True),
]


@dataclass(frozen=True)
class CompileCase:
    """One generated file, compiled once with the raw API and once with Koine."""

    workload: str
    text: str
    tables: int
    columns: int
    queries: int
    optimise: str
    limit_seconds: float  # of the Koine file, user time
    limit_mb: float  # of the Koine file, peak memory of the compiler

    backend = "compile"

    @property
    def name(self):
        return f"{self.backend} {self.workload}"


COMPILE_CASES = [
    CompileCase("W9", "10 classes, 30 queries, -O2", 10, 6, 30, "-O2", 6, 320),
]


def selected(cases, wanted):
    """The cases that every kind of word in `wanted` (a backend, a workload or the family of one, as W2) lets pass."""
    backends = {case.backend for case in CASES + COMPILE_CASES}
    words = {word.lower() for word in wanted}
    by_backend = words & backends
    by_workload = words - backends
    known = {case.workload.lower() for case in CASES + COMPILE_CASES}
    unknown = by_workload - known - {name.split("-")[0] for name in known}
    if unknown:
        raise SystemExit(f"bench/run: nothing is called {', '.join(sorted(unknown))}; "
                         f"known are {', '.join(sorted(backends))} and {', '.join(sorted(known))}")

    def passes(case):
        workload = case.workload.lower()
        return ((not by_backend or case.backend in by_backend)
                and (not by_workload or workload in by_workload or workload.split("-")[0] in by_workload))

    return [case for case in cases if passes(case)]
