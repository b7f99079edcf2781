"""Runs bench programs, for the clocks and under callgrind."""

import dataclasses
import os
import pathlib
import re
import subprocess
import tempfile

# Symbols are bound at start, so that the first call of a function does not count the search for it.
ENVIRONMENT = {**os.environ, "LD_BIND_NOW": "1", "LC_ALL": "C"}
LINE = re.compile(r"^operations=(\d+) wall_ns=(\d+) cpu_ns=(\d+) checksum=([0-9a-f]{16})$", re.MULTILINE)


class Failure(Exception):
    """A program failed, or two sides did not do the same work."""


@dataclasses.dataclass(frozen=True)
class Run:
    """Figures of one run, for one operation."""

    wall_ns: float
    cpu_ns: float
    instructions: float | None
    checksum: str


class Program:
    """bench_<backend>_<side>, with the workloads it knows (none where it was not built)."""

    def __init__(self, directory, backend, side, variables=None):
        self.environment = {**ENVIRONMENT, **(variables or {})}
        self.path = pathlib.Path(directory) / f"bench_{backend}_{side}"
        self.workloads = set()
        if self.path.exists():
            self.workloads = set(self._output([str(self.path), "--list"]).split())

    def time(self, workload, count, url="", cpu=None):
        """One run without instrumentation, on one CPU where `cpu` is given."""
        return self._run([], workload, count, url, cpu)

    def count_instructions(self, workload, count, url=""):
        """One run under callgrind, counting what is between the brackets only."""
        with tempfile.NamedTemporaryFile(prefix="koine-callgrind-") as profile:
            prefix = ["valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={profile.name}"]
            run = self._run(prefix, workload, count, url, None)
            text = pathlib.Path(profile.name).read_text(encoding="utf-8", errors="replace")
        totals = re.findall(r"^(?:summary|totals): (\d+)", text, re.MULTILINE)
        if not totals or int(totals[-1]) == 0:
            raise Failure(f"{self.path.name} {workload}: callgrind counted nothing; "
                          "was <valgrind/callgrind.h> there when it was built?")
        return dataclasses.replace(run, instructions=int(totals[-1]) / count)

    def _run(self, prefix, workload, count, url, cpu):
        command = [*prefix, str(self.path), workload, str(count), *([url] if url else [])]
        output = self._output(command, cpu)
        line = LINE.search(output)
        if not line or int(line[1]) != count:
            raise Failure(f"{' '.join(command)} printed no result line:\n{output}")
        return Run(int(line[2]) / count, int(line[3]) / count, None, line[4])

    def _output(self, command, cpu=None):
        pin = (lambda: os.sched_setaffinity(0, {cpu})) if cpu is not None else None
        done = subprocess.run(command, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, preexec_fn=pin)
        if done.returncode != 0:
            raise Failure(f"{' '.join(command)} failed with {done.returncode}:\n{done.stderr}")
        return done.stdout
