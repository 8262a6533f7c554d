#!/usr/bin/env python3
"""Dashboards and alerts on data of a real run: three members under load and an operator, scraped by a
real Prometheus. Every metric that a panel or an alert names is there, every expression is evaluated,
and every panel shows something.
"""

import json
import os
import re
import sys
import time
import unittest
import urllib.parse
import urllib.request

import yaml

from common import BIN, CHARTS, ROOT, LocalCluster, Process, await_true, free_port, free_ports, run

sys.path.insert(0, str(CHARTS))
import dashboards  # noqa: E402

ALERTS = CHARTS / "quorate-operator/files/alerts.yaml"
# Words of PromQL that are no metrics.
WORDS = set(
    "absent and by count floor group_right histogram_quantile increase max min on or predict_linear rate"
    " sum time unless without".split()
)
# What is there only once something happened; their names are looked up in the operator's source.
AFTER_AN_EVENT = {
    "quorate_cluster_blocked_steps": "a step is blocked",
    "quorate_cluster_in_flight": "a change is in progress",
    "quorate_cluster_roll_interruption_seconds": "a roll has ended",
    "quorate_operator_informer_failures_total": "a watch has failed",
}
SCRAPE_S = 1
RATE_WINDOW = "10s"


def expressions():
    """(where, expression) of every panel and alert."""
    for name in dashboards.DASHBOARDS:
        for panel in dashboards.dashboard(name)["panels"]:
            for target in panel.get("targets", []):
                yield f"{name}: {panel['title']}", target["expr"]
    for group in yaml.safe_load(ALERTS.read_text())["groups"]:
        for rule in group["rules"]:
            yield rule["alert"], rule["expr"]


def metrics_of(expression):
    """Names of the series in an expression."""
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]|\b(by|on|without) \([^)]*\)", " ", expression)
    return set(re.findall(r"\b[a-z_][a-zA-Z0-9_]*\b", bare)) - WORDS


def get(url, **query):
    if query:
        url += "?" + urllib.parse.urlencode(query)
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read().decode()


def answers(url):
    try:
        get(url)
    except OSError:
        return False
    return True


