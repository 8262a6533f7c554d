"""The rules. Each takes the whole tree and yields what breaks it."""

import hashlib
import re
from dataclasses import dataclass

import layers
from functions import cpp_functions, python_functions

FILE_LINES_MAX = 600
FUNCTION_LINES_MAX = 70


@dataclass(frozen=True, order=True)
class Violation:
    path: str
    line: int
    rule: str
    message: str

    def __str__(self):
        return f"{self.path}:{self.line}: [{self.rule}] {self.message}"


def _layered_sources(sources):
    return [s for s in sources if s.is_cpp and s.module() in layers.MODULES]


# ---- layering -------------------------------------------------------------------------------------

# System headers that are no library's: C++'s own and POSIX's have no dot-free folder of their own.
_SYSTEM_FOLDERS = ("sys/", "netinet/", "arpa/", "net/", "linux/", "bits/")


def _is_system(path):
    return "/" not in path or path.startswith(_SYSTEM_FOLDERS)


_THIRD_PARTY_FLAT = {
    prefix
    for headers in layers.LIBRARY_HEADERS.values()
    for prefix in headers
    if not prefix.endswith("/")
}


def _module_of(include_path):
    """`server/tree` of "server/tree/x.h"; None for what is no full path of an area."""
    parts = include_path.split("/")
    return "/".join(parts[:2]) if parts[0] in layers.AREAS and len(parts) > 2 else None


def rule_layers(sources):
    """A module includes only itself and what lies below it, and only its libraries."""
    for source in _layered_sources(sources):
        name = source.module()
        area = name.split("/")[0]
        allowed = layers.closure(layers.MODULES, name)
        visible = tuple(layers.visible_headers(layers.MODULES, name))
        for include in source.includes:
            if not include.angle:
                target = _module_of(include.path)
                if target is None:
                    message = f'"{include.path}" is not a full path from server/ or operator/'
                elif target not in allowed:
                    message = f"{name} may not include {target}; see {area}/CMakeLists.txt"
                else:
                    continue
                yield Violation(source.path, include.line, "layers", message)
            elif not _is_system(include.path) or include.path in _THIRD_PARTY_FLAT:
                if not include.path.startswith(visible or ("\0",)):
                    message = f"{name} may not include <{include.path}>: not one of its libraries"
                    yield Violation(source.path, include.line, "layers", message)


def rule_layers_known(sources):
    """Every folder of server/ and operator/ is in its table."""
    for source in sources:
        if source.is_cpp and source.module() not in (None, *layers.MODULES):
            message = f"{source.module()} is not in the table of layers"
            yield Violation(source.path, 1, "layers", message)


def _cmake_modules(text, area):
    """qr_module(server/x DEPS server_y ... LIBS ...) -> {x: (deps, libs, line)}."""
    found = {}
    plain = re.sub(r"#[^\n]*", "", text)
    for match in re.finditer(rf"\bqr_module\(\s*{area}/(\w+)([^)]*)\)", plain):
        words = match.group(2).split()
        groups = {"DEPS": [], "LIBS": []}
        into = None
        for word in words:
            if word in groups:
                into = groups[word]
            elif into is not None:
                into.append(word)
        deps = {d.replace("_", "/", 1) for d in groups["DEPS"] if d not in layers.GENERATED}
        line = plain.count("\n", 0, match.start()) + 1
        found[match.group(1)] = (deps, set(groups["LIBS"]), line)
    return found


def rule_layers_agree(sources):
    """The tables and the areas' CMakeLists.txt say the same."""
    for source in sources:
        area = source.path.removesuffix("/CMakeLists.txt")
        if area not in layers.AREAS or area == source.path:
            continue
        table = layers.AREAS[area]
        in_cmake = _cmake_modules(source.text, area)
        for name in sorted(set(in_cmake) | set(table)):
            if name not in in_cmake or name not in table:
                where = "the table" if name in in_cmake else "CMakeLists.txt"
                yield Violation(source.path, 1, "layers", f"{name} is missing in {where}")
                continue
            deps, libraries, line = in_cmake[name]
            module = layers.MODULES[f"{area}/{name}"]
            if deps != set(module.deps) or libraries != set(module.libraries):
                message = f"{name} has other DEPS or LIBS than tests/tidy/layers.py"
                yield Violation(source.path, line, "layers", message)


