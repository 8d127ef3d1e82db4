"""A worker: a process that does one job after another, each a line on standard input, and answers in lines.

It ends when its input does. That happens when its master is killed too, and then it must not write another byte into a
folder that the next run may be clearing away: a thread of its own waits for that.
"""

import os
import queue
import sys
import threading
from functools import cache
from pathlib import Path

from ..framing.inflate import find_inflater
from .job import Reply, read_job
from .unpack import do

_WORD_EVERY_BYTES = 16 << 20


def _take_lines(lines: "queue.SimpleQueue[bytes]") -> None:
    """Pass the lines of standard input on; at its end, end the process at once."""
    for line in sys.stdin.buffer:
        lines.put(line)
    os._exit(0)


def work(folder: Path, accelerator: Path | None) -> None:
    """Do the jobs on standard input until it ends."""
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_take_lines, args=(lines,), daemon=True).start()
    unsaid = 0

    def say(reply: Reply) -> None:
        try:
            sys.stdout.buffer.write(reply.to_line())
            sys.stdout.buffer.flush()
        except OSError:  # the master is gone, which the other thread is about to hear
            os._exit(0)

    def moved(count: int) -> None:
        nonlocal unsaid
        unsaid += count
        if unsaid >= _WORD_EVERY_BYTES:
            say(Reply(moved_bytes=unsaid))
            unsaid = 0

    inflater = cache(find_inflater)
    for line in iter(lines.get, b""):
        job = read_job(line)
        # The accelerator's folder is there once there are files to write, and not before.
        reply = do(job, folder, inflater(accelerator if job.writes else None), moved)
        say(Reply(moved_bytes=unsaid))
        unsaid = 0
        say(reply)
