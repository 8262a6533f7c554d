"""kubectl, as a person uses it."""

import json
import os
import subprocess

TIMEOUT_S = 120


class KubectlError(AssertionError):
    """kubectl refused; the text is what a person reads."""


class Kubectl:
    def __init__(self, kubeconfig, namespace=""):
        self.kubeconfig, self.namespace = kubeconfig, namespace

    def within(self, namespace):
        return Kubectl(self.kubeconfig, namespace)

    def environment(self):
        return {**os.environ, "KUBECONFIG": self.kubeconfig}

    def command(self, *words):
        space = ["-n", self.namespace] if self.namespace else []
        return ["kubectl", *space, *words]

    def __call__(self, *words, text=None, timeout=TIMEOUT_S):
        answer = subprocess.run(
            self.command(*words), input=text, text=True, capture_output=True, timeout=timeout,
            env=self.environment(), check=False,
        )
        if answer.returncode != 0:
            raise KubectlError(f"kubectl {' '.join(words)}: {answer.stderr.strip()}")
        return answer.stdout

    def get(self, *words):
        """Objects as Python values; a list for several."""
        answer = json.loads(self("get", *words, "-o", "json"))
        return answer["items"] if answer["kind"] == "List" else answer

    def apply(self, *objects):
        """Server-side, as the API's own answer; returns the objects."""
        text = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})
        answer = json.loads(self("apply", "--server-side", "--force-conflicts", "-f", "-", "-o", "json",
                                 text=text))
        return answer["items"] if answer["kind"] == "List" else [answer]
