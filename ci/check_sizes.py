#!/usr/bin/env python3
"""Checks the length and the name of every source file.

A header has at most 300 lines, a source 500, a test 800. A file that is better as one piece says why in a line
"// size: <reason>" (/* ... */ in C) among its first ten and may have 800.
"""

import re
import statistics

import source_tree

HARD_STOP = 800
REASON = re.compile(r"^(//|/\*)\s*size:\s*\S.{10,}")
VAGUE = re.compile(r"(^|_)(utils?|helpers?|common|managers?|misc)(_|$)")


def limit_for(path, lines):
    if any(REASON.match(line) for line in lines[:10]) or path.parts[0] == "tests":
        return HARD_STOP
    return 300 if path.suffix in (".hpp", ".h") else 500


def check(tree):
    sizes = []
    for path in tree.files(source_tree.CODE):
        lines = tree.read(path).splitlines()
        sizes.append(len(lines))
        limit = limit_for(path, lines)
        if len(lines) > limit:
            tree.fault(path, len(lines), f"{len(lines)} lines, at most {limit}")
        if VAGUE.search(path.stem) or any(VAGUE.search(part) for part in path.parts[:-1]):
            tree.fault(path, 1, "the name does not say what the file is for")
    if sizes:
        print(f"lines per file: median {statistics.median(sizes):g}, largest {max(sizes)}")
    return len(sizes)


if __name__ == "__main__":
    source_tree.main(__doc__, check)
