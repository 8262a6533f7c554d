"""The targets, and the table that sets the measured ratios beside them."""

import statistics

# name -> (text, what is compared, bound, unit). "up": ours / Apache must reach the bound;
# "down": ours / Apache must not exceed it.
TARGETS = {
    "writes": ("writes, 100 B, 16 sessions x 64", "up", 5.0, "op/s"),
    "reads": ("reads, 16 sessions x 64", "up", 6.0, "op/s"),
    "mixed": ("80 % reads, 16 sessions x 64", "up", 8.0, "op/s"),
    "latency": ("one outstanding write, p50", "down", 0.5, "us"),
    "multi": ("multi of 5 setData", "up", 4.0, "op/s"),
    "list": ("list of 1,000 children", "up", 4.0, "op/s"),
    "watch": ("10,000 watchers of one node", "down", 0.5, "ms"),
}
# name -> (text, bound on our own number, factor to print, unit).
LIMITS = {
    "rss per znode": ("RSS per znode of 115 B", 220, 1, "B"),
    "restart": ("restart with the big tree", 1.0, 1, "s"),
    "idle rss": ("idle RSS", 15 << 20, 1 / (1 << 20), "MiB"),
}


def ratios(apache, ours):
    return [o / a for a, o in zip(apache, ours)]


def rows(results):
    """One dict a line: name, text, numbers, ratio, target, met (None without Apache)."""
    made = [ratio_row(name, TARGETS[name], results[name]) for name in TARGETS if name in results]
    big = results.get("big tree", {})
    if "ours" in big:
        made += [limit_row(name, big) for name in LIMITS]
        made.append(snapshot_row(big))
    return made


def reaches(way, value, bound):
    return value >= bound if way == "up" else value <= bound


def ratio_row(name, target, measured):
    """A line of `target`, which is as those of TARGETS."""
    text, way, bound, unit = target
    row = {"name": name, "text": text, "unit": unit, "met": None, "ratio": None}
    for kind in ("apache", "ours", "null"):
        row[kind] = statistics.median(measured[kind]) if measured.get(kind) else None
    row["target"] = f"{'>=' if way == 'up' else '<='} {bound:g}x"
    found = ratios(measured["apache"], measured["ours"])
    if found:
        row["ratio"] = (statistics.median(found), min(found), max(found))
        row["met"] = reaches(way, row["ratio"][0], bound)
    return row


def limit_row(name, big):
    text, bound, factor, unit = LIMITS[name]
    value = big["ours"][name]
    apache = big.get("apache", {}).get(name)
    return {
        "name": name, "text": text, "unit": unit, "null": None, "ours": value * factor,
        "apache": apache * factor if apache is not None else None,
        "ratio": (value / apache,) * 3 if apache else None,
        "target": f"<= {bound * factor:g} {unit}", "met": value <= bound,
    }  # fmt: skip


def snapshot_row(big):
    def factor(kind):
        return big[kind]["p999 snapshot"] / big[kind]["p999 quiet"]

    return {
        "name": "snapshot", "text": "p99.9 while a snapshot is written / without", "unit": "x",
        "null": None, "ours": factor("ours"), "apache": factor("apache") if "apache" in big else None,
        "ratio": None, "target": "<= 2x", "met": factor("ours") <= 2,
    }  # fmt: skip


def number(value):
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def render(lines):
    head = ("", "Apache", "ours", "null server", "ours/Apache (min..max)", "target", "")
    body = [head]
    for row in lines:
        spread = "-"
        if row["ratio"]:
            spread = "{:.2f} ({:.2f}..{:.2f})".format(*row["ratio"])
        verdict = {True: "met", False: "MISSED", None: ""}[row["met"]]
        body.append((f"{row['text']} [{row['unit']}]", number(row["apache"]), number(row["ours"]),
                     number(row["null"]), spread, row["target"], verdict))  # fmt: skip
    widths = [max(len(line[column]) for line in body) for column in range(len(head))]
    out = []
    for line in body:
        cells = [line[0].ljust(widths[0])] + [c.rjust(w) for c, w in zip(line[1:], widths[1:])]
        out.append("  ".join(cells).rstrip())
    return "\n".join(out)
