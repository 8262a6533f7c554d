"""Slows processes down: a share of a core by cgroup, or by stopping them again and again."""

import contextlib
import os
import threading


V1, V2 = "/sys/fs/cgroup/cpu", "/sys/fs/cgroup"
PREFIX = "quorate-faults-"
PERIOD_US = 100_000


def sweep():
    """Removes groups without a process, which a run that was killed has left."""
    for parent in (V1, V2):
        for name in os.listdir(parent) if os.path.isdir(parent) else ():
            if name.startswith(PREFIX):
                with contextlib.suppress(OSError):
                    os.rmdir(os.path.join(parent, name))


class Throttle:
    """Gives each of the members at most `share` of a core while the block runs.

    By the kernel's bandwidth control where cgroups can be written, each member in a group of its own;
    elsewhere by SIGSTOP and SIGCONT, a tenth of a second each turn, which is harder on the member.
    """

    def __init__(self, members, share):
        self.members, self.share = list(members), share
        self.groups = []
        self.leaving = threading.Event()
        self.threads = []
        self.how = "cgroup"

    def __enter__(self):
        sweep()
        try:
            for member in self.members:
                self._group(member)
        except OSError:
            self._remove_groups()
            self.how = "SIGSTOP"
            self.threads = [threading.Thread(target=self._pulse, args=(member,), daemon=True)
                            for member in self.members]  # fmt: skip
            for thread in self.threads:
                thread.start()
        return self

    def _group(self, member):
        is_v1 = os.path.exists(os.path.join(V1, "cpu.cfs_quota_us"))
        run = os.stat("/proc/self/ns/net").st_ino  # Of this run alone.
        group = os.path.join(V1 if is_v1 else V2, f"{PREFIX}{run}-{member.number}")
        os.makedirs(group, exist_ok=True)
        self.groups.append(group)
        quota = int(PERIOD_US * self.share)
        if is_v1:
            limits = {"cpu.cfs_period_us": PERIOD_US, "cpu.cfs_quota_us": quota}
        else:
            limits = {"cpu.max": f"{quota} {PERIOD_US}"}
        # Process ids are those of our own namespace; the kernel translates them.
        for name, value in {**limits, "cgroup.procs": member.process.pid}.items():
            with open(os.path.join(group, name), "w", encoding="ascii") as file:
                file.write(str(value))

    def throttled_seconds(self):
        """How long the kernel has held them back, for the proof that it does; None by SIGSTOP."""
        if self.threads:
            return None
        total = 0.0
        for group in self.groups:
            with open(os.path.join(group, "cpu.stat"), encoding="ascii") as file:
                stat = dict(line.split() for line in file)
            total += int(stat.get("throttled_time", 0)) / 1e9 + int(stat.get("throttled_usec", 0)) / 1e6
        return total

    def _pulse(self, member):
        period = PERIOD_US / 1e6
        while not self.leaving.wait(period * self.share):
            member.stop()
            self.leaving.wait(period * (1 - self.share))
            member.go_on()

    def _remove_groups(self):
        for group in self.groups:
            parent = os.path.join(os.path.dirname(group), "cgroup.procs")
            with open(os.path.join(group, "cgroup.procs"), encoding="ascii") as file:
                for pid in file.read().split():
                    with open(parent, "w", encoding="ascii") as above:
                        above.write(pid)
            os.rmdir(group)
        self.groups = []

    def __exit__(self, *_):
        self.leaving.set()
        for thread in self.threads:
            thread.join()
        self._remove_groups()
