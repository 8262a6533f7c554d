"""Reading of source files: which there are, their includes, their code without comments."""

import re
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from layers import AREAS

CPP_SUFFIXES = (".h", ".cc")

# A comment, a raw string, a string or a character literal; a digit separator is none of them.
_LITERAL = re.compile(
    r"""
    (?P<line>//(?:\\\n|[^\n])*)
  | (?P<block>/\*.*?\*/)
  | (?P<raw>(?:u8|[uUL])?R"(?P<tag>[^()\\\s]{0,16})\(.*?\)(?P=tag)")
  | (?P<string>(?:u8|[uUL])?"(?:\\.|[^"\\\n])*")
  | (?P<number>\b[0-9](?:'?[0-9A-Za-z_.])*)
  | (?P<char>'(?:\\.|[^'\\\n])+')
    """,
    re.VERBOSE | re.DOTALL,
)

_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:<(?P<angle>[^>\n]+)>|"(?P<quote>[^"\n]+)")', re.M)


def _blank(text):
    """As many lines as `text`, with nothing in them."""
    return re.sub(r"[^\n]", " ", text)


def strip_literals(text, keep_comments=False):
    """C++ code with comments and the insides of literals blanked; lines and columns stay."""

    def replace(match):
        whole = match.group(0)
        if match.group("number"):
            return whole
        if match.group("line") or match.group("block"):
            return whole if keep_comments else _blank(whole)
        quote = "'" if match.group("char") else '"'
        return quote + _blank(whole[1:-1]) + quote

    return _LITERAL.sub(replace, text)


@dataclass
class Include:
    line: int
    path: str
    angle: bool


@dataclass
class Source:
    """One file of the tree; `path` is relative to its root, with forward slashes."""

    path: str
    text: str

    @property
    def lines(self):
        return self.text.splitlines()

    @property
    def is_cpp(self):
        return self.path.endswith(CPP_SUFFIXES)

    @property
    def is_header(self):
        return self.path.endswith(".h")

    @cached_property
    def code(self):
        """C++ without comments and literals."""
        return strip_literals(self.text)

    @cached_property
    def includes(self):
        found = []
        # Only comments are blanked first: the path of an include is itself a literal.
        text = re.sub(
            _LITERAL,
            lambda m: _blank(m.group(0)) if m.group("line") or m.group("block") else m.group(0),
            self.text,
        )
        for match in _INCLUDE.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            angle = match.group("angle")
            found.append(Include(line, angle or match.group("quote"), angle is not None))
        return found

    def module(self):
        """`server/tree` for server/tree/x.h, else None."""
        parts = self.path.split("/")
        return "/".join(parts[:2]) if parts[0] in AREAS and len(parts) > 2 else None


def _listed(root):
    """Files that git has or would take; all files where there is no git."""
    try:
        answer = subprocess.run(
            ["git", "-C", str(root), "ls-files", "-co", "--exclude-standard", "-z"],
            capture_output=True,
            check=True,
        )
        return sorted(set(answer.stdout.decode().split("\0")) - {""})
    except (OSError, subprocess.CalledProcessError):
        return sorted(str(p.relative_to(root)) for p in root.rglob("*") if p.is_file())


def read_tree(root):
    """Every text file below `root`. Binary and oversized files are left out."""
    root = Path(root)
    sources = []
    for name in _listed(root):
        path = root / name
        if not path.is_file() or path.is_symlink() or path.stat().st_size > 2_000_000:
            continue
        data = path.read_bytes()
        if b"\0" in data:
            continue
        try:
            sources.append(Source(name, data.decode("utf-8")))
        except UnicodeDecodeError:
            continue
    return sources