class Metrics(LocalCluster):
    IMAGES = (f"quorate-server:test={BIN / 'quorate-server'}",)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_certificate()
        cls.start_members()
        cls.start_operator()
        cls.start_prometheus()
        cls.apply_load()

    @classmethod
    def make_certificate(cls):
        cls.tls = cls.folder / "tls"
        cls.tls.mkdir()
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-days", "30", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
            "-keyout", cls.tls / "tls.key", "-out", cls.tls / "tls.crt")
        (cls.tls / "ca.crt").write_text((cls.tls / "tls.crt").read_text())

    @classmethod
    def start_members(cls):
        numbers = free_ports(18)
        ports = [numbers[i : i + 6] for i in range(0, 18, 6)]
        cls.metrics_ports = [each[0] for each in ports]
        cls.client_ports = [each[1] for each in ports]
        for i, (metrics, client, secure, admin, _, _) in enumerate(ports):
            home = cls.folder / f"member-{i}"
            (home / "data").mkdir(parents=True)
            (home / "data/myid").write_text(f"{i + 1}\n")
            servers = "".join(
                f"server.{j + 1}=127.0.0.1:{each[4]}:{each[5]};127.0.0.1:{each[1]}\n"
                for j, each in enumerate(ports)
            )
            (home / "zoo.cfg").write_text(
                f"tickTime=500\ninitLimit=10\nsyncLimit=5\ndataDir={home}/data\nclientPort={client}\n"
                f"secureClientPort={secure}\nadmin.serverPort={admin}\n"
                "metricsProvider.className=org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider\n"
                f"metricsProvider.httpHost=127.0.0.1\nmetricsProvider.httpPort={metrics}\n{servers}"
            )
            Process(cls, BIN / "quorate-server", "--tls-dir", cls.tls, home / "zoo.cfg", log=home / "log")
        for port in cls.metrics_ports:
            url = f"http://127.0.0.1:{port}/metrics"
            try:
                await_true(lambda u=url: answers(u) and "\nquorate_serving 1" in get(u), f"{url} says serving")
            except AssertionError as error:
                logs = [each.read_text() for each in sorted(cls.folder.glob("member-*/log"))]
                raise AssertionError("\n--\n".join([str(error), *logs])) from None

    @classmethod
    def start_operator(cls):
        cls.operator_port, probes = free_port(), free_port()
        flags = run(BIN / "quorate-operator", "--help")
        image = ["--member-image", "quorate-server:test"] if "--member-image" in flags else []
        Process(
            cls, BIN / "quorate-operator", "--kubeconfig", cls.kubeconfig, "--metrics-bind-address",
            f"127.0.0.1:{cls.operator_port}", "--health-probe-bind-address", f"127.0.0.1:{probes}",
            *image, log=cls.folder / "operator.log",
        )
        zoo = {"apiVersion": "quorate.dev/v1alpha1", "kind": "QuorumCluster",
               "metadata": {"name": "zoo", "namespace": "default"}, "spec": {"voters": 1}}
        cls.kubectl("apply", "-f", "-", text=json.dumps(zoo))
        await_true(lambda: answers(f"http://127.0.0.1:{probes}/readyz"), "the operator is ready")

    @classmethod
    def start_prometheus(cls):
        target = lambda i, port: {  # As the PodMonitor labels them.
            "targets": [f"127.0.0.1:{port}"],
            "labels": {"namespace": "default", "ensemble": "zoo", "pod": f"zoo-{'abc'[i]}-0",
                       "zone": "abc"[i], "role": "voter"},
        }
        operator = {"targets": [f"127.0.0.1:{cls.operator_port}"],
                    "labels": {"namespace": "default", "pod": "quorate-operator-0"}}
        config = {
            "global": {"scrape_interval": f"{SCRAPE_S}s", "evaluation_interval": "1s"},
            "rule_files": [str(ALERTS)],
            "scrape_configs": [
                {"job_name": "members", "static_configs": [target(i, p) for i, p in enumerate(cls.metrics_ports)]},
                {"job_name": "operator", "honor_labels": True, "static_configs": [operator]},
            ],
        }
        (cls.folder / "prometheus.yml").write_text(yaml.safe_dump(config))
        port = free_port()
        cls.prometheus = f"http://127.0.0.1:{port}"
        Process(
            cls, "prometheus", f"--config.file={cls.folder}/prometheus.yml",
            f"--storage.tsdb.path={cls.folder}/tsdb", f"--web.listen-address=127.0.0.1:{port}",
            log=cls.folder / "prometheus.log",
        )
        await_true(lambda: answers(f"{cls.prometheus}/-/ready"), "prometheus is ready")

    @classmethod
    def apply_load(cls):
        """Reads, writes and watches for so long that every rate has its samples."""
        servers = ",".join(f"127.0.0.1:{port}" for port in cls.client_ports)
        end = time.monotonic() + float(os.environ.get("QUORATE_LOAD_S", 15))
        number = 0
        while time.monotonic() < end:
            number += 1
            for words in (["create", f"/n{number}", "x"], ["set", f"/n{number}", "y"], ["get", "-w", f"/n{number}"],
                          ["ls", "/"]):
                run(BIN / "quorate", "shell", "-server", servers, *words)

    @classmethod
    def query(cls, expression):
        expression = expression.replace("$__rate_interval", RATE_WINDOW)
        expression = re.sub(r'\w+=~"\$\w+",?', "", expression).replace(",}", "}")
        answer = json.loads(get(f"{cls.prometheus}/api/v1/query", query=expression))
        return answer["data"]["result"]

    def test_every_metric_is_in_a_scrape(self):
        text = "".join(get(f"http://127.0.0.1:{p}/metrics") for p in [*self.metrics_ports, self.operator_port])
        there = set(re.findall(r"^([a-zA-Z_]\w*)(?:\{| )", text, re.M)) | {"up"}
        source = "".join(each.read_text() for each in (ROOT / "operator").rglob("*metrics.cc"))
        missing = {}
        for where, expression in expressions():
            for metric in metrics_of(expression) - there:
                if metric not in AFTER_AN_EVENT or f'"{metric}"' not in source:
                    missing.setdefault(metric, where)
        self.assertEqual(missing, {})

    def test_every_panel_shows_something(self):
        empty = []
        for where, expression in expressions():
            with self.subTest(where=where):
                found = self.query(expression)  # An error of the expression is an error here.
                is_panel = ": " in where
                if is_panel and not found and not metrics_of(expression) & AFTER_AN_EVENT.keys():
                    empty.append(where)
        self.assertEqual(empty, [])

    def test_nothing_fires_in_a_healthy_ensemble(self):
        answer = json.loads(get(f"{self.prometheus}/api/v1/alerts"))
        firing = [each["labels"] for each in answer["data"]["alerts"] if each["state"] == "firing"]
        self.assertEqual([each for each in firing if "ensemble" in each], [])

    def test_dashboards_are_current(self):
        run(CHARTS / "dashboards.py", "--check")

    def test_names_are_found(self):
        self.assertEqual(
            metrics_of('max by (a) (x{b="c"}) - on (a) group_right y_z{} > 1 and sum by (n) (rate(w[5m])) > 0'),
            {"x", "y_z", "w"},
        )


if __name__ == "__main__":
    unittest.main(verbosity=2)
