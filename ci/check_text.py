#!/usr/bin/env python3
"""Checks the text of every file: ASCII sources, a first comment in every public header, nothing that only makes
sense on one person's machine (paths, numbers of issues, documents that are not here), no leftovers."""

import re

import source_tree

# Paths that exist on one machine or build server only.
LOCAL_PATH = re.compile(r"(?<![\w.:])/(work|workspace|builds|root|Users|home/\w+)(/|\b)")
DOCUMENT = re.compile(r"(?<![\w*<>./-])(?:[\w.-]+/)*[\w-]+\.md\b")
ISSUE = re.compile(r"\bissues?\s+#?\d+\b|\bissues show\b", re.IGNORECASE)
LEFTOVER = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
BANNER = re.compile(r"^\s*(//|#|/\*)\s*[-=*#/~]{6,}")
# The check and its test write down what they look for.
QUOTES_FAULTS = {"ci/check_text.py", "tests/lint/checks_test.py"}
FAULT_ID = re.compile(r"\bF\d{2}\b")


def check(tree):
    documents = {path.name for path in tree.files({".md"})}
    explained = set()
    for path in tree.files({".md"}):
        if path.parts[0] == "docs":
            explained.update(FAULT_ID.findall(tree.read(path)))

    count = 0
    for path in tree.files():
        count += 1
        if path.as_posix() in QUOTES_FAULTS:
            continue
        try:
            text = tree.read(path)
        except UnicodeDecodeError:
            tree.fault(path, 1, "not UTF-8")
            continue
        lines = text.splitlines()
        if source_tree.is_public_header(path) and not (lines and lines[0].startswith(("//", "/*"))):
            tree.fault(path, 1, "a public header starts with a comment that says what it is for")
        for number, line in enumerate(lines, 1):
            if path.suffix in source_tree.CODE and not line.isascii():
                tree.fault(path, number, "not ASCII; write the escape of the character")
            if LOCAL_PATH.search(line):
                tree.fault(path, number, "names a path of one machine")
            if ISSUE.search(line):
                tree.fault(path, number, "names an issue; say what it is about")
            if LEFTOVER.search(line):
                tree.fault(path, number, "leftover mark")
            if path.suffix in source_tree.CODE and BANNER.match(line):
                tree.fault(path, number, "banner line")
            for name in DOCUMENT.findall(line):
                if name.rsplit("/", 1)[-1] not in documents:
                    tree.fault(path, number, f"no document {name} in this tree")
            for name in FAULT_ID.findall(line):
                if path.suffix != ".md" and name not in explained:
                    tree.fault(path, number, f"{name} is not explained in docs/")
    return count


if __name__ == "__main__":
    source_tree.main(__doc__, check)
