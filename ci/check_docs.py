#!/usr/bin/env python3
"""Checks that every C++ block of README.md and docs/ stands in a program below examples/, which the tests compile and run.

A block may be any run of whole lines, indented as the program has them or not at all.
"""

import re

import source_tree

FENCE = re.compile(r"^\s*```\s*(\S*)\s*$")
LANGUAGES = {"cpp", "sql", "sh", "cmake", "text", ""}


def dedented(lines):
    """The lines without what they are all indented by, and without spaces at their ends."""
    lines = [line.rstrip() for line in lines]
    margin = min((len(line) - len(line.lstrip()) for line in lines if line), default=0)
    return [line[margin:] for line in lines]


def blocks(text):
    """Yields (line number, language, lines) of each fenced block; the language is None where the fence is never closed."""
    begin = None
    for number, line in enumerate(text.splitlines(), 1):
        fence = FENCE.match(line)
        if begin is None and fence:
            begin, language, lines = number, fence[1], []
        elif begin is not None and fence and not fence[1]:
            yield begin, language, lines
            begin = None
        elif begin is not None:
            lines.append(line)
    if begin is not None:
        yield begin, None, lines


def contains(program, block):
    first = block[0].strip()
    for at, line in enumerate(program):
        if line.strip() == first and dedented(program[at : at + len(block)]) == block:
            return True
    return False


def check(tree):
    programs = [tree.read(path).splitlines() for path in tree.files({".cpp", ".hpp"}, ("examples",))]
    documents = [path for path in tree.files({".md"}) if path.as_posix() == "README.md" or path.parts[0] == "docs"]
    for path in documents:
        for number, language, lines in blocks(tree.read(path)):
            block = dedented(lines)
            if language is None:
                tree.fault(path, number, "the block is not closed")
            elif language not in LANGUAGES:
                tree.fault(path, number, f"a block of {language} is not looked at; C++ is cpp, {', '.join(sorted(LANGUAGES - {''}))} are known")
            elif language == "cpp" and not any(block):
                tree.fault(path, number, "the block is empty")
            elif language == "cpp" and not any(contains(program, block) for program in programs):
                tree.fault(path, number, "no program below examples/ has this block, beginning with: " + block[0].strip())
    return len(documents)


if __name__ == "__main__":
    source_tree.main(__doc__, check)
