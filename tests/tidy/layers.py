"""The layers of the tree: which module may include which, and which libraries it may see.

The same tables stand in server/CMakeLists.txt and operator/CMakeLists.txt for the linker; the rule
`layers` compares them.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Module:
    """One folder. `pure` modules have no clock, thread, socket, file, environment or log."""

    pure: bool
    deps: tuple = ()
    libraries: tuple = ()


# What each CMake target of a library lets a module include.
LIBRARY_HEADERS = {
    "${LIBDEFLATE}": ("libdeflate.h",),
    "${LIBEDIT}": ("histedit.h", "editline/"),
    "absl::flat_hash_map": ("absl/",),
    "absl::flat_hash_set": ("absl/",),
    "OpenSSL::Crypto": ("openssl/",),
    "OpenSSL::SSL": ("openssl/",),
    "nlohmann_json::nlohmann_json": ("nlohmann/",),
    "spdlog::spdlog": ("spdlog/",),
    "ZLIB::ZLIB": ("zlib.h",),
    "Boost::headers": ("boost/",),
    "prometheus-cpp::core": ("prometheus/",),
    "CLI11::CLI11": ("CLI/",),
    "Threads::Threads": (),
    "protobuf::libprotobuf": ("google/protobuf/",),
    "cpprestsdk::cpprest": ("cpprest/", "pplx/"),
    "yaml-cpp": ("yaml-cpp/",),
}

# Targets of generated code: their headers belong to the module that links them.
GENERATED = ("operator_proto",)

SERVER = {
    # Pure, lowest first.
    "base": Module(True, (), ("${LIBDEFLATE}",)),
    "wire": Module(True, ("base",)),
    "tree": Module(True, ("wire",), ("absl::flat_hash_map", "absl::flat_hash_set")),
    "session": Module(True, ("wire",), ("absl::flat_hash_map",)),
    "auth": Module(True, ("wire",), ("OpenSSL::Crypto",)),
    "quorum": Module(True, ("wire",)),
    "election": Module(True, ("quorum",)),
    "zab": Module(True, ("quorum",)),
    "request": Module(True, ("tree", "session", "auth"), ("absl::flat_hash_map",)),
    "config": Module(True, ("quorum",)),
    "node": Module(True, ("request", "election", "zab"), ("absl::flat_hash_map",)),
    "report": Module(True, ("node", "config"), ("nlohmann_json::nlohmann_json",)),
    # Shell.
    "log": Module(False, ("base",), ("spdlog::spdlog",)),
    "storage": Module(False, ("log", "tree"), ("ZLIB::ZLIB", "Threads::Threads")),
    "net": Module(False, ("log", "wire"), ("Boost::headers", "OpenSSL::SSL", "Threads::Threads")),
    "peers": Module(False, ("net",), ("Boost::headers", "OpenSSL::SSL")),
    "metrics": Module(False, ("log", "report"), ("prometheus-cpp::core",)),
    "admin": Module(False, ("net", "metrics"), ("Boost::headers", "OpenSSL::SSL")),
    "app": Module(False, ("node", "config", "storage", "net", "peers", "admin", "metrics")),
    "client": Module(False, ("wire", "net"), ("Boost::headers", "OpenSSL::SSL")),
    "cli": Module(
        False,
        ("client", "storage", "config", "auth"),
        ("CLI11::CLI11", "nlohmann_json::nlohmann_json", "${LIBEDIT}"),
    ),
}

# Of the server's modules a dependency is written with its folder.
OPERATOR = {
    # Pure, lowest first.
    "api": Module(
        True, ("server/base",), ("protobuf::libprotobuf", "nlohmann_json::nlohmann_json")
    ),
    "kube": Module(True, ("server/base",), ("nlohmann_json::nlohmann_json",)),
    "resources": Module(True, ("api", "kube"), ("nlohmann_json::nlohmann_json",)),
    "ensemble": Module(True, ("api",), ("nlohmann_json::nlohmann_json",)),
    "plan": Module(
        True,
        ("resources", "ensemble"),
        ("protobuf::libprotobuf", "nlohmann_json::nlohmann_json"),
    ),
    # Shell.
    "transport": Module(
        False,
        ("kube", "server/log"),
        ("cpprestsdk::cpprest", "yaml-cpp", "OpenSSL::SSL", "Threads::Threads"),
    ),
    "controller": Module(
        False,
        ("plan", "transport", "server/log", "server/admin"),
        ("prometheus-cpp::core", "CLI11::CLI11", "Boost::headers", "Threads::Threads"),
    ),
    "reconcile": Module(
        False,
        ("controller", "certificates"),
        ("prometheus-cpp::core", "Boost::headers", "OpenSSL::SSL", "Threads::Threads"),
    ),
    "certificates": Module(False, ("transport",), ("OpenSSL::Crypto",)),
    "plugin": Module(False, ("api", "transport"), ("CLI11::CLI11",)),
    "local": Module(
        False,
        ("server/log",),
        ("Boost::headers", "OpenSSL::SSL", "nlohmann_json::nlohmann_json", "yaml-cpp",
         "CLI11::CLI11"),
    ),
}

AREAS = {"server": SERVER, "operator": OPERATOR}

# Folders of tests that are about many modules of their area together.
WHOLE = {"operator/simulation"}


def _full(area, name):
    return name if "/" in name else f"{area}/{name}"


# Every module by its folder, "server/tree", with its dependencies written the same way.
MODULES = {
    _full(area, name): Module(
        module.pure, tuple(_full(area, dep) for dep in module.deps), module.libraries
    )
    for area, table in AREAS.items()
    for name, module in table.items()
}


def closure(modules, name):
    """`name` and every module that it may include, directly or not."""
    found = set()
    waiting = [name]
    while waiting:
        module = waiting.pop()
        if module not in found:
            found.add(module)
            waiting.extend(modules[module].deps)
    return found


def visible_headers(modules, name):
    """Prefixes of third-party headers that `name` may include: its own libraries' and, in the
    shell, those of the modules below it, because their headers show them."""
    seen = closure(modules, name) if not modules[name].pure else {name}
    prefixes = set()
    for module in seen:
        for library in modules[module].libraries:
            prefixes.update(LIBRARY_HEADERS[library])
    return prefixes
