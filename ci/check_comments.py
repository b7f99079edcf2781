#!/usr/bin/env python3
"""Checks that comments and the prose of documents end by column 100.

Exempt are tables, what stands between code fences, and a word that has its line to itself, as a
long link has. Code has 120 columns, which clang-format keeps (ci/check_format.py).
"""

import re

import source_tree

COLUMNS = 100
SCRIPTS = {".py", ".cmake", ".sh", ""}
# Text between quotes is not looked into.
QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
C_COMMENT = re.compile(r"//|/\*|^\s*\*(?:[ /]|$)")
TABLE_OF_SWITCHES = re.compile(r"^\s*#\s*\|")
FENCE = re.compile(r"^\s*```")
TABLE = re.compile(r"^\s*\|")


def one_word(line):
    """True where nothing but a single word, behind its mark, is too long to be wrapped."""
    return len(re.sub(r"^\s*(//|#|\*|[-*+]|\d+\.)?\s*", "", line).split()) < 2


def has_comment(path, line):
    if path.suffix in source_tree.CODE:
        return bool(C_COMMENT.search(QUOTED.sub('""', line)))
    return line.lstrip().startswith("#") and not TABLE_OF_SWITCHES.match(line)


def check_code(tree, path):
    for number, line in enumerate(tree.read(path).splitlines(), 1):
        if len(line) > COLUMNS and has_comment(path, line) and not one_word(line):
            tree.fault(path, number, f"the comment ends at column {len(line)}, at most {COLUMNS}")


def check_document(tree, path):
    inside = False
    for number, line in enumerate(tree.read(path).splitlines(), 1):
        if FENCE.match(line):
            inside = not inside
        elif not inside and len(line) > COLUMNS and not TABLE.match(line) and not one_word(line):
            tree.fault(path, number, f"{len(line)} columns of prose, at most {COLUMNS}")


def check(tree):
    count = 0
    for path in tree.files():
        if path.suffix in source_tree.CODE | SCRIPTS or path.name == "CMakeLists.txt":
            check_code(tree, path)
        elif path.suffix == ".md":
            check_document(tree, path)
        else:
            continue
        count += 1
    return count


if __name__ == "__main__":
    source_tree.main(__doc__, check)
