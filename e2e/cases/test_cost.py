"""What it costs: a steady cluster, twenty clusters, a hundred. Printed as a table."""

import threading
import time

import pytest

from harness import processes
from harness.case import is_settled

pytestmark = [pytest.mark.long, pytest.mark.local]
STEADY_S = 60
WRITES = ("POST", "PUT", "PATCH", "DELETE")


def steady(case, what):
    """Measures for a minute in which nothing is to be done."""
    operator = case.plane.operator.pid
    requests, cpu, before = case.plane.requests(), processes.cpu_seconds(operator), case.plane.metrics()
    threading.Event().wait(STEADY_S)  # The measurement itself: a time in which nothing happens.
    counts = case.plane.requests() - requests
    row = {"clusters": what, "writes": sum(counts[m] for m in WRITES), "reads": counts["GET"],
           "operator RSS MB": processes.resident_bytes(operator) / 1e6,
           "operator CPU %": (processes.cpu_seconds(operator) - cpu) * 100 / STEADY_S,
           "passes": passes(case.plane.metrics()) - passes(before)}
    case.notes.append(f"steady for {STEADY_S} s: " + ", ".join(
        f"{key} {value:.1f}" if isinstance(value, float) else f"{key} {value}" for key, value in row.items()))
    return row


def passes(metrics):
    return sum(value for name, value in metrics.items() if name.startswith("controller_runtime_reconcile_total"))


def queue_delay(metrics):
    """How long objects waited for a worker: the upper bound of 99 % of them, in seconds."""
    buckets = sorted(
        (float(name.partition('le="')[2].partition('"')[0].replace("+Inf", "inf")), value)
        for name, value in metrics.items() if name.startswith("workqueue_queue_duration_seconds_bucket"))
    total = buckets[-1][1] if buckets else 0
    return next((bound for bound, count in buckets if count >= 0.99 * total), float("inf"))


def grow(case, count, voters):
    begin = time.monotonic()
    for number in range(count):
        case.create(name=f"zoo{number}", voters=voters)
    case.until(lambda: len(case.clusters) == count and all(map(is_settled, case.clusters.values())),
               f"{count} clusters settle", 1800)
    case.notes.append(f"{count} clusters of {voters} settled in {time.monotonic() - begin:.0f} s")


def test_cost_of_one(case):
    """No write at all and at most a small read of each member every ten seconds; 30 MB."""
    case.settle(case.create(voters=3))
    row = steady(case, 1)
    assert row["writes"] == 0, row
    assert row["operator RSS MB"] <= 30, row
    case.verdict()


def test_twenty_clusters_at_once(case):
    grow(case, 20, 3)
    row = steady(case, 20)
    assert row["writes"] == 0, row
    for cluster in list(case.clusters.values()):
        assert sorted(z["voters"] for z in cluster["status"]["zones"]) == [1, 1, 1]
    case.verdict()


def test_cost_of_a_hundred(case):
    """200 MB, and no object waits longer than a second for its pass."""
    grow(case, 100, 1)
    row = steady(case, 100)
    delay = queue_delay(case.plane.metrics())
    case.notes.append(f"99 % of passes waited at most {delay} s for a worker")
    assert row["writes"] == 0 and row["operator RSS MB"] <= 200 and delay <= 1, (row, delay)
    case.verdict()
