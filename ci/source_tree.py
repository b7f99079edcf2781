"""The files that the checks of this folder look at, and how a check reports."""

import argparse
import pathlib
import re
import sys

# Folders of the library itself; everything else is tests, examples, benchmarks and the build.
LIBRARY = ("core", "orm", "dialects", "drivers", "async", "bundle", "testing")

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
CODE = {".hpp", ".cpp", ".h", ".c"}
TEXT = CODE | {".py", ".cmake", ".in", ".json", ".md", ".txt", ".sh", ".sql", ""}
SKIPPED_FOLDERS = {"build", "__pycache__"}


class Tree:
    """A source tree and the faults found in it."""

    def __init__(self, root):
        self.root = pathlib.Path(root).resolve()
        self.faults = []

    def files(self, suffixes=frozenset(TEXT), folders=()):
        """Yields the relative path of each file with one of the suffixes, below one of the folders if any is given."""
        for top in sorted(self.root / f for f in folders) if folders else [self.root]:
            for path in sorted(top.rglob("*")) if top.is_dir() else []:
                relative = path.relative_to(self.root)
                hidden = any(part.startswith(".") and part != ".ci" for part in relative.parts[:-1])
                if hidden or SKIPPED_FOLDERS.intersection(relative.parts):
                    continue
                if path.is_file() and path.suffix in suffixes and path.name != ".git":
                    yield relative

    def read(self, path):
        return (self.root / path).read_text(encoding="utf-8")

    def includes(self, path):
        """Yields (line number, '<' or '"', name) of each include of a file."""
        for number, line in enumerate(self.read(path).splitlines(), 1):
            match = INCLUDE.match(line)
            if match:
                yield number, match[1], match[2]

    def fault(self, path, line, message):
        self.faults.append(f"{path}:{line}: {message}")


def is_public_header(path):
    """True for headers that users of the library may include."""
    return path.parts[0] in LIBRARY and "include" in path.parts and path.suffix in (".hpp", ".h")


def main(description, check):
    """Runs check(tree) over the tree named on the command line, by default the one around this folder."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("root", nargs="?", default=pathlib.Path(__file__).resolve().parent.parent)
    tree = Tree(parser.parse_args().root)
    looked_at = check(tree)
    for fault in tree.faults:
        print(fault)
    print(f"{looked_at} files, {len(tree.faults)} faults")
    sys.exit(1 if tree.faults else 0)
