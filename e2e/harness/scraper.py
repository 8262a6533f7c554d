"""A Prometheus that reads every Pod which the charts' monitors would select. Debian's is built without
the discovery of Pods, so they are listed for it, by the same rule: a port named http-metrics.
"""

import json
import urllib.parse
import urllib.request

from . import processes
from .plane import free_port
from .waiting import await_true

PORT_NAME = "http-metrics"


def targets(pods):
    """Groups of targets, as Prometheus reads them from a file."""
    return [{"targets": [f"{pod['status']['podIP']}:{port['containerPort']}"],
             "labels": {"namespace": pod["metadata"]["namespace"], "pod": pod["metadata"]["name"]}}
            for pod in pods if pod["status"].get("phase") == "Running"
            for container in pod["spec"]["containers"]
            for port in container.get("ports", ()) if port.get("name") == PORT_NAME]


class Scraper:
    def __init__(self, plane, folder):
        self.folder, self.port, self.process = folder, free_port(), None
        (folder / "targets.json").write_text(json.dumps(targets(plane.kubectl.get("pods", "-A"))), encoding="utf-8")
        (folder / "prometheus.yml").write_text(json.dumps({
            "global": {"scrape_interval": "1s"}, "scrape_configs": [
                {"job_name": "pods", "file_sd_configs": [{"files": [str(folder / "targets.json")]}]}]}),
            encoding="utf-8")

    def __enter__(self):
        self.process = processes.start(
            ["prometheus", f"--config.file={self.folder}/prometheus.yml", f"--storage.tsdb.path={self.folder}/tsdb",
             f"--web.listen-address=127.0.0.1:{self.port}"], self.folder / "prometheus.log")
        return self

    def __exit__(self, *_):
        processes.end(self.process)

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
