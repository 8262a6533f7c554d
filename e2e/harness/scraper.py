"""A Prometheus that finds Pods as the charts' monitors tell the one of a cluster to."""

import json
import urllib.parse
import urllib.request

from . import processes
from .plane import free_port
from .waiting import await_true

META = "__meta_kubernetes"


def settings(api):
    """All Pods with a port of the name that the charts' monitors select. `api`: needs no credentials."""
    return {"global": {"scrape_interval": "1s"}, "scrape_configs": [{
        "job_name": "pods", "kubernetes_sd_configs": [{"role": "pod", "api_server": api}],
        "relabel_configs": [
            {"source_labels": [f"{META}_pod_container_port_name"], "regex": "http-metrics", "action": "keep"},
            {"source_labels": [f"{META}_pod_phase"], "regex": "Running", "action": "keep"},
            {"source_labels": [f"{META}_namespace"], "target_label": "namespace"},
            {"source_labels": [f"{META}_pod_name"], "target_label": "pod"}]}]}


class Scraper:
    def __init__(self, plane, folder):
        self.folder, self.port, self.running = folder, free_port(), []
        self.kubectl, self.proxy = plane.kubectl, free_port()
        (folder / "prometheus.yml").write_text(
            json.dumps(settings(f"http://127.0.0.1:{self.proxy}")), encoding="utf-8")

    def __enter__(self):
        self._start("proxy", self.kubectl.command("proxy", f"--port={self.proxy}"))
        self._start("prometheus", [
            "prometheus", f"--config.file={self.folder}/prometheus.yml", f"--storage.tsdb.path={self.folder}/tsdb",
            f"--web.listen-address=127.0.0.1:{self.port}"])
        return self

    def _start(self, name, command):
        self.running.append(processes.start(command, self.folder / f"{name}.log", self.kubectl.environment()))

    def __exit__(self, *_):
        for process in reversed(self.running):
            processes.end(process)

    def value(self, expression):
        """Of one series; None while there is none."""
        query = urllib.parse.urlencode({"query": expression})
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/query?{query}", timeout=10) as answer:
                found = json.load(answer)["data"]["result"]
        except OSError:
            return None
        return float(found[0]["value"][1]) if found else None

    def until(self, expression, wanted):
        await_true(lambda: self.value(expression) == wanted, f"{expression} is {wanted}")
