"""A planted violation of each rule is found, and a clean tree has none."""

import contextlib
import io
import subprocess
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import layers
import rules
import tidy
from headers import check_headers
from source import read_tree



def cmake_of(area):
    modules = {n: m for n, m in layers.MODULES.items() if n.startswith(area + "/")}
    return "# The layers of this tree.\n" + "".join(
        f"qr_module({name}"
        + (" DEPS " + " ".join(d.replace("/", "_") for d in m.deps) if m.deps else "")
        + (" LIBS " + " ".join(m.libraries) if m.libraries else "")
        + ")\n"
        for name, m in modules.items()
    )


CMAKE = cmake_of("server")

CLEAN = {
    "server/CMakeLists.txt": CMAKE,
    "operator/CMakeLists.txt": cmake_of("operator"),
    "operator/api/a.h": "// Names, for tests.\n#pragma once\n\n#include <google/protobuf/x.h>\n\n"
                        '#include "operator/api/generated.pb.h"\n#include "server/base/a.h"\n',
    "operator/plan/p.h": '// The plan, for tests.\n#pragma once\n\n#include "operator/api/a.h"\n',
    "server/base/a.h": "// The first header here.\n#pragma once\n\n#include <string>\n\n"
                       "namespace quorate {\nstd::string a();\n}\n",
    "server/base/a.cc": '// The first source here.\n#include "server/base/a.h"\n\n'
                        "namespace quorate {\nstd::string a() { return \"a\"; }\n}\n",
    "server/tree/t.h": '// The tree, for tests.\n#pragma once\n\n#include <absl/container/x.h>\n\n'
                       '#include "server/base/a.h"\n',
    "server/net/n.cc": "// The network, for tests.\n#include <boost/asio.hpp>\n#include <mutex>\n\n"
                       '#include "server/base/a.h"\n#include "server/log/l.h"\n',
    "server/log/l.h": "// The log, for tests.\n#pragma once\n\n#include <spdlog/spdlog.h>\n",
    "tests/server/tree/t_test.cc": "// Tests of the tree.\n#include <thread>\n\n"
                                   '#include "server/tree/t.h"\n',
    "tests/run.sh": "#!/bin/sh\n# Runs the tests.\n",
    "README.md": "# A tree\n",
}


@contextlib.contextmanager
def tree(changes=()):
    """The clean tree with some files replaced or added, in a folder of its own."""
    with tempfile.TemporaryDirectory() as root:
        for path, text in {**CLEAN, **dict(changes)}.items():
            file = Path(root) / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        yield root


def violations_of(changes):
    with tree(changes) as root:
        return rules.check(read_tree(root))


def header(body):
    return "// A header for this test.\n#pragma once\n" + body


def source(body):
    return "// A source for this test.\n" + body


