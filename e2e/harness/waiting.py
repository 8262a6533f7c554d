"""Waiting for what tells nobody when it happens; everything else is awaited by events."""

import time

START_TIMEOUT_S = 60


def await_true(check, what, seconds=START_TIMEOUT_S):
    deadline = time.monotonic() + seconds
    while not check():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.05)
