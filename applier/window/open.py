"""A window opened where there can be one, and shown until it is closed."""

import shutil
import signal
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from .run import Run
from .state import Close


def open_window(
    arguments: Sequence[str], report: Path | None, *, unattended: bool, say: Callable[[str], None]
) -> int | None:
    """Run `apply` with `arguments` in a window; give its exit code, or None, having said why there can be no window."""
    try:
        import tkinter
    except ImportError:
        say("no window: this Python comes without tkinter; going on here")
        return None
    from .view import View

    try:
        folder = Path(tempfile.mkdtemp(prefix="venvault-"))
    except OSError as error:
        say(f"no window: {error}; going on here")
        return None
    try:
        run = Run(arguments, report or folder / "venvault-report.json", unattended=unattended)
        try:
            view = View(run)
        except tkinter.TclError as error:
            say(f"no window: {error}; going on here")
            return None
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, lambda *_: run.post(Close()))
        view.begin()
        view.root.mainloop()
        return run.exit_code()
    finally:
        with suppress(OSError):
            shutil.rmtree(folder)
