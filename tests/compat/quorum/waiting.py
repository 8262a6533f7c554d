"""Waiting for what has no event."""

import time


def eventually(condition, seconds=20):
    """Waits for what one member learns a little later than another."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "timed out"
        time.sleep(0.02)
