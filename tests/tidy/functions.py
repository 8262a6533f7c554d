"""Lengths of functions: C++ by their braces, Python by its own parser."""

import ast
import re
from dataclasses import dataclass

from source import strip_literals

_CONTAINER = re.compile(r"\b(namespace|extern|class|struct|union|enum|concept)\b")
_CONTROL = re.compile(r"^\s*(if|else|for|while|do|switch|try|catch)\b")
_PREPROCESSOR = re.compile(r"^[ \t]*#(?:\\\n|[^\n])*", re.M)
_LAMBDA = re.compile(
    r"\](?:\s*\([^(){}]*\))?(?:\s*(?:const|mutable|noexcept|->[\s\w:<>*&,]+?))*\s*\{"
)
_ACCESS = re.compile(r"^\s*(public|private|protected)\s*:(?!:)")


@dataclass
class Function:
    """A body and the head before it; lines are counted from 1, both ends inclusive."""

    head: str
    first_line: int
    last_line: int

    @property
    def length(self):
        return self.last_line - self.first_line + 1


def _matching_brace(code, opening):
    """Index of the brace that closes the one at `opening`, or the end of the text."""
    depth = 0
    for index in range(opening, len(code)):
        if code[index] == "{":
            depth += 1
        elif code[index] == "}":
            depth -= 1
            if depth == 0:
                return index
    return len(code) - 1


def _without_parentheses(head):
    """The head with everything inside round brackets and template arguments' parentheses gone."""
    kept = []
    depth = 0
    for char in head:
        if char == "(":
            depth += 1
            kept.append("(" if depth == 1 else "")
        elif char == ")":
            depth -= 1
            kept.append(")" if depth == 0 else "")
        elif depth == 0:
            kept.append(char)
    return "".join(kept)


def _is_initialiser(head):
    """Whether the brace after `head`, at namespace or class scope, starts a value."""
    outer = _without_parentheses(head).rstrip()
    # `operator=` and its like are names; a default argument is inside parentheses.
    outer = re.sub(r"\boperator\s*[^\w\s(]+", "operator", outer)
    return "=" in outer or ")" not in outer


def _is_member_initialiser(head):
    """Whether the brace after `head` belongs to a member of a constructor's list, not the body."""
    outer = _without_parentheses(head)
    after = outer[outer.rfind(")") + 1 :] if outer.count(")") == 1 else outer
    has_list = re.search(r"\)[^:]*(?<!:):(?!:)", outer) is not None
    return has_list and re.search(r"[\w>]\s*$", after) is not None


def _kind(head):
    """`container`, `function`, `value` or `member` for the brace that follows `head`."""
    plain = re.sub(r"\[\[.*?\]\]", " ", head, flags=re.S)
    outer = _without_parentheses(plain)
    outer = re.sub(r"\btemplate\s*<.*?>\s*(?=[\w:~\[])", " ", outer, flags=re.S)
    if _CONTAINER.search(outer) and not re.search(r"\)\s*(const|noexcept|override|->|\{|$)", outer):
        return "container"
    if re.search(r"\bextern\b", outer) and "(" not in outer:
        return "container"
    if _is_member_initialiser(plain):
        return "member"
    return "value" if _is_initialiser(plain) else "function"


def _lambdas(code, begin, end):
    """Bodies of lambdas in a table at namespace scope."""
    for match in _LAMBDA.finditer(code, begin, end):
        closing = _matching_brace(code, match.end() - 1)
        first = code.count("\n", 0, match.start()) + 1
        yield Function("a lambda of a table", first, code.count("\n", 0, closing) + 1)


def cpp_functions(text):
    """Every function body at namespace or class scope, and every lambda in a table there. Lambdas
    inside a function count with it."""
    code = _PREPROCESSOR.sub(lambda m: re.sub(r"[^\n]", " ", m.group(0)), strip_literals(text))
    found = []
    head_start = 0
    index = 0
    while index < len(code):
        char = code[index]
        if char in ";}":
            head_start = index + 1
        elif char == "{":
            head = code[head_start:index]
            access = _ACCESS.match(head)
            if access:
                head_start += access.end()
                head = code[head_start:index]
            # Inside parentheses it is an argument, such as a default of a parameter.
            kind = "member" if head.count("(") > head.count(")") else _kind(head)
            if kind == "container":
                head_start = index + 1
            else:
                opening = index
                index = _matching_brace(code, index)
                if kind == "value":
                    found.extend(_lambdas(code, opening, index))
                if kind == "function":
                    leading = len(head) - len(head.lstrip())
                    first = code.count("\n", 0, head_start + leading) + 1
                    last = code.count("\n", 0, index) + 1
                    found.append(Function(" ".join(head.split()), first, last))
                if kind != "member":
                    head_start = index + 1
        index += 1
    return found


def python_functions(text):
    """Every function and method; the inner ones count alone and with the outer one."""
    return [
        Function(node.name, node.lineno, node.end_lineno)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]
