"""How long a test waits. IM_SLOW stretches every time-out, for sanitizer builds and busy machines."""

import os
import time

SLOW = float(os.environ.get("IM_SLOW", "1"))


def seconds(value):
    return value * SLOW


def wait_until(condition, timeout=10.0, step=0.02, what="the condition"):
    """Polls condition until it gives something true, and returns that."""
    end = time.monotonic() + seconds(timeout)
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come true in {seconds(timeout):.1f} s")
        time.sleep(step)
