#!/usr/bin/env python3
"""Writes Grafana's dashboards into charts/quorate-operator/files/dashboards from the panels below.

    charts/dashboards.py [--check]    --check: change nothing, fail if a file is not current
"""

import json
import pathlib
import sys

FOLDER = pathlib.Path(__file__).resolve().parent / "quorate-operator/files/dashboards"
ENSEMBLE = 'namespace=~"$namespace",ensemble=~"$ensemble"'
MEMBER = ENSEMBLE + ',pod=~"$pod"'
CLUSTER = 'namespace=~"$namespace",name=~"$ensemble"'
OPERATOR = 'controller="quorumcluster"'


def quantile(q, metric, selector, by="pod"):
    return (
        f"histogram_quantile({q}, sum by ({by}, le) (rate({metric}_bucket{{{selector}}}[$__rate_interval])))"
    )


def rate(metric, selector, by="pod"):
    return f"sum by ({by}) (rate({metric}{{{selector}}}[$__rate_interval]))"


def gauge(metric, selector=ENSEMBLE):
    return f"{metric}{{{selector}}}"


def panel(title, targets, kind="timeseries", unit="short", width=8, mappings=None):
    """Targets: (expression, legend). Kinds: timeseries, stat, state-timeline, table."""
    return {
        "title": title, "targets": targets, "kind": kind, "unit": unit, "width": width,
        "mappings": mappings,
    }


YES_NO = {"0": ("no", "red"), "1": ("yes", "green"), "-1": ("unknown", "yellow")}
SPACE = {"0": ("enough", "green"), "1": ("low: writes refused", "red"), "2": ("exhausted", "dark-red")}

ENSEMBLE_PANELS = {
    "Quorum": [
        panel("Leader", [(f"leader_uptime{{{ENSEMBLE}}} * 0 + 1", "{{pod}}")], "state-timeline", mappings={"1": ("leads", "green")}),
        panel("Serving", [(gauge("quorate_serving"), "{{pod}}")], "state-timeline", mappings=YES_NO),
        panel("Serving voters by zone", [(f'count by (ensemble, zone) (quorate_serving{{{ENSEMBLE},role="voter"}} == 1)', "{{ensemble}} {{zone}}")], "timeseries"),
        panel("Voters", [(f"max by (ensemble) (quorum_size{{{ENSEMBLE}}})", "{{ensemble}}")], "stat", width=4),
        panel("Voters needed", [(f"floor(max by (ensemble) (quorum_size{{{ENSEMBLE}}}) / 2) + 1", "{{ensemble}}")], "stat", width=4),
        panel("Synced followers", [(gauge("synced_followers"), "of {{pod}}")], "stat", width=4),
        panel("Members that answer", [(f"sum by (ensemble) (up{{{ENSEMBLE}}})", "{{ensemble}}")], "stat", width=4),
        panel("Elections", [(f"sum by (pod) (increase(election_time_count{{{ENSEMBLE}}}[$__rate_interval]))", "{{pod}}")], width=8),
    ],
    "Requests": [
        panel("Writes", [(rate("quorate_writes_total", ENSEMBLE), "{{pod}}")], unit="reqps"),
        panel("Reads", [(rate("quorate_reads_total", ENSEMBLE), "{{pod}}")], unit="reqps"),
        panel("Outstanding", [(gauge("outstanding_requests"), "{{pod}}")]),
        panel("Write latency", [(quantile(0.5, "quorate_write_latency_seconds", ENSEMBLE, "ensemble"), "{{ensemble}} p50"), (quantile(0.99, "quorate_write_latency_seconds", ENSEMBLE, "ensemble"), "{{ensemble}} p99")], unit="s"),
        panel("Read latency", [(quantile(0.5, "quorate_read_latency_seconds", ENSEMBLE, "ensemble"), "{{ensemble}} p50"), (quantile(0.99, "quorate_read_latency_seconds", ENSEMBLE, "ensemble"), "{{ensemble}} p99")], unit="s"),
        panel("Proposals and commits", [(rate("proposal_count", ENSEMBLE), "proposals {{pod}}"), (rate("commit_count", ENSEMBLE), "commits {{pod}}")], unit="ops"),
    ],
    "Replication": [
        panel("Transactions behind", [(f"max by (namespace, ensemble) (quorate_last_zxid{{{ENSEMBLE}}}) - on (namespace, ensemble) group_right quorate_last_zxid{{{ENSEMBLE}}}", "{{pod}}")]),
        panel("Applied, not yet on disk", [(f"quorate_last_zxid{{{ENSEMBLE}}} - quorate_durable_zxid{{{ENSEMBLE}}}", "{{pod}}")]),
        panel("Learners", [(gauge("learners"), "{{pod}}"), (gauge("synced_observers"), "synced observers {{pod}}")]),
    ],
    "Clients and data": [
        panel("Sessions", [(f"max by (ensemble) (global_sessions{{{ENSEMBLE}}})", "{{ensemble}}")]),
        panel("Connections", [(gauge("num_alive_connections"), "{{pod}}")]),
        panel("Watches", [(gauge("watch_count"), "{{pod}}")]),
        panel("Znodes", [(f"max by (ensemble) (znode_count{{{ENSEMBLE}}})", "{{ensemble}}"), (f"max by (ensemble) (ephemerals_count{{{ENSEMBLE}}})", "{{ensemble}} ephemeral")]),
        panel("Data", [(f"max by (ensemble) (approximate_data_size{{{ENSEMBLE}}})", "{{ensemble}}")], unit="bytes"),
        panel("Memory", [(gauge("process_resident_memory_bytes"), "{{pod}}")], unit="bytes"),
    ],
    "Disk and certificates": [
        panel("Sync of the log, p99", [(quantile(0.99, "quorate_fsync_seconds", ENSEMBLE), "{{pod}}")], unit="s"),
        panel("Free", [(gauge("quorate_disk_free_bytes"), "{{pod}}")], unit="bytes"),
        panel("Room", [(gauge("quorate_disk_space_level"), "{{pod}}")], "state-timeline", mappings=SPACE),
        panel("Transactions since the snapshot", [(f"quorate_last_zxid{{{ENSEMBLE}}} - quorate_snapshot_zxid{{{ENSEMBLE}}}", "{{pod}}")]),
        panel("Snapshots and logs", [(gauge("quorate_data_dir_bytes"), "snapshots {{pod}}"), (gauge("quorate_log_dir_bytes"), "logs {{pod}}")], unit="bytes"),
        panel("Days to the end of the first certificate", [(f"min by (ensemble) (quorate_certificate_days_to_expiry{{{ENSEMBLE}}})", "{{ensemble}}")], "stat"),
    ],
}

