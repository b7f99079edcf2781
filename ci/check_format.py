#!/usr/bin/env python3
"""Checks that every source file is as clang-format writes it with this tree's .clang-format."""

import os
import re
import subprocess

import source_tree

# Versions differ in what they write; this is Debian 12's.
VERSION = 14
FAULT = re.compile(r"^(.*?):(\d+):\d+: (?:error|warning): (.*)$")


def check(tree):
    tool = os.environ.get("CLANG_FORMAT", "clang-format")
    told = subprocess.run([tool, "--version"], capture_output=True, text=True, check=True).stdout
    if not re.search(rf"version {VERSION}\.", told):
        tree.fault(".clang-format", 1, f"clang-format {VERSION} is wanted, this is {told.strip()}")
        return 0
    paths = [path.as_posix() for path in tree.files(source_tree.CODE)]
    if not paths:
        return 0
    run = subprocess.run(
        [tool, "--dry-run", "--ferror-limit=1", "--Werror", "--style=file", *paths],
        cwd=tree.root, capture_output=True, text=True,
    )
    for line in run.stderr.splitlines():
        fault = FAULT.match(line)
        if fault:
            tree.fault(fault[1], fault[2], "not as clang-format writes it: run `clang-format -i` on it")
    if run.returncode != 0 and not tree.faults:
        tree.fault(".clang-format", 1, run.stderr.strip().splitlines()[0])
    return len(paths)


if __name__ == "__main__":
    source_tree.main(__doc__, check)