class Planted(unittest.TestCase):
    def expect(self, path, text, rule, line, says=""):
        """Exactly one violation, of that rule, at that line."""
        found = violations_of({path: text})
        self.assertEqual(
            [(v.path, v.line, v.rule) for v in found], [(path, line, rule)], list(map(str, found))
        )
        self.assertIn(says, found[0].message)

    def expect_none(self, path, text):
        self.assertEqual(list(map(str, violations_of({path: text}))), [])

    def test_the_clean_tree_is_clean(self):
        self.assertEqual(violations_of({}), [])

    # Layers.

    def test_upward_include(self):
        self.expect("server/base/b.cc", source('#include "server/tree/t.h"\n'), "layers", 2, "tree")

    def test_sideways_include(self):
        self.expect("server/session/s.cc", source('#include "server/tree/t.h"\n'), "layers", 2)

    def test_pure_includes_log(self):
        self.expect("server/node/n.cc", source('#include "server/log/l.h"\n'), "layers", 2)

    def test_include_deep_below_is_allowed(self):
        self.expect_none("server/app/x.cc", source('#include "server/base/a.h"\n'))

    def test_short_include(self):
        self.expect("server/base/b.cc", source('#include "a.h"\n'), "layers", 2, "full path")

    def test_code_includes_tests(self):
        text = source('#include "tests/server/tree/x.h"\n')
        self.expect("server/tree/b.cc", text, "layers", 2, "full path")

    def test_library_of_another_module(self):
        self.expect("server/base/b.cc", source("#include <absl/x.h>\n"), "layers", 2, "libraries")
        self.expect("server/wire/b.cc", source("#include <openssl/evp.h>\n"), "layers", 2)
        self.expect("server/log/b.cc", source("#include <zlib.h>\n"), "layers", 2)

    def test_pure_modules_do_not_inherit_libraries(self):
        self.expect("server/config/b.cc", source("#include <libdeflate.h>\n"), "layers", 2)

    def test_shell_modules_see_those_below(self):
        self.expect_none("server/app/b.cc", source("#include <boost/asio.hpp>\n"))

    def test_unknown_library(self):
        self.expect("server/net/b.cc", source("#include <folly/x.h>\n"), "layers", 2)

    def test_commented_include_is_none(self):
        self.expect_none("server/base/b.cc", source('// #include "server/tree/t.h"\n'))

    def test_unknown_module(self):
        self.expect("server/extra/b.cc", source(""), "layers", 1, "not in the table")

    def test_cmake_disagrees(self):
        text = CMAKE.replace("qr_module(server/wire DEPS server_base)", "qr_module(server/wire)")
        self.expect("server/CMakeLists.txt", text, "layers", 3, "wire")

    def test_cmake_has_another_library(self):
        text = CMAKE.replace("LIBS spdlog::spdlog)", "LIBS spdlog::spdlog ZLIB::ZLIB)")
        found = violations_of({"server/CMakeLists.txt": text})
        self.assertEqual([v.rule for v in found], ["layers"])
        self.assertIn("log", found[0].message)

    def test_cmake_lacks_a_module(self):
        text = CMAKE.replace("qr_module(server/wire DEPS server_base)\n", "")
        self.expect("server/CMakeLists.txt", text, "layers", 1, "missing")

    def test_tests_reach_no_further_than_their_module(self):
        text = source('#include "server/net/n.h"\n')
        self.expect("tests/server/tree/b_test.cc", text, "layers", 2, "may not include server/net")

    def test_tests_of_no_module(self):
        self.expect("tests/server/extra/b_test.cc", source(""), "layers", 1, "no module")

    def test_layers_have_no_cycle(self):
        modules = layers.MODULES
        for name, module in modules.items():
            for dep in module.deps:
                self.assertNotIn(name, layers.closure(modules, dep))
                self.assertTrue(not module.pure or modules[dep].pure, f"{name} -> {dep}")

    # The operator's layers, by the same rules.

    def test_operator_includes_upward_or_sideways(self):
        for path, include in (
            ("operator/api/b.cc", "operator/plan/p.h"),
            ("operator/ensemble/b.cc", "operator/kube/k.h"),
            ("operator/plan/b.cc", "operator/transport/t.h"),
            ("operator/plan/b.cc", "server/wire/w.h"),
            ("server/app/b.cc", "operator/api/a.h"),
            ("operator/local/b.cc", "operator/plan/p.h"),
        ):
            with self.subTest(path, include=include):
                self.expect(path, source(f'#include "{include}"\n'), "layers", 2, "may not include")

    def test_operator_includes_what_lies_below(self):
        self.expect_none("operator/controller/b.cc", source('#include "operator/api/a.h"\n'))
        self.expect_none("operator/plan/b.cc", source('#include "server/base/a.h"\n'))

    def test_operator_libraries(self):
        self.expect("operator/kube/b.cc", source("#include <google/protobuf/x.h>\n"), "layers", 2)
        self.expect("operator/plan/b.cc", source("#include <cpprest/json.h>\n"), "layers", 2)
        self.expect("operator/local/b.cc", source("#include <cpprest/json.h>\n"), "layers", 2)
        self.expect_none("operator/controller/b.cc", source("#include <cpprest/json.h>\n"))

    def test_operator_purity(self):
        text = source("auto e = getenv(name);\n")
        for module in ("api", "kube", "resources", "ensemble", "plan"):
            self.expect(f"operator/{module}/b.cc", text, "purity", 2)
        for module in ("transport", "controller", "local"):
            self.expect_none(f"operator/{module}/b.cc", text)

    def test_a_program_beside_a_pure_library_is_no_part_of_it(self):
        self.expect_none("operator/api/crdgen_main.cc", source("#include <iostream>\n"))

    def test_operator_unknown_module(self):
        self.expect("operator/extra/b.cc", source(""), "layers", 1, "not in the table")
        self.expect("tests/operator/extra/b_test.cc", source(""), "layers", 1, "no module")
        self.expect_none("tests/operator/simulation/b.cc", source('#include "operator/local/world.h"\n'))

    def test_operator_tests_reach_no_further_than_their_module(self):
        text = source('#include "operator/plan/p.h"\n')
        self.expect("tests/operator/api/b_test.cc", text, "layers", 2, "may not include operator/plan")

    def test_operator_cmake_disagrees(self):
        text = cmake_of("operator").replace(" DEPS operator_api operator_kube", " DEPS operator_api")
        found = violations_of({"operator/CMakeLists.txt": text})
        self.assertEqual([v.rule for v in found], ["layers"])
        self.assertIn("resources", found[0].message)

    def test_generated_targets_are_no_layers(self):
        text = cmake_of("operator").replace(
            "operator/api DEPS server_base", "operator/api DEPS server_base operator_proto"
        )
        self.expect_none("operator/CMakeLists.txt", text)

    # Cycles.

    def test_cycle_of_two(self):
        found = violations_of({
            "server/base/x.h": header('#include "server/base/y.h"\n'),
            "server/base/y.h": header('#include "server/base/x.h"\n'),
        })
        self.assertEqual([v.rule for v in found], ["cycles"])
        self.assertIn("server/base/x.h -> server/base/y.h -> server/base/x.h", found[0].message)

    def test_cycle_of_one(self):
        text = header('#include "server/base/x.h"\n')
        self.expect("server/base/x.h", text, "cycles", 3)

    def test_a_diamond_is_no_cycle(self):
        self.assertEqual([], violations_of({
            "server/base/x.h": header('#include "server/base/a.h"\n'),
            "server/base/y.h": header('#include "server/base/a.h"\n#include "server/base/x.h"\n'),
        }))

    # Purity.

    def test_impure_headers(self):
        for name in ("thread", "mutex", "atomic", "fstream", "filesystem", "iostream", "random",
                     "ctime", "sys/socket.h", "unistd.h", "netdb.h", "csignal"):
            with self.subTest(name):
                self.expect("server/wire/b.cc", source(f"#include <{name}>\n"), "purity", 2)

    def test_impure_code(self):
        for code in (
            "auto t = std::chrono::system_clock::time_point();", "auto t = Clock::now();",
            "auto t = time(nullptr);", "std::mutex m;", "std::atomic<int> a;", "thread_local int x;",
            "auto f = fopen(name, mode);", "std::ofstream f;", "auto n = ::read(fd, to, size);",
            "int s = ::socket(a, b, c);", "auto e = std::getenv(name);", "auto e = getenv(name);",
            "std::random_device d;", "int r = rand();", "std::cout << 1;", "printf(text);",
            "std::fputs(text, stderr);", "spdlog::info(text);", "log::info(text);",
            "int r = system(text);", "std::function<void()> f;", "throw 1;",
            "void f() { try { } catch (...) { } }",
        ):
            with self.subTest(code):
                found = violations_of({"server/tree/b.cc": source(code + "\n")})
                self.assertTrue(found)
                self.assertEqual({(v.rule, v.line) for v in found}, {("purity", 2)})

    def test_pure_code_that_looks_like_it(self):
        for code in (
            "std::chrono::microseconds d;", "int operand = 1;", "auto x = tree.read(path);",
            "auto n = snprintf(to, size, format);", "// std::cout << getenv(\"HOME\");",
            'auto s = "std::mutex printf(";', "auto t = session.timeout(now);", "int runtime(0);",
            "auto t = event.time(0);", "auto l = catalog::name();", "int strand(int);",
            "bool is_open = file_system::open;", "auto e = environment();",
        ):
            with self.subTest(code):
                self.expect_none("server/tree/b.cc", source(code + "\n"))

    def test_the_shell_may(self):
        text = source("#include <atomic>\nauto e = getenv(name);\nstd::mutex m;\n")
        self.expect_none("server/storage/b.cc", text)

    def test_exemptions_hold_for_their_file_and_matter_only(self):
        path = "server/base/assert.cc"
        self.expect_none(path, source("void f() { std::fputs(text, stderr); }\n"))
        self.expect(path, source("std::mutex m;\n"), "purity", 2)

    # Sizes and form.

    def test_file_of_600_lines(self):
        self.expect_none("server/base/b.cc", source("int x;\n" * 599))
        self.expect("server/base/b.cc", source("int x;\n" * 600), "file-size", 601, "601 lines")
        self.expect("tests/x/b.py", '"""About this file."""\n' + "x = 1\n" * 600, "file-size", 601)

    def test_documents_may_be_longer(self):
        self.expect_none("docs/b.md", "a\n" * 900)

    def test_function_of_70_lines(self):
        self.expect_none("server/base/b.cc", source("void f() {\n" + "  g();\n" * 68 + "}\n"))
        text = source("void f() {\n" + "  g();\n" * 69 + "}\n")
        self.expect("server/base/b.cc", text, "function-size", 2, "71 lines")

    def test_python_function_of_70_lines(self):
        text = '"""About this file."""\ndef f():\n' + "    g()\n" * 69
        self.expect_none("tests/x/b.py", text)
        self.expect("tests/x/b.py", text + "    g()\n", "function-size", 2)

    def test_first_line(self):
        self.expect("server/base/b.cc", "\n// Too late a comment.\n", "first-line", 1)
        self.expect("server/base/b.cc", "#include <string>\n", "first-line", 1)
        self.expect("server/base/b.cc", "// Word\n", "first-line", 1)
        self.expect("server/base/b.cc", "", "first-line", 1)
        self.expect("deploy/b.sh", "#!/bin/sh\nset -e\n", "first-line", 1)
        self.expect("tests/x/b.py", "import os\n", "first-line", 1)
        self.expect("deploy/b.cmake", "include(x)\n", "first-line", 1)
        self.expect("tests/x/CMakeLists.txt", "include(x)\n", "first-line", 1)

    def test_first_line_after_the_interpreter(self):
        self.expect_none("tests/x/b.py", '#!/usr/bin/env python3\n"""About this file."""\n')

    def test_pragma_once(self):
        self.expect("server/base/b.h", "// A header without it.\nint f();\n", "pragma-once", 1)
        text = "// A header with it in a comment.\n// #pragma once\n"
        self.expect("server/base/b.h", text, "pragma-once", 1)

    def test_own_header_first(self):
        text = source('#include <string>\n#include "server/base/a.h"\n')
        self.expect("server/base/a.cc", text, "own-header-first", 2)
        self.expect("server/base/a.cc", source(""), "own-header-first", 1)
        self.expect_none("server/base/other.cc", text)

    def test_using_namespace_in_a_header(self):
        self.expect("server/base/b.h", header("using namespace std;\n"), "using-namespace", 3)
        self.expect_none("server/base/b.h", header("inline int f() {\n  using namespace x;\n}\n"))
        self.expect_none("server/base/b.cc", source("using namespace std;\n"))

    # Words.

    def test_unfinished(self):
        for word in ("TO" "DO", "FIX" "ME: later", "X" "XX", "HA" "CK", "not implemented " "yet"):
            with self.subTest(word):
                self.expect("server/base/b.cc", source(f"// {word}\n"), "unfinished", 2)
                self.expect("docs/b.md", f"a\n{word}\n", "unfinished", 2)

    def test_words_that_look_unfinished(self):
        self.expect_none("server/base/b.cc", source("// mkstemp XXXXXX, autodoc, kUnimplemented\n"))

    def forbidding(self, **sets):
        hashed = {k: frozenset(map(rules.word_hash, v)) for k, v in sets.items()}
        return mock.patch.multiple(rules, **hashed)

    def test_forbidden_words(self):
        with self.forbidding(FORBIDDEN_WORDS=["zanzibar"]):
            self.expect("docs/b.md", "a\nMade in Zanzibar.\n", "forbidden", 2, "Zanzibar")
            self.expect_none("docs/b.md", "zanzibars, my_zanzibar, user-zanzibar, zanzibar_x\n")

    def test_forbidden_folders(self):
        with self.forbidding(FORBIDDEN_FOLDERS=["/zan", "../bar", "/tmp/z"]):
            self.expect("deploy/b.sh", "# A script here.\ncd /zan/x\n", "forbidden", 2, "/zan/x")
            self.expect("docs/b.md", "see ../bar/x.md\n", "forbidden", 1)
            self.expect("docs/b.md", "see `/tmp/z`\n", "forbidden", 1)
            self.expect_none("docs/b.md", "/tmp/y /zanzi /a/zan $HOME/zan a/zan ../zan http://x/zan\n")

    def test_forbidden_hosts(self):
        with self.forbidding(FORBIDDEN_HOSTS=["zan.example"]):
            self.expect("docs/b.md", "https://files.zan.example/x\n", "forbidden", 1)
            self.expect_none("docs/b.md", "https://zan.example.net/ notzan.example\n")

    def test_the_real_lists_are_there(self):
        for name in ("FORBIDDEN_WORDS", "FORBIDDEN_FOLDERS", "FORBIDDEN_HOSTS"):
            self.assertGreater(len(getattr(rules, name)), 3, name)

    # Files.

    def test_binary_files_are_left_out(self):
        with tree() as root:
            (Path(root) / "data.cc").write_bytes(b"\0\1\2")
            (Path(root) / "latin.cc").write_bytes(b"\xff\xfe")
            self.assertEqual(rules.check(read_tree(root)), [])

    def test_what_git_ignores_is_left_out(self):
        with tree({"build/bad.cc": "x\n", ".gitignore": "/build/\n"}) as root:
            subprocess.run(["git", "init", "-q", root], check=True)
            self.assertEqual(rules.check(read_tree(root)), [])


