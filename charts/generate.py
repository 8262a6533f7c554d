#!/usr/bin/env python3
"""Writes what follows from values.yaml: values.schema.json and the table in README.md of each chart.

    charts/generate.py [--check]      --check: change nothing, fail if something is not current
"""

import json
import pathlib
import re
import sys

import yaml

CHARTS = pathlib.Path(__file__).resolve().parent
NAMES = ("quorate-operator", "quorate-cluster")
TYPES = {bool: "boolean", int: "integer", str: "string", list: "array", dict: "object"}
BEGIN, END = "<!-- values: written by charts/generate.py -->", "<!-- end of values -->"


class Value:
    """One value: its path ("image.tag"), default, comment and what is added to its schema."""

    def __init__(self, path, default, comment, extra):
        self.path, self.default, self.comment, self.extra = path, default, comment, extra

    def schema(self):
        return {"description": self.comment, "type": TYPES[type(self.default)]} | self.extra


def values_of(chart):
    """Every value of a chart, in order. A key without a value on its line is a group."""
    defaults = yaml.safe_load((CHARTS / chart / "values.yaml").read_text())
    values, groups, comment, extra = [], [], [], {}
    for line in (CHARTS / chart / "values.yaml").read_text().splitlines():
        text = line.strip()
        if text.startswith("# schema: "):
            extra = json.loads(text.removeprefix("# schema: "))
        elif text.startswith("#"):
            comment.append(text.lstrip("# "))
        elif not text:
            comment, extra = [], {}
        else:
            key, value = re.match(r"(\w+):(.*)$", text).groups()
            groups = groups[: (len(line) - len(line.lstrip())) // 2] + [key]
            if value.strip():
                default = defaults
                for each in groups:
                    default = default[each]
                if not comment:
                    raise SystemExit(f"{chart}: {'.'.join(groups)} has no comment")
                values.append(Value(".".join(groups), default, " ".join(comment), extra))
            comment, extra = [], {}
    return values


def schema_of(values):
    """The JSON schema: nothing but the values that there are, and `global`, which Helm adds."""
    root = {"type": "object", "additionalProperties": False, "properties": {}}
    for value in values:
        *groups, key = value.path.split(".")
        node = root
        for each in groups:
            empty = {"type": "object", "additionalProperties": False, "properties": {}}
            node = node["properties"].setdefault(each, empty)
        node["properties"][key] = value.schema()
    root["properties"]["global"] = {"type": "object"}
    return {"$schema": "http://json-schema.org/draft-07/schema#"} | root


def table_of(values):
    rows = ["| value | default | what |", "|---|---|---|"]
    for value in values:
        default = json.dumps(value.default)
        rows.append(f"| `{value.path}` | `{default}` | {value.comment.replace('|', chr(92) + '|')} |")
    return "\n".join(rows)


def outputs_of(chart):
    values = values_of(chart)
    readme = CHARTS / chart / "README.md"
    before, rest = readme.read_text().split(BEGIN)
    after = rest.split(END)[1]
    yield readme, f"{before}{BEGIN}\n{table_of(values)}\n{END}{after}"
    yield CHARTS / chart / "values.schema.json", json.dumps(schema_of(values), indent=1) + "\n"


def main():
    is_check = sys.argv[1:] == ["--check"]
    stale = []
    for chart in NAMES:
        for path, text in outputs_of(chart):
            if not path.exists() or path.read_text() != text:
                stale.append(path)
                if not is_check:
                    path.write_text(text)
    if is_check and stale:
        raise SystemExit(f"not current, run charts/generate.py: {', '.join(map(str, stale))}")


if __name__ == "__main__":
    main()