MEMBER_PANELS = {
    "State": [
        panel("Serving", [(gauge("quorate_serving", MEMBER), "{{pod}}")], "state-timeline", mappings=YES_NO),
        panel("Since its start", [(f"time() - process_start_time_seconds{{{MEMBER}}}", "{{pod}}")], "stat", unit="s", width=4),
        panel("Recovery took", [(gauge("quorate_startup_load_ms", MEMBER), "{{pod}}")], "stat", unit="ms", width=4),
        panel("Last transaction", [(gauge("quorate_last_zxid", MEMBER), "{{pod}}")], "stat", width=4),
        panel("Version", [(gauge("quorate_info", MEMBER), "{{version}}")], "stat", width=4),
    ],
    "Requests": [
        panel("Requests", [(rate("quorate_reads_total", MEMBER), "reads {{pod}}"), (rate("quorate_writes_total", MEMBER), "writes {{pod}}")], unit="reqps"),
        panel("Write latency", [(quantile(q, "quorate_write_latency_seconds", MEMBER), f"p{round(q * 100)} {{{{pod}}}}") for q in (0.5, 0.9, 0.99)], unit="s"),
        panel("Read latency", [(quantile(q, "quorate_read_latency_seconds", MEMBER), f"p{round(q * 100)} {{{{pod}}}}") for q in (0.5, 0.9, 0.99)], unit="s"),
        panel("Reads that waited for a write of their session", [(quantile(0.99, "quorate_queued_read_latency_seconds", MEMBER), "p99 {{pod}}")], unit="s"),
        panel("Traffic", [(rate("bytes_received_count", MEMBER), "in {{pod}}"), (rate("response_bytes", MEMBER), "out {{pod}}")], unit="Bps"),
        panel("Refused", [(rate("large_requests_rejected", MEMBER), "too large"), (rate("connection_rejected", MEMBER), "connections"), (rate("quorate_writes_refused_for_space_total", MEMBER), "no space"), (rate("quorate_quota_exceeded_total", MEMBER), "quota"), (rate("throttled_ops", MEMBER), "throttled")], unit="ops"),
    ],
    "Log and snapshots": [
        panel("Sync of the log", [(quantile(q, "quorate_fsync_seconds", MEMBER), f"p{round(q * 100)} {{{{pod}}}}") for q in (0.5, 0.99)], unit="s"),
        panel("Transactions a sync", [(quantile(0.5, "quorate_queue_log_batch_txns", MEMBER), "p50 {{pod}}"), (quantile(0.99, "quorate_queue_log_batch_txns", MEMBER), "p99 {{pod}}")]),
        panel("Wait for the log", [(quantile(0.99, "quorate_queue_log_seconds", MEMBER), "p99 {{pod}}")], unit="s"),
        panel("Slow syncs", [(rate("quorate_slow_syncs_total", MEMBER), "{{pod}}")], unit="ops"),
        panel("Snapshots", [(f"increase(quorate_snapshots_total{{{MEMBER}}}[$__rate_interval])", "{{pod}}"), (f"increase(snapshot_error_count{{{MEMBER}}}[$__rate_interval])", "failed {{pod}}")]),
        panel("Duration of snapshots", [(quantile(0.99, "quorate_snapshot_seconds", MEMBER), "p99 {{pod}}")], unit="s"),
    ],
    "Clients": [
        panel("Connections", [(gauge("num_alive_connections", MEMBER), "{{pod}}"), (gauge("quorate_secure_connections", MEMBER), "TLS {{pod}}")]),
        panel("Watches", [(gauge("watch_count", MEMBER), "watches"), (gauge("quorate_watched_paths", MEMBER), "paths"), (gauge("quorate_watching_connections", MEMBER), "connections")]),
        panel("Events", [(rate(f"quorate_watch_events_{each}_total", MEMBER), each) for each in ("created", "changed", "deleted", "children")], unit="ops"),
        panel("Sessions that ended", [(rate("stale_sessions_expired", MEMBER), "expired {{pod}}"), (rate("connection_drop_count", MEMBER), "connections dropped {{pod}}")], unit="ops"),
        panel("Slow readers closed", [(rate("quorate_slow_readers_closed_total", MEMBER), "{{pod}}")], unit="ops"),
        panel("Refused identities", [(gauge("auth_failed_count", MEMBER), "{{pod}}")]),
    ],
    "Process": [
        panel("Processor", [(rate("process_cpu_seconds_total", MEMBER), "{{pod}}")], unit="percentunit"),
        panel("Memory", [(gauge("process_resident_memory_bytes", MEMBER), "{{pod}}")], unit="bytes"),
        panel("File descriptors", [(gauge("open_file_descriptor_count", MEMBER), "open {{pod}}"), (gauge("max_file_descriptor_count", MEMBER), "limit {{pod}}")]),
    ],
}

