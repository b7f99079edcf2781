"""Compiles one file twice: it must compile as it is, and must not compile with -DKOINE_BAD.

The file states what the user is told:
  // expect: <text>     the first error line contains the text (required; the same on every compiler)
  // max lines: <n>     the compiler prints at most n lines in all (optional)

usage: compile_pair.py <file> -- <compiler> <flags>...
"""

import re
import subprocess
import sys

ERROR = re.compile(r"\berror: ")


def compiles(command, file, *flags):
    done = subprocess.run([*command, *flags, "-fsyntax-only", file], capture_output=True, text=True)
    return done.returncode == 0, done.stderr


def fault_of(file, command):
    """What is wrong with the pair, or None."""
    with open(file, encoding="ascii") as source:
        text = source.read()
    expected = re.search(r"^// expect: (.+)$", text, re.MULTILINE)
    if not expected:
        return "the file has no line '// expect: <text>'"
    if "KOINE_BAD" not in text:
        return "the file never tests KOINE_BAD"
    good, output = compiles(command, file)
    if not good:
        return f"does not compile without KOINE_BAD:\n{output}"
    good, output = compiles(command, file, "-DKOINE_BAD")
    if good:
        return "compiles with KOINE_BAD"
    lines = output.splitlines()
    first = next((line for line in lines if ERROR.search(line)), "")
    if expected[1].strip() not in first:
        return f"the first error line is\n  {first}\nand should contain\n  {expected[1]}\n\n{output}"
    limit = re.search(r"^// max lines: (\d+)$", text, re.MULTILINE)
    if limit and len(lines) > int(limit[1]):
        return f"the compiler prints {len(lines)} lines, at most {limit[1]} are allowed:\n{output}"
    print(f"{len(lines)} lines, the first error: {first}")
    return None


if __name__ == "__main__":
    fault = fault_of(sys.argv[1], sys.argv[3:])
    if fault:
        print(f"{sys.argv[1]}: {fault}")
        sys.exit(1)
