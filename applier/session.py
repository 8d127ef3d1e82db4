"""A session of its own for a process that helps this one: Ctrl-C and a closed console are for the master alone."""

import subprocess
import sys
from typing import Any


def own_session() -> dict[str, Any]:
    """Give what `Popen` takes to start a process in a session of its own, without a console."""
    session: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        session = {"creationflags": subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP}
    return session
