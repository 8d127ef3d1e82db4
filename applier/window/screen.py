"""The root window: sharp, as large as the user wants it, and in the theme's clothes."""

import sys
import tkinter as tk
from tkinter import font, ttk

_POINTS_AN_INCH = 72
_BARS = "60p"
"""What the desktop may need of the screen's height for itself."""


def _sharpen() -> None:
    """Have Windows show the window at the screen's own resolution."""
    if sys.platform == "win32":
        import ctypes

        ctypes.windll.shcore.SetProcessDpiAwareness(1)


if sys.platform == "linux":

    def _wanted_scaling() -> float | None:
        """Give the pixels a point that an X desktop's user wants, which Tk does not ask for; None where unknown."""
        asking = tk.Tk(className="Xft")  # the resource is called Xft.dpi
        asking.withdraw()
        dots = str(asking.tk.call("option", "get", ".", "dpi", "Dpi"))
        asking.destroy()
        return float(dots) / _POINTS_AN_INCH if dots.isdecimal() else None
else:

    def _wanted_scaling() -> float | None:
        return None


def _dress(root: tk.Tk) -> None:
    style = ttk.Style(root)
    if root.tk.call("tk", "windowingsystem") == "x11":
        style.theme_use("clam")
        # What this theme draws, it measures in pixels.
        for name in ("Horizontal.TProgressbar", "Vertical.TScrollbar"):
            style.configure(name, arrowsize=root.winfo_pixels("10p"))
        style.configure("Horizontal.TProgressbar", background="#2f6fde", troughcolor="#ebeae6")
    family = font.nametofont("TkDefaultFont", root).actual("family")
    style.configure("Title.TLabel", font=(family, 14, "bold"))
    style.configure("TButton", padding=("9p", "3p"))
    root.configure(background=style.lookup("TFrame", "background"))


def open_root(scaling: float | None) -> tk.Tk:
    """Open an empty window; `scaling` is pixels a point, where not the desktop's own.

    Raises tkinter.TclError when there is no screen.
    """
    _sharpen()
    scaling = scaling or _wanted_scaling()
    root = tk.Tk(className="venvault")
    if scaling:
        root.tk.call("tk", "scaling", scaling)
    _dress(root)
    return root


def resize(root: tk.Tk, width: int, height: int) -> int:
    """Give the window a size in pixels, as far as the screen has room for it; give the height that it gets."""
    height = min(height, root.winfo_screenheight() - root.winfo_pixels(_BARS))
    root.geometry(f"{min(width, root.winfo_screenwidth())}x{height}")
    return height