class Headers(unittest.TestCase):
    GOOD = header("#include <string>\ninline std::string f() { return {}; }\n")

    def check(self, changes, budget_s=60, cache=None, check_all=False):
        files = {path: None for path in CLEAN if path.endswith(".h")}
        with tree({**changes}) as root, tempfile.TemporaryDirectory() as own_cache:
            for path in files:
                (Path(root) / path).unlink()
            return check_headers(root, read_tree(root), cache or own_cache, budget_s, check_all)

    def test_a_header_that_compiles(self):
        self.assertEqual(self.check({"server/base/b.h": self.GOOD}), ([], 1))

    def test_a_header_that_its_source_proves(self):
        files = {"server/base/b.h": self.GOOD, "server/base/b.cc": '#include "server/base/b.h"\n'}
        self.assertEqual(self.check(files), ([], 0))
        self.assertEqual(self.check(files, check_all=True), ([], 1))
        files["server/base/b.cc"] = '#include <string>\n#include "server/base/b.h"\n'
        self.assertEqual(self.check(files), ([], 1))

    def test_a_header_that_needs_another(self):
        found, _ = self.check({"server/base/b.h": header("std::string f();\n")})
        self.assertEqual([(v.path, v.rule) for v in found], [("server/base/b.h", "header-alone")])
        self.assertIn("error:", found[0].message)

    def test_a_header_that_cannot_stand_twice(self):
        text = "// A header without its guard.\ninline int f() { return 1; }\n"
        found, _ = self.check({"server/base/b.h": text})
        self.assertEqual([v.rule for v in found], ["header-alone"])

    def test_known_answers_are_kept_until_the_content_changes(self):
        with tempfile.TemporaryDirectory() as cache:
            files = {
                "server/base/b.h": self.GOOD,
                "server/base/c.h": header('#include "server/base/b.h"\n'),
            }
            self.assertEqual(self.check(files, cache=cache), ([], 2))
            self.assertEqual(self.check(files, cache=cache), ([], 0))
            files["server/base/b.h"] += "// Changed.\n"
            self.assertEqual(self.check(files, cache=cache), ([], 2))

    def test_failures_are_not_kept(self):
        with tempfile.TemporaryDirectory() as cache:
            files = {"server/base/b.h": header("std::string f();\n")}
            for _ in range(2):
                found, compiled = self.check(files, cache=cache)
                self.assertEqual((len(found), compiled), (1, 1))

    def test_a_spent_budget_is_no_success(self):
        found, _ = self.check({"server/base/b.h": self.GOOD}, budget_s=-1)
        self.assertEqual([v.rule for v in found], ["header-alone"])
        self.assertIn("not reached", found[0].message)