OPERATOR_PANELS = {
    "Clusters": [
        panel("Conditions", [(gauge("quorate_cluster_condition", CLUSTER), "{{namespace}}/{{name}} {{type}}")], "state-timeline", width=12, mappings=YES_NO),
        panel("In progress", [(gauge("quorate_cluster_in_flight", CLUSTER), "{{namespace}}/{{name}} {{kind}}")], "state-timeline", width=12, mappings={"1": ("in progress", "blue")}),
        panel("Members", [(gauge("quorate_cluster_members", CLUSTER), "{{namespace}}/{{name}} {{is}}")]),
        panel("Steps of the plan", [(f"sum by (state) (quorate_cluster_plan_steps{{{CLUSTER}}})", "{{state}}")]),
        panel("What holds steps back", [(f"sum by (namespace, name, reason) (quorate_cluster_blocked_steps{{{CLUSTER}}})", "{{namespace}}/{{name}} {{reason}}")]),
        panel("Actions", [(rate("quorate_cluster_actions_total", CLUSTER, "action"), "{{action}}")], unit="ops"),
        panel("Longest time without a leader or a ready member in the last roll", [(gauge("quorate_cluster_roll_interruption_seconds", CLUSTER), "{{namespace}}/{{name}}")], "stat", unit="s"),
        panel("Leads", [("leader_election_master_status", "{{pod}}")], "state-timeline", mappings=YES_NO),
    ],
    "Passes": [
        panel("Passes by result", [(rate("controller_runtime_reconcile_total", OPERATOR, "result"), "{{result}}")], unit="ops"),
        panel("Duration", [(quantile(0.5, "controller_runtime_reconcile_time_seconds", OPERATOR), "p50 {{pod}}"), (quantile(0.99, "controller_runtime_reconcile_time_seconds", OPERATOR), "p99 {{pod}}")], unit="s"),
        panel("Errors", [(rate("controller_runtime_reconcile_errors_total", OPERATOR), "errors {{pod}}"), (rate("controller_runtime_reconcile_panics_total", OPERATOR), "panics {{pod}}"), (rate("controller_runtime_reconcile_timeouts_total", OPERATOR), "timeouts {{pod}}")], unit="ops"),
        panel("Queue", [(gauge("workqueue_depth", OPERATOR), "waiting {{pod}}"), (gauge("controller_runtime_active_workers", OPERATOR), "working {{pod}}")]),
        panel("Wait in the queue", [(quantile(0.99, "workqueue_queue_duration_seconds", OPERATOR), "p99 {{pod}}")], unit="s"),
        panel("Longest pass under way", [(gauge("workqueue_longest_running_processor_seconds", OPERATOR), "{{pod}}")], unit="s"),
    ],
    "Kubernetes": [
        panel("Requests", [("sum by (method, code) (rate(rest_client_requests_total[$__rate_interval]))", "{{method}} {{code}}")], unit="reqps"),
        panel("Latency of requests", [("histogram_quantile(0.99, sum by (verb, le) (rate(rest_client_request_duration_seconds_bucket[$__rate_interval])))", "p99 {{verb}}")], unit="s"),
        panel("Lists and watches that failed", [("sum by (resource, request) (rate(quorate_operator_informer_failures_total[$__rate_interval]))", "{{resource}} {{request}}")], unit="ops"),
    ],
}