def rule_tests_apart(sources):
    """Code never includes tests; the tests of a module see what the module sees."""
    for source in sources:
        parts = source.path.split("/")
        if not source.is_cpp or parts[0] != "tests" or len(parts) < 4:
            continue
        if parts[1] not in layers.AREAS:
            continue
        name = "/".join(parts[1:3])
        if name in layers.WHOLE:
            continue
        if name not in layers.MODULES:
            yield Violation(source.path, 1, "layers", f"there is no module {name} to test")
            continue
        allowed = layers.closure(layers.MODULES, name)
        for include in source.includes:
            target = _module_of(include.path)
            if not include.angle and target is not None and target not in allowed:
                message = f"tests of {name} may not include {target}"
                yield Violation(source.path, include.line, "layers", message)


def rule_cycles(sources):
    """No file includes itself, directly or not."""
    by_path = {s.path: s for s in sources if s.is_cpp}
    edges = {
        path: [i for i in s.includes if not i.angle and i.path in by_path]
        for path, s in by_path.items()
    }
    done = set()
    for start in sorted(by_path):
        stack = [(start, iter(edges[start]))]
        trail = [start]
        while stack:
            path, rest = stack[-1]
            include = next(rest, None)
            if include is None:
                done.add(path)
                stack.pop()
                trail.pop()
            elif include.path in trail:
                ring = trail[trail.index(include.path) :] + [include.path]
                yield Violation(path, include.line, "cycles", " -> ".join(ring))
            elif include.path not in done:
                stack.append((include.path, iter(edges[include.path])))
                trail.append(include.path)


# ---- purity ---------------------------------------------------------------------------------------

_IMPURE_HEADERS = {
    "a thread": {
        "thread", "mutex", "shared_mutex", "atomic", "condition_variable", "future", "semaphore",
        "latch", "barrier", "stop_token", "pthread.h", "execution",
    },
    "a file": {"fstream", "filesystem", "fcntl.h", "unistd.h", "dirent.h", "sys/stat.h",
               "sys/mman.h", "sys/file.h", "sys/statvfs.h"},
    "a socket": {"netdb.h", "poll.h", "sys/socket.h", "sys/epoll.h", "sys/un.h", "netinet/in.h",
                 "netinet/tcp.h", "sys/eventfd.h", "ifaddrs.h"},
    "a stream of the process": {"iostream", "syncstream"},
    "a clock": {"ctime", "time.h", "sys/time.h"},
    "randomness": {"random", "sys/random.h"},
    "a signal": {"csignal", "signal.h"},
}

_IMPURE_CODE = {
    "a clock": r"\b(system_clock|steady_clock|high_resolution_clock|utc_clock|file_clock)\b"
               r"|::now\s*\(|\b(clock_gettime|gettimeofday|localtime|gmtime)(_r)?\s*\("
               r"|(?<![\w.>:])(std::)?time\s*\(\s*(nullptr|NULL|0|&)",
    "a thread": r"\bstd::(jthread|thread|mutex|shared_mutex|atomic\w*|condition_variable\w*|async"
                r"|future|promise|call_once|scoped_lock|lock_guard|unique_lock)\b"
                r"|\bthis_thread\b|\bthread_local\b|\bpthread_\w+",
    "a file": r"\bstd::(ifstream|ofstream|fstream|filesystem)\b"
              r"|(?<![\w.>])(fopen|freopen|fdopen|tmpfile|mkstemp|opendir)\s*\("
              r"|(?<![\w>])::(open|read|write|pread|pwrite|fsync|fdatasync|unlink|rename|stat)\s*\(",
    "a socket": r"(?<![\w>])::(socket|bind|listen|accept4?|connect|send|recv|poll|epoll_\w+)\s*\("
                r"|\bgetaddrinfo\s*\(",
    "the environment": r"\b(secure_)?getenv\s*\(|\b(set|put|unset)env\s*\(|\benviron\b",
    "randomness": r"\brandom_device\b|(?<![\w.>:])(std::)?s?rand\s*\(|\bgetrandom\s*\("
                  r"|\bRAND_(priv_)?bytes\b|\barc4random\w*",
    "output": r"\bstd::(cout|cerr|clog|cin|print|println)\b"
              r"|(?<![\w.>])(std::)?(v?f?printf|f?puts|f?putc|putchar|fwrite|perror)\s*\(",
    "a log or metric": r"\bspdlog\b|\bprometheus::|\bquorate::log::|(?<![\w:])log::\w+\s*\(",
    "a process": r"(?<![\w.>:])(std::)?system\s*\(|\bpopen\s*\(|(?<![\w.>])(fork|execve?p?)\s*\(",
    "std::function": r"\bstd::(function|move_only_function)\b",
    "an exception": r"\bthrow\b(?!\s*\()|(?<!\w)try\s*\{|\bcatch\s*\(",
}

