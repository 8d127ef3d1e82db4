"""How many processors there are to share work among. Edge: asks the system."""

import os


def processors() -> int:
    """Give how many processors this process may use: those it is bound to, as in a container's share, else all."""
    affinity = getattr(os, "sched_getaffinity", None)  # some systems do not tell
    return len(affinity(0)) if affinity else os.cpu_count() or 1
