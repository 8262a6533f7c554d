"""Watches through kubectl: every event goes to a callback, on a thread of the watch."""

import json
import subprocess
import threading


class Watch:
    """`kubectl get KIND -w` for as long as the case runs; begins anew when the API goes away."""

    def __init__(self, kubectl, kind, on_event):
        self.kubectl, self.kind, self.on_event = kubectl, kind, on_event
        self.stopping = threading.Event()
        self.process = None
        self.lock = threading.Lock()
        self.thread = threading.Thread(target=self._run, name=f"watch {kind}", daemon=True)
        self.failure = None
        self.thread.start()

    def _run(self):
        while not self.stopping.is_set():
            with self.lock:
                if self.stopping.is_set():
                    return
                self.process = subprocess.Popen(
                    self.kubectl.command("get", self.kind, "-w", "--output-watch-events", "-o", "json"),
                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                    text=True, env=self.kubectl.environment(), start_new_session=True,
                )
            try:
                self._read()
            except Exception as error:  # pylint: disable=broad-except
                self.failure = error  # Told by Case.until().
                return
            self.process.wait()
            self.stopping.wait(0.2)  # Before the next try, as the API may be down.

    def _read(self):
        for line in self.process.stdout:
            try:
                event = json.loads(line)
            except ValueError:
                return  # Cut off.
            if event["type"] in ("ADDED", "MODIFIED", "DELETED"):
                self.on_event(event["type"], event["object"])

    def stop(self):
        self.stopping.set()
        with self.lock:
            if self.process is not None and self.process.poll() is None:
                self.process.terminate()
        self.thread.join(30)
        if self.process is not None:
            self.process.wait()
            self.process.stdout.close()
