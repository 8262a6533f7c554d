"""The members' network: one namespace a member, all joined by a router that can drop and delay.

This process's own network namespace is the router, and the clients live in it. Each member's has one
interface, a pair of virtual cables to the router:

    member N      10.87.N.2  eth0 ---- mN  10.87.N.1      router, clients

What goes from member to member is forwarded here, so that one table of nftables cuts any direction
of any pair, and is replaced as a whole, at once. Delay is made by `slow_link.py`, which gets the
packets of slow pairs by a route of their own: tc netem is not in every kernel.

run.sh has put us into namespaces of our own: when the last process ends, all of it is gone.
"""

import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SLOW_TABLE = 87
SLOW_DEVICE = "slow0"


def command(*words, text=None):
    """Runs a program that must succeed; returns what it prints."""
    done = subprocess.run(words, input=text, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(words)}: {done.stderr.strip() or done.returncode}")
    return done.stdout


def address(number):
    return f"10.87.{number}.2"


class Network:
    """Namespaces m1..mN. Pairs are (from, to); healing is setting no rule at all."""

    def __init__(self, count):
        self.numbers = range(1, count + 1)
        self.blocked = set()
        self.loss = {}  # pair -> percent of packets lost
        self.slow_pairs = set()
        self.slow = None
        self.unreachable = set()  # Members that clients cannot talk to.
        command("ip", "link", "set", "lo", "up")
        for number in self.numbers:
            self._join(number)
        for name, value in (("ip_forward", 1), ("conf/all/rp_filter", 0)):
            with open(f"/proc/sys/net/ipv4/{name}", "w") as file:
                file.write(str(value))

    def _join(self, number):
        name, gateway = f"m{number}", f"10.87.{number}.1"
        command("ip", "netns", "add", name)
        command("ip", "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", name)
        command("ip", "addr", "add", f"{gateway}/24", "dev", name)
        command("ip", "link", "set", name, "up")
        inside = ("ip", "-n", name)
        command(*inside, "link", "set", "lo", "up")
        command(*inside, "addr", "add", f"{address(number)}/24", "dev", "eth0")
        command(*inside, "link", "set", "eth0", "up")
        command(*inside, "route", "add", "default", "via", gateway)

    def enter(self, number):
        """What a command line begins with to run in the member's network."""
        return ["nsenter", f"--net=/run/netns/m{number}", "--"]

    # Faults. Each call adds to what is there.

    def cut(self, pairs):
        """Nothing goes from the first to the second of each pair any more."""
        self.blocked |= set(pairs)
        self._apply()

    def mend(self, pairs):
        self.blocked -= set(pairs)
        self._apply()

    def lose(self, pairs, percent):
        self.loss.update({pair: percent for pair in pairs})
        self._apply()

    def hide(self, numbers):
        """Clients cannot reach these members; the members do reach each other."""
        self.unreachable |= set(numbers)
        self._apply()

    def delay(self, pairs, least_ms, most_ms, seed):
        """Packets of the pairs take so much longer. In order: TCP would take the rest for loss."""
        if self.slow is None:
            self.slow = subprocess.Popen(
                [sys.executable, os.path.join(HERE, "slow_link.py"), SLOW_DEVICE,
                 str(least_ms), str(most_ms), str(seed)], stdout=subprocess.PIPE, text=True)  # fmt: skip
            if self.slow.stdout.readline().strip() != "ready":
                raise RuntimeError("slow_link.py: no tun device; is /dev/net/tun there?")
            command("ip", "link", "set", SLOW_DEVICE, "up")
            command("ip", "route", "replace", "default", "dev", SLOW_DEVICE, "table", str(SLOW_TABLE))
        for pair in set(pairs) - self.slow_pairs:
            self.slow_pairs.add(pair)
            command("ip", "rule", "add", *self._slow_rule(pair))

    def _slow_rule(self, pair):
        # Only what comes from the member itself; what the slow link returns is routed as usual.
        return ("iif", f"m{pair[0]}", "to", address(pair[1]), "lookup", str(SLOW_TABLE))

    def heal(self):
        """Everybody reaches everybody, at once."""
        self.blocked, self.loss, self.unreachable = set(), {}, set()
        self._apply()
        for pair in self.slow_pairs:
            command("ip", "rule", "del", *self._slow_rule(pair))
        self.slow_pairs = set()
        if self.slow:
            self.slow.kill()  # The device goes with it.
            self.slow.wait()
            self.slow.stdout.close()
            self.slow = None

    def close(self):
        self.heal()
        for number in self.numbers:
            command("ip", "netns", "del", f"m{number}")
            # The other end of the cable is gone only when the kernel has ended the namespace.
            subprocess.run(["ip", "link", "del", f"m{number}"], capture_output=True, check=False)

    def _apply(self):
        forward = [f"ip saddr {address(a)} ip daddr {address(b)} drop"
                   for a, b in sorted(self.blocked)]  # fmt: skip
        forward += [f"ip saddr {address(a)} ip daddr {address(b)} numgen random mod 100 < {p} drop"
                    for (a, b), p in sorted(self.loss.items())]  # fmt: skip
        received = [f"ip saddr {address(n)} drop" for n in sorted(self.unreachable)]
        sent = [f"ip daddr {address(n)} drop" for n in sorted(self.unreachable)]
        lines = ["table inet faults", "delete table inet faults", "table inet faults {"]
        for hook, rules in (("forward", forward), ("input", received), ("output", sent)):
            lines.append(f"chain {hook} {{ type filter hook {hook} priority 0;")
            lines += [*rules, "}"]
        command("nft", "-f", "-", text="\n".join([*lines, "}"]) + "\n")


def both(one, other):
    """The pairs between two groups of members, in both directions."""
    pairs = [(a, b) for a in one for b in other if a != b]
    return pairs + [(b, a) for a, b in pairs]