# The only ways out of the pure part, each with its reason.
PURITY_EXEMPT = {
    "server/base/assert.cc": ("output", "a broken invariant is printed before the abort"),
    "server/auth/certificate.cc": ("an exception", "std::regex throws on a pattern of the user's"),
    "server/config/expression.cc": ("an exception", "as above; the value is checked here"),
}


def rule_purity(sources):
    """Below the line there is no clock, thread, socket, file, environment, random source or log."""
    for source in _layered_sources(sources):
        if not layers.MODULES[source.module()].pure or source.path.endswith("_main.cc"):
            continue  # A program beside a pure library is no part of it.
        exempt = PURITY_EXEMPT.get(source.path, ("", ""))[0]
        for include in source.includes:
            for what, headers in _IMPURE_HEADERS.items():
                if include.angle and include.path in headers and what != exempt:
                    message = f"<{include.path}> is {what}, and {source.module()} is pure"
                    yield Violation(source.path, include.line, "purity", message)
        for what, pattern in _IMPURE_CODE.items():
            if what == exempt:
                continue
            for match in re.finditer(pattern, source.code):
                line = source.code.count("\n", 0, match.start()) + 1
                message = f"`{match.group(0).strip()}` is {what}, and {source.module()} is pure"
                yield Violation(source.path, line, "purity", message)


# ---- sizes and form -------------------------------------------------------------------------------

_SIZED = (".h", ".cc", ".py", ".sh", ".cmake", ".java", ".c", "CMakeLists.txt")


def rule_file_size(sources):
    """A file has at most 600 lines."""
    for source in sources:
        count = len(source.lines)
        if source.path.endswith(_SIZED) and count > FILE_LINES_MAX:
            message = f"{count} lines, at most {FILE_LINES_MAX}"
            yield Violation(source.path, FILE_LINES_MAX + 1, "file-size", message)


def rule_function_size(sources):
    """A function has at most 70 lines."""
    for source in sources:
        if source.is_cpp:
            functions = cpp_functions(source.text)
        elif source.path.endswith(".py"):
            functions = python_functions(source.text)
        else:
            continue
        for function in functions:
            if function.length > FUNCTION_LINES_MAX:
                head = function.head[-60:]
                message = f"{function.length} lines, at most {FUNCTION_LINES_MAX}: ...{head}"
                yield Violation(source.path, function.first_line, "function-size", message)


def _first_line_of_text(source):
    lines = source.lines
    return lines[1] if lines and lines[0].startswith("#!") and len(lines) > 1 else (lines or [""])[0]


_COMMENT_STARTS = {
    ".h": ("// ",), ".cc": ("// ",), ".c": ("// ", "/* "), ".java": ("// ", "/* ", "/** "),
    ".py": ("# ", '"""', 'r"""'), ".sh": ("# ",), ".cmake": ("# ",), "CMakeLists.txt": ("# ",),
}


def rule_first_line(sources):
    """The first line, or the one after #!, is a comment that says what the file is for."""
    for source in sources:
        for suffix, starts in _COMMENT_STARTS.items():
            if not source.path.endswith(suffix) or source.path.endswith("__init__.py"):
                continue
            line = _first_line_of_text(source)
            start = next((s for s in starts if line.startswith(s)), None)
            if start is None or len(line[len(start) :].split()) < 2:
                message = "the first line is no comment with the file's job"
                yield Violation(source.path, 1, "first-line", message)


def rule_pragma_once(sources):
    """A header has #pragma once, and no guard in its place."""
    for source in sources:
        if source.is_header and not re.search(r"^#pragma once$", source.code, re.M):
            yield Violation(source.path, 1, "pragma-once", "no `#pragma once`")


def proving_sources(sources):
    """{header: source} for each header that is the first include of the .cc of its name: building
    that source proves that the header compiles alone."""
    firsts = {s.path: s.includes[0] for s in sources if s.path.endswith(".cc") and s.includes}
    return {
        include.path: path
        for path, include in firsts.items()
        if not include.angle and include.path == path.removesuffix(".cc") + ".h"
    }


def rule_own_header_first(sources):
    """A source includes the header of its own name before any other."""
    headers = {s.path for s in sources if s.is_header}
    proven = proving_sources(sources)
    for source in sources:
        own = source.path.removesuffix(".cc") + ".h"
        if source.path.endswith(".cc") and own in headers and own not in proven:
            line = source.includes[0].line if source.includes else 1
            yield Violation(source.path, line, "own-header-first", f'"{own}" is not first')