class Command(unittest.TestCase):
    def run_tidy(self, *arguments):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            code = tidy.main(list(arguments))
        return code, out.getvalue()

    def test_a_clean_tree_succeeds(self):
        with tree() as root:
            code, out = self.run_tidy("--root", root)
        self.assertEqual(code, 0)
        self.assertIn("0 violations", out)

    def test_a_violation_fails_and_is_printed(self):
        with tree({"server/base/b.h": "// A header without it.\n"}) as root:
            code, out = self.run_tidy("--root", root)
        self.assertEqual(code, 1)
        self.assertIn("server/base/b.h:1: [pragma-once]", out)

    def test_layout(self):
        files = {".clang-format": "BasedOnStyle: Google\n",
                 "server/base/b.cc": source("int   f( );\n")}
        with tree(files) as root:
            found = tidy.check_format(root, read_tree(root))
        if tidy.shutil.which(tidy.CLANG_FORMAT) is None:
            self.skipTest("no clang-format")
        self.assertIn(("server/base/b.cc", 2, "format"), [(v.path, v.line, v.rule) for v in found])

    def test_every_rule_says_what_it_is(self):
        code, out = self.run_tidy("--list")
        self.assertEqual(code, 0)
        self.assertEqual(len(out.splitlines()), len(rules.RULES))
        self.assertNotIn("None", out)


if __name__ == "__main__":
    unittest.main()
