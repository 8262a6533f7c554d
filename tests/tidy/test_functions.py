"""The detector of function lengths finds each kind of body and nothing else."""

import unittest

from functions import cpp_functions, python_functions
from source import Source, strip_literals


def heads(text):
    return [(f.head.split("(")[0].split()[-1], f.length) for f in cpp_functions(text)]


class CppFunctions(unittest.TestCase):
    def test_plain(self):
        self.assertEqual(heads("int f() {\n  return 1;\n}\n"), [("f", 3)])

    def test_signature_counts(self):
        self.assertEqual(heads("\n\nint\nf(int a,\n  int b) {\n}\n"), [("f", 4)])

    def test_comment_before_does_not_count(self):
        self.assertEqual(heads("// About f.\n// More.\nint f() {\n}\n"), [("f", 2)])

    def test_namespaces_and_classes_are_looked_into(self):
        text = "namespace a::b {\nnamespace {\nclass C final : public D<int> {\n public:\n" \
               "  int f() const { return 1; }\n  void g() override {\n  }\n};\n}\n}\n"
        self.assertEqual(heads(text), [("f", 1), ("g", 2)])

    def test_struct_with_attributes_and_template(self):
        text = "template <typename T>\nstruct [[nodiscard]] S {\n  T f() {\n    return {};\n  }\n};\n"
        self.assertEqual(heads(text), [("f", 3)])

    def test_template_with_requires(self):
        text = "template <typename T>\n  requires std::integral<T>\nT f(T x) {\n  return x;\n}\n"
        self.assertEqual([f.length for f in cpp_functions(text)], [5])

    def test_constructor_lists_with_braces(self):
        text = "C::C(int a)\n    : a_{a},\n      b_(std::move(b)),\n      c_{} {\n  x();\n}\n"
        self.assertEqual([f.length for f in cpp_functions(text)], [6])

    def test_constructor_list_of_one_brace(self):
        self.assertEqual([f.length for f in cpp_functions("C() : a_{1} {\n}\nint g() {\n}\n")], [2, 2])

    def test_tables_are_no_functions(self):
        text = "const std::array<int, 2> kTable = {{\n  1,\n  2,\n}};\nint x{3};\n"
        self.assertEqual(heads(text), [])

    def test_lambdas_of_a_table_count_each(self):
        text = "const std::vector<Row> kRows = {\n  {\"a\", [](int x) { return x; }},\n" \
               "  {\"b\", [](const In& in) -> Json {\n    return 1;\n  }},\n};\nvoid f() {\n}\n"
        self.assertEqual([f.length for f in cpp_functions(text)], [1, 3, 2])

    def test_enum_is_no_function(self):
        self.assertEqual(heads("enum class E : uint8_t { kA, kB };\nvoid f() {}\n"), [("f", 1)])

    def test_inner_blocks_and_lambdas_count_with_the_function(self):
        text = "void f() {\n  auto g = [] {\n    return 1;\n  };\n  if (a) {\n  }\n}\n"
        self.assertEqual(heads(text), [("f", 7)])

    def test_braces_in_literals_do_not_count(self):
        text = 'void f() {\n  a("}");\n  b(\'}\');\n  c(R"x(})x");  // }\n  /* } */\n}\nvoid g() {\n}\n'
        self.assertEqual(heads(text), [("f", 6), ("g", 2)])

    def test_digit_separators_are_no_characters(self):
        text = "void f() {\n  int a = 1'000'000;\n}\nvoid g() {\n  int b = 0x1'f;\n}\n"
        self.assertEqual(heads(text), [("f", 3), ("g", 3)])

    def test_preprocessor_is_skipped(self):
        text = "#define M(x) \\\n  do {       \\\n  } while (false)\nvoid f() {\n}\n"
        self.assertEqual(heads(text), [("f", 2)])

    def test_operators(self):
        text = "struct S {\n  S& operator=(const S&) {\n  }\n  bool operator==(int) const {\n  }\n" \
               "  void operator()(int) {\n  }\n};\n"
        self.assertEqual([f.length for f in cpp_functions(text)], [2, 2, 2])

    def test_trailing_return_and_noexcept(self):
        text = "auto f() -> std::vector<int> {\n}\nvoid g() noexcept(true) {\n}\n"
        self.assertEqual(heads(text), [("f", 2), ("g", 2)])

    def test_function_of_a_struct(self):
        text = "struct Point make(struct Point p) {\n  return p;\n}\n"
        self.assertEqual([f.length for f in cpp_functions(text)], [3])

    def test_test_macros_are_functions(self):
        self.assertEqual([f.length for f in cpp_functions("TEST(A, B) {\n  f();\n}\n")], [3])

    def test_extern_c(self):
        text = 'extern "C" {\nint f() {\n}\n}\nextern "C" int g(int x) {\n  return x;\n}\n'
        self.assertEqual([f.length for f in cpp_functions(text)], [2, 3])

    def test_default_arguments_in_braces(self):
        text = "void f(A a = {}, B b = B{1}) {\n  x();\n}\n"
        self.assertEqual([f.length for f in cpp_functions(text)], [3])

    def test_unbalanced_text_ends(self):
        self.assertEqual(len(cpp_functions("void f() {\n  if (a) {\n")), 1)
        self.assertEqual(cpp_functions("}}}\n"), [])


class PythonFunctions(unittest.TestCase):
    def test_methods_and_inner_functions(self):
        text = "class C:\n    def a(self):\n        def b():\n            pass\n        return b\n"
        lengths = {f.head: f.length for f in python_functions(text)}
        self.assertEqual(lengths, {"a": 4, "b": 2})


class Literals(unittest.TestCase):
    def test_lines_and_columns_stay(self):
        text = 'a; // x "y"\nb("z\\"", \'"\'); /* 1\n2 */ c(R"(")");\n'
        code = strip_literals(text)
        self.assertEqual([len(x) for x in text.split("\n")], [len(x) for x in code.split("\n")])
        self.assertNotIn("z", code)
        self.assertNotIn("2", code)
        self.assertIn("c(", code)

    def test_includes(self):
        text = '#include <a>\n  #  include "b/c.h"\n// #include "d.h"\n/*\n#include "e.h"\n*/\n'
        includes = Source("x.cc", text).includes
        self.assertEqual([(i.line, i.path, i.angle) for i in includes],
                         [(1, "a", True), (2, "b/c.h", False)])


if __name__ == "__main__":
    unittest.main()
