"""Takes packets from a tun device and gives them back later: `slow_link.py DEVICE LEAST MOST SEED`.

Times are milliseconds. Packets of one pair of hosts stay in order. Prints "ready" when the device is
there; it goes away with the process.
"""

import ctypes
import fcntl
import heapq
import os
import random
import select
import signal
import struct
import sys
import time

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
PR_SET_PDEATHSIG = 1
PACKETS_MAX = 4096  # What a queue of a real link would hold; beyond that it loses packets, too.


def open_device(name):
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
    return device


def run(device, least, most, randomness):
    waiting, last = [], {}
    count = 0
    while True:
        now = time.monotonic()
        while waiting and waiting[0][0] <= now:
            try:
                os.write(device, heapq.heappop(waiting)[2])
            except OSError:
                pass  # As on any link: not delivered.
        pause = max(0.0, waiting[0][0] - now) if waiting else None
        if not select.select([device], [], [], pause)[0]:
            continue
        packet = os.read(device, 1 << 16)
        if len(waiting) >= PACKETS_MAX:
            continue
        pair = packet[12:20]
        due = max(last.get(pair, 0.0), time.monotonic() + randomness.uniform(least, most))
        last[pair] = due
        count += 1
        heapq.heappush(waiting, (due, count, packet))


if __name__ == "__main__":
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    opened = open_device(sys.argv[1])
    print("ready", flush=True)
    run(opened, float(sys.argv[2]) / 1000, float(sys.argv[3]) / 1000, random.Random(int(sys.argv[4])))
