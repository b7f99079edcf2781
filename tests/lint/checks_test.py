"""Each check of ci/ finds the fault it is there for, and is silent on a clean tree."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

CI = pathlib.Path(__file__).resolve().parent.parent.parent / "ci"

CLEAN = {
    "core/engine/include/koine/url.hpp": "// A URL.\n#pragma once\n#include <string>\n",
    "core/engine/src/url.cpp": '#include <koine/url.hpp>\n#include "parser.hpp"\n',
    "core/engine/src/parser.hpp": "// Splits a URL.\n#pragma once\n",
    "core/engine/src/wait.cpp": "#include <poll.h>\n",
    "core/engine/include/koine/engine.hpp": "// An engine.\n#pragma once\n#include <koine/url.hpp>\n",
    "core/contract/include/koine/errc.hpp": "// Codes.\n#pragma once\n",
    "drivers/one/src/driver.cpp": "#include <koine/errc.hpp>\n",
    "drivers/sqlite3/src/driver.cpp": "#include <sqlite3.h>\n",
    ".clang-format": "SortIncludes: Never\nAllowShortFunctionsOnASingleLine: None\n",
    "README.md": "See README.md.\n\n```cpp\nint main() {\n}\n```\n",
    "examples/hello/main.cpp": "#include <string>\n\nint main() {\n}\n",
}


class checks(unittest.TestCase):
    def run_check(self, name, changes):
        with tempfile.TemporaryDirectory() as folder:
            for path, text in {**CLEAN, **changes}.items():
                file = pathlib.Path(folder, path)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8")
            done = subprocess.run([sys.executable, CI / f"check_{name}.py", folder], capture_output=True, text=True)
            return done.returncode, done.stdout + done.stderr

    def assert_fault(self, name, path, text, expected):
        status, output = self.run_check(name, {path: text})
        self.assertEqual(status, 1, output)
        self.assertIn(expected, output)
        self.assertIn(", 1 faults", output)

    def test_a_clean_tree_passes_every_check(self):
        for name in ("layers", "includes", "threads", "sizes", "text", "docs", "comments", "format"):
            self.assertEqual(self.run_check(name, {})[0], 0, name)

    def test_core_may_not_include_a_driver(self):
        _, output = self.run_check("layers", {
            "drivers/one/include/koine/drivers/one.hpp": "// One.\n",
            "core/engine/src/bad.cpp": "#include <koine/drivers/one.hpp>\n"})
        self.assertIn("core/engine may not include koine/drivers/one.hpp of drivers/one", output)

    def test_a_driver_may_not_include_the_engine(self):
        self.assert_fault("layers", "drivers/one/src/bad.cpp", "#include <koine/engine.hpp>\n",
                          "drivers/one may not include koine/engine.hpp of core/engine")

    def test_what_is_not_listed_may_not_be_included(self):
        self.assert_fault("layers", "testing/src/bad.cpp", "#include <koine/orm/session.hpp>\n", "no component has")
        _, output = self.run_check("layers", {
            "orm/include/koine/orm/session.hpp": "// A session.\n",
            "testing/src/bad.cpp": "#include <koine/orm/session.hpp>\n"})
        self.assertIn("testing may not include koine/orm/session.hpp of orm", output)
        self.assert_fault("layers", "core/contract/src/bad.cpp", "#include <koine/url.hpp>\n",
                          "core/contract may not include koine/url.hpp of core/engine")

    def test_rooms_do_not_include_each_other(self):
        _, output = self.run_check("layers", {
            "core/engine/src/pool/pool.cpp": '#include "wire/wire.hpp"\n',
            "core/engine/src/wire/wire.hpp": '// Wire.\n#include "pool/slot.hpp"\n',
            "core/engine/src/pool/slot.hpp": "// Slot.\n"})
        self.assertIn("core/engine/src/pool/pool.cpp:1: includes wire.hpp: the rooms core/engine:pool and "
                      "core/engine:wire stand on a circle", output)
        self.assertIn(", 2 faults", output)

    def test_a_relative_include_leaves_the_component(self):
        self.assert_fault("layers", "orm/src/bad.cpp", '#include "../../core/engine/src/parser.hpp"\n', "relative include")

    def test_a_private_header_belongs_to_its_component(self):
        self.assert_fault("layers", "orm/src/bad.cpp", '#include "parser.hpp"\n', "not a private header of orm")

    def test_a_public_header_keeps_private_headers_out(self):
        self.assert_fault("layers", "core/engine/include/koine/bad.hpp", '// Bad.\n#include "parser.hpp"\n', "private parser.hpp")

    def test_a_header_that_nobody_has_is_named(self):
        self.assert_fault("layers", "core/engine/src/bad.cpp", "#include <koine/nothing.hpp>\n", "no component has")

    def test_a_client_library_stays_in_its_driver(self):
        self.assert_fault("includes", "core/engine/src/bad.cpp", "#include <sqlite3.h>\n", "only for drivers/sqlite3")
        self.assert_fault("includes", "drivers/one/src/bad.cpp", "#include <libpq-fe.h>\n", "only for drivers/libpq")

    def test_boost_stays_out_of_core(self):
        self.assert_fault("includes", "core/engine/src/bad.cpp", "#include <boost/asio.hpp>\n", "only for async")

    def test_a_platform_call_stands_in_one_file(self):
        self.assert_fault("includes", "drivers/one/src/bad.cpp", "#include <poll.h>\n", "and nowhere else")

    def test_data_of_a_thread_stands_with_its_owner(self):
        code = "// thread_local is for others.\nthread_local int mine = 0;\n"
        self.assert_fault("threads", "core/engine/src/bad.cpp", code, "bad.cpp:2: thread_local: data of a thread")
        self.assert_fault("threads", "orm/include/koine/orm/bad.hpp", "inline __thread int mine;\n", "__thread: data")
        self.assertEqual(self.run_check("threads", {"core/engine/src/pool/pool_fast.cpp": code})[0], 0)
        self.assertEqual(self.run_check("threads", {"drivers/one/src/errors.cpp": code, "tests/a.cpp": code})[0], 0)

    def test_a_public_header_includes_no_slow_header(self):
        self.assert_fault("includes", "core/engine/include/koine/bad.hpp", "// Bad.\n#include <functional>\n", "too slow")

    def test_a_public_header_includes_no_platform_header(self):
        self.assert_fault("includes", "core/engine/include/koine/bad.hpp", "// Bad.\n#include <unistd.h>\n", "standard library alone")

    def test_a_c_header_includes_two_headers_at_most(self):
        self.assert_fault("includes", "core/engine/include/koine/bad.h", "/* Bad. */\n#include <stdio.h>\n", "a C header includes")

    def test_a_long_header_is_a_fault_and_a_reason_lifts_it(self):
        long = "// Long.\n" * 301
        self.assert_fault("sizes", "core/engine/include/koine/long.hpp", long, "301 lines, at most 300")
        reason = "// size: one table that is read as a whole\n"
        self.assertEqual(self.run_check("sizes", {"core/engine/include/koine/long.hpp": reason + long})[0], 0)
        self.assert_fault("sizes", "core/engine/include/koine/long.hpp", reason + long * 3, "at most 800")

    def test_a_long_source_is_a_fault(self):
        self.assert_fault("sizes", "core/engine/src/long.cpp", "// Long.\n" * 501, "501 lines, at most 500")

    def test_a_vague_name_is_a_fault(self):
        self.assert_fault("sizes", "core/engine/src/url_utils.cpp", "", "does not say")
        self.assertEqual(self.run_check("sizes", {"core/engine/src/outils.cpp": ""})[0], 0)

    def test_a_source_is_ascii(self):
        self.assert_fault("text", "core/engine/src/bad.cpp", "// caf\u00e9\n", "not ASCII")
        self.assertEqual(self.run_check("text", {"NOTES.md": "caf\u00e9\n"})[0], 0)

    def test_a_public_header_starts_with_a_comment(self):
        self.assert_fault("text", "core/engine/include/koine/bad.hpp", "#pragma once\n", "starts with a comment")

    def test_a_path_of_one_machine_is_a_fault(self):
        self.assert_fault("text", "ci/bad.sh", "cd /home/me/koine\n", "path of one machine")
        self.assertEqual(self.run_check("text", {"ci/good.sh": "cd /tmp/build; ls a/home/b\n"})[0], 0)

    def test_a_document_that_is_not_there_is_a_fault(self):
        self.assert_fault("text", "core/engine/src/bad.cpp", "// See lost.md.\n", "no document")

    def test_an_issue_number_is_a_fault(self):
        self.assert_fault("text", "core/engine/src/bad.cpp", "// Closes issue 12.\n", "names an issue")

    def test_a_leftover_mark_is_a_fault(self):
        self.assert_fault("text", "core/engine/src/bad.cpp", "// TODO: more\n", "leftover")

    def test_a_banner_is_a_fault(self):
        self.assert_fault("text", "core/engine/src/bad.cpp", "// --------------------\n", "banner")

    def test_a_fault_id_is_explained_in_the_documents(self):
        self.assert_fault("text", "tests/fault/bad.cpp", "// F12\n", "not explained")
        explained = {"docs/faults.md": "F12: the wire is cut\n", "tests/fault/good.cpp": "// F12\n"}
        self.assertEqual(self.run_check("text", explained)[0], 0)

    def test_a_comment_ends_by_column_100(self):
        words = "a word " * 15
        self.assert_fault("comments", "core/engine/src/bad.cpp", f"// {words}\n", "the comment ends at column 108, at most 100")
        self.assert_fault("comments", "core/engine/src/bad.cpp", f"int a;  // {words}\n", "the comment ends at column")
        self.assert_fault("comments", "core/engine/src/bad.c", f"/*\n * {words}\n */\n", "the comment ends at column")
        self.assert_fault("comments", "ci/bad.py", f"# {words}\n", "the comment ends at column")
        code = f'const char* text = "http://{"a" * 100}";\n// http://{"a" * 100}\n'
        self.assertEqual(self.run_check("comments", {"core/engine/src/good.cpp": code})[0], 0)

    def test_prose_ends_by_column_100(self):
        words = "a word " * 15
        self.assert_fault("comments", "docs/bad.md", f"{words}\n", "columns of prose, at most 100")
        exempt = f"| {words} |\n\n```\n{words}\n```\n\n- https://{'a' * 100}\n"
        self.assertEqual(self.run_check("comments", {"docs/good.md": exempt})[0], 0)

    def test_code_is_as_the_formatter_writes_it(self):
        self.assert_fault("format", "core/engine/src/bad.cpp", "int  a;\n", "run `clang-format -i` on it")

    def test_a_block_of_a_document_stands_in_a_program(self):
        program = {"examples/docs/pool.cpp": "int main() {\n    int a = 1;\n\n    if (a) {\n        a = 2;\n    }\n}\n"}

        def faults(block):
            status, output = self.run_check("docs", {**program, "docs/pool.md": block})
            self.assertEqual(status, 1 if output.strip().splitlines()[-1] != "2 files, 0 faults" else 0)
            return output

        self.assertIn(" 0 faults", faults("```cpp\nint a = 1;\n\nif (a) {\n    a = 2;\n```\n"))
        self.assertIn("docs/pool.md:3: no program below examples/", faults("text\n\n```cpp\nint a = 3;\n```\n"))
        self.assertIn("no program below examples/", faults("```cpp\nif (a) {\na = 2;\n```\n"))
        self.assertIn("no program below examples/", faults("```cpp\nint a = 1;\nif (a) {\n```\n"))
        self.assertIn("is not looked at", faults("```c++\nint a = 1;\n```\n") + faults("```cxx\nint b;\n```\n"))
        self.assertIn("not closed", faults("```cpp\nint a = 1;\n"))
        self.assertIn("empty", faults("```cpp\n```\n"))


if __name__ == "__main__":
    unittest.main()