def rule_using_namespace(sources):
    """A header opens no namespace for its includers; inside a function it may."""
    for source in sources:
        if not source.is_header:
            continue
        for match in re.finditer(r"^using\s+namespace\b", source.code, re.M):
            line = source.code.count("\n", 0, match.start()) + 1
            yield Violation(source.path, line, "using-namespace", "in a header")


# ---- words ----------------------------------------------------------------------------------------

# Written apart, so that this file does not break its own rule.
_UNFINISHED = re.compile(
    r"\b(" + "|".join(("TO" "DO", "FIX" "ME", "X" "XX", "HA" "CK", "TB" "D", "W" "IP")) + r")\b"
    r"|(?i:\bnot (yet )?implemented yet\b|\bfor the time being\b|\bplaceholder " "code\b"
    r"|\bcoming " "soon\b)"
)


def rule_unfinished(sources):
    """Nothing is left to be done later."""
    for source in sources:
        for number, line in enumerate(source.lines, 1):
            match = _UNFINISHED.search(line)
            if match:
                yield Violation(source.path, number, "unfinished", f"`{match.group(0)}`")


# Words that belong to no published tree: names of the place where it was made and hosts of package
# registries. Kept as hashes, so that they do not stand here.
FORBIDDEN_WORDS = frozenset({
    "3ea125d0bff386e6",
    "487b91042c7cf27a",
    "57de4cf40144bdf7",
    "5c981401867c9803",
    "60965168ce762e94",
    "7d3194f79e645c42",
    "8c70b25cbbbe8e79",
    "94a168d2da574b00",
    "c70eca6b0f88f44d",
    "c857d09db23e6822",
    "d298391b07433318",
    "d4f0bc5a29de06b5",
})
FORBIDDEN_FOLDERS = frozenset({
    "0c9a453fad615c83",
    "28b8cac271d3c6c6",
    "9d5e33ea197579b6",
    "c52ddf65534b7b46",
})
FORBIDDEN_HOSTS = frozenset({
    "00a7dc5a0cc38858",
    "0fd460f0568e29c1",
    "271dacc9f4d0caf8",
    "317d2d52829b7812",
    "3530c4415dd857fb",
    "3ca29e55be4befa4",
    "43c04ed1dabe979b",
    "70cca582c4895337",
    "71741fe2460a6150",
    "789e46d79514e280",
    "8743857e3ea00fd1",
    "8b5bb5eb9d758455",
    "a4aa2ac280bb8d1a",
    "c3db8466ffcd8589",
    "d318762d9a7b1ecb",
})


def word_hash(word):
    return hashlib.sha256(word.lower().encode()).hexdigest()[:16]


_WORD = re.compile(r"(?<![\w-])[A-Za-z][A-Za-z]+(?![\w-])")
_FOLDER = re.compile(r"(?<![\w$}~*])(?:\.\.)?(?:/[A-Za-z]\w*)+")
_HOST = re.compile(r"\b[a-z0-9][a-z0-9-]*(?:\.[a-z0-9][a-z0-9-]*)+\b", re.I)


def _forbidden_in(line):
    for match in _WORD.finditer(line):
        if word_hash(match.group(0)) in FORBIDDEN_WORDS:
            yield match.group(0)
    for match in _FOLDER.finditer(line):
        parts = match.group(0).split("/")
        for count in range(2, min(len(parts), 3) + 1):
            if word_hash("/".join(parts[:count])) in FORBIDDEN_FOLDERS:
                yield match.group(0)
    for match in _HOST.finditer(line):
        labels = match.group(0).split(".")
        if any(word_hash(".".join(labels[i:])) in FORBIDDEN_HOSTS for i in range(len(labels) - 1)):
            yield match.group(0)


def rule_forbidden(sources):
    """The tree says nothing about where it was made, and no host of a package registry."""
    for source in sources:
        for number, line in enumerate(source.lines, 1):
            for text in _forbidden_in(line):
                yield Violation(source.path, number, "forbidden", f"`{text}`")


RULES = (
    rule_layers,
    rule_layers_known,
    rule_layers_agree,
    rule_tests_apart,
    rule_cycles,
    rule_purity,
    rule_file_size,
    rule_function_size,
    rule_first_line,
    rule_pragma_once,
    rule_own_header_first,
    rule_using_namespace,
    rule_unfinished,
    rule_forbidden,
)


def check(sources, rules=RULES):
    """Everything that breaks a rule, by path and line."""
    return sorted({violation for rule in rules for violation in rule(sources)})
