"""An ensemble of real members, each in its own network, formed once as an operator would do it."""

import os
import shutil

from member import CLIENT, ELECTION, QUORUM, Member, wait_until
from network import Network, address

SECONDS = 60  # For what takes a moment on an idle machine.
DISK_BYTES = 64 << 20
SETTINGS = {
    "tickTime": 1000,
    "initLimit": 20,
    "syncLimit": 10,
    "minSessionTimeout": 2000,
    "maxSessionTimeout": 120000,
    "maxClientCnxns": 0,
    "preAllocSize": 1024,
    "snapCount": 3000,  # Some snapshots in every round.
    "autopurge.snapRetainCount": 3,
    "4lw.commands.whitelist": "*",
    "admin.enableServer": "true",
    "standaloneEnabled": "false",
    "reconfigEnabled": "true",
    "quorate.ensembleId": "faults",
    "quorate.log.level": "info",
}


class Ensemble:
    """Members 1..count below `directory`; start() forms it."""

    def __init__(self, count, directory, settings=None, clock_library=None, disk_bytes=DISK_BYTES):
        self.network = Network(count)
        servers = {f"server.{n}": f"{address(n)}:{QUORUM}:{ELECTION};0.0.0.0:{CLIENT}"
                   for n in range(1, count + 1)}  # fmt: skip
        settings = {**SETTINGS, "quorate.bootstrap": "form", **servers, **(settings or {})}
        self.directory = directory
        self.members = {}
        for number in range(1, count + 1):
            self.members[number] = Member(number, self.network, os.path.join(directory, str(number)),
                                          settings, disk_bytes, clock_library)  # fmt: skip
        self.majority = count // 2 + 1

    def __getitem__(self, number):
        return self.members[number]

    def __iter__(self):
        return iter(self.members.values())

    @property
    def numbers(self):
        return list(self.members)

    def start(self):
        """Starts all of them and returns once they serve clients."""
        for member in self:
            member.start()
        leader = wait_until(self.find_leader, SECONDS, self.describe)
        wait_until(lambda: self[leader].ask("/v1/formed", {})[0] == 200, SECONDS, self.describe)
        for member in self:
            member.settings["quorate.bootstrap"] = "join"  # From now on an empty disk joins.
        self.wait_all()
        return self

    def find_leader(self):
        """The number of a member that says that it leads, or None."""
        return next((m.number for m in self if m.alive() and m.mode() == "leader"), None)

    def followers(self):
        return [m.number for m in self if m.mode() == "follower"]

    def wait_all(self, seconds=SECONDS):
        """Returns the leader's number once all serve and one of them leads."""

        def one_leads():
            modes = [member.mode() for member in self]
            return all(modes) and modes.count("leader") == 1

        wait_until(one_leads, seconds, self.describe)
        return self.find_leader()

    def epoch(self):
        """The epoch in which all serve: the upper half of the last zxid and what the leader says."""
        leader = wait_until(self.find_leader, SECONDS, self.describe)
        return self[leader].status()["epoch"]

    def describe(self):
        """For a message: who is what, and the end of each log."""
        lines = []
        for member in self:
            lines.append(f"-- member {member.number}: alive={member.alive()} mode={member.mode()}")
            lines += member.log().splitlines()[-12:] if os.path.exists(member.log_path) else []
        return "\n".join(lines)

    def heal(self):
        """Ends every fault, and starts who is down."""
        self.network.heal()
        for member in self:
            member.relieve()
            member.jump(0)
            member.go_on()
            if not member.alive():
                member.kill()
                member.start()

    def keep(self, place):
        """Copies logs and disks to where they stay."""
        for member in self:
            kept = os.path.join(place, f"member-{member.number}")
            shutil.copytree(member.directory, kept, dirs_exist_ok=True,
                            ignore=shutil.ignore_patterns("ballast"))  # fmt: skip

    def close(self):
        for member in self:
            member.close()
        self.network.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
