"""compile_pair.py refuses every kind of pair that proves nothing.

usage: compile_pair_test.py <compiler>
"""

import pathlib
import sys
import tempfile
import unittest

import compile_pair

COMPILER = sys.argv.pop() if len(sys.argv) > 1 else "g++"

GOOD = """// expect: worded reason
// max lines: 20
template <class T> void f(T) {{ static_assert(sizeof(T) == 0 || {condition}, "worded reason"); }}
#ifdef KOINE_BAD
void g() {{ {bad} }}
#endif
"""


class compile_pairs(unittest.TestCase):
    def fault_of(self, text):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "pair.cpp")
            file.write_text(text, encoding="ascii")
            return compile_pair.fault_of(str(file), [COMPILER, "-std=c++20"]) or ""

    def test_accepts_a_worded_error(self):
        self.assertEqual(self.fault_of(GOOD.format(condition="sizeof(T) == 1", bad="f(1);")), "")

    def test_refuses_a_bad_line_that_compiles(self):
        self.assertIn("compiles with KOINE_BAD", self.fault_of(GOOD.format(condition="true", bad="f(1);")))

    def test_refuses_a_file_that_never_compiles(self):
        text = GOOD.format(condition="true", bad="f(1);") + "int x = nothing;\n"
        self.assertIn("does not compile without", self.fault_of(text))

    def test_refuses_another_error(self):
        self.assertIn("should contain", self.fault_of(GOOD.format(condition="true", bad="h();")))

    def test_refuses_too_many_lines(self):
        bad = GOOD.format(condition="sizeof(T) == 1", bad="f(1);").replace("lines: 20", "lines: 1")
        self.assertIn("at most 1", self.fault_of(bad))

    def test_refuses_a_file_that_expects_nothing(self):
        self.assertIn("no line", self.fault_of("// KOINE_BAD\n"))

    def test_refuses_a_file_without_a_bad_line(self):
        self.assertIn("never tests", self.fault_of("// expect: x\n"))


if __name__ == "__main__":
    unittest.main()