DASHBOARDS = {
    "ensemble": ("Quorate / Ensemble", ENSEMBLE_PANELS, ["namespace", "ensemble"]),
    "member": ("Quorate / Member", MEMBER_PANELS, ["namespace", "ensemble", "pod"]),
    "operator": ("Quorate / Operator", OPERATOR_PANELS, ["namespace", "ensemble"]),
}
DATA_SOURCE = {"type": "prometheus", "uid": "$datasource"}


def variable(name, names, is_operator):
    """A choice of values of a label, among the series that the choices before it leave."""
    metric, label = ("quorate_cluster_members", {"ensemble": "name"}.get(name, name)) if is_operator else ("up", name)
    before = ",".join(f'{each}=~"${each}"' for each in names[: names.index(name)])
    selector = ",".join(filter(None, ['ensemble!=""' if not is_operator else "", before]))
    query = f"label_values({metric}{{{selector}}}, {label})"
    return {
        "name": name, "type": "query", "datasource": DATA_SOURCE, "query": {"query": query, "refId": "A"},
        "includeAll": True, "multi": True, "current": {"text": "All", "value": "$__all"}, "refresh": 2,
        "sort": 1,
    }


def drawn(each, identity, x, y):
    """A panel in Grafana's form."""
    defaults = {"unit": each["unit"], "min": 0}
    if each["mappings"]:
        options = {k: {"text": t, "color": c, "index": i} for i, (k, (t, c)) in enumerate(each["mappings"].items())}
        defaults = {"mappings": [{"type": "value", "options": options}], "custom": {"fillOpacity": 80}}
    return {
        "id": identity, "title": each["title"], "type": each["kind"], "datasource": DATA_SOURCE,
        "gridPos": {"x": x, "y": y, "w": each["width"], "h": 7},
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "targets": [
            {"refId": chr(ord("A") + i), "datasource": DATA_SOURCE, "expr": expr, "legendFormat": legend}
            for i, (expr, legend) in enumerate(each["targets"])
        ],
    }


def dashboard(name):
    title, rows, names = DASHBOARDS[name]
    panels, identity, y = [], 0, 0
    for row, content in rows.items():
        identity += 1
        panels.append({"id": identity, "type": "row", "title": row, "collapsed": False, "panels": [],
                       "gridPos": {"x": 0, "y": y, "w": 24, "h": 1}})
        x, y = 0, y + 1
        for each in content:
            if x + each["width"] > 24:
                x, y = 0, y + 7
            identity += 1
            panels.append(drawn(each, identity, x, y))
            x += each["width"]
        y += 7
    source = {"name": "datasource", "type": "datasource", "query": "prometheus"}
    variables = [source] + [variable(each, names, name == "operator") for each in names]
    return {
        "uid": f"quorate-{name}", "title": title, "tags": ["quorate"], "schemaVersion": 39, "version": 1,
        "editable": True, "refresh": "10s", "time": {"from": "now-1h", "to": "now"},
        "templating": {"list": variables}, "panels": panels,
        "links": [{"type": "dashboards", "title": "Quorate", "tags": ["quorate"], "asDropdown": True, "keepTime": True}],
    }


def main():
    stale = []
    for name in DASHBOARDS:
        path = FOLDER / f"{name}.json"
        text = json.dumps(dashboard(name), indent=1) + "\n"
        if not path.exists() or path.read_text() != text:
            stale.append(path.name)
            if sys.argv[1:] != ["--check"]:
                path.write_text(text)
    if stale and sys.argv[1:] == ["--check"]:
        raise SystemExit(f"not current, run charts/dashboards.py: {', '.join(stale)}")


if __name__ == "__main__":
    main()
