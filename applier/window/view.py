"""The window itself: ttk widgets that show a `Shown`, and clicks that become events. Decides nothing."""

import shutil
import sys
import tkinter as tk
from tkinter import filedialog, font, messagebox, ttk
from typing import TYPE_CHECKING

from .shown import Level, Row, Shown, show
from .state import Close, GoOn, Stage, Stop

if TYPE_CHECKING:
    from .run import Run

_POLL_MS = 50
_SIGNS: dict[Level, str] = {"ok": "✓", "warn": "!", "stop": "✗", "": ""}
_COLOURS: dict[Level, str] = {"ok": "#1a7f37", "warn": "#9a6700", "stop": "#cf222e", "": "#1f2328"}
_GAP = "6p"
_EDGE = "12p"


def _sharpen() -> None:
    """Have Windows show the window at the screen's own resolution."""
    if sys.platform == "win32":
        import ctypes

        ctypes.windll.shcore.SetProcessDpiAwareness(1)


class _ShyScrollbar(ttk.Scrollbar):
    """A scrollbar that is there only when there is something to scroll."""

    def set(self, first: float | str, last: float | str) -> None:
        if float(first) <= 0 and float(last) >= 1:
            self.grid_remove()
        else:
            self.grid()
        super().set(first, last)


class View:
    """A window over a run; `scaling` is pixels a point, where not the screen's own.

    Raises tkinter.TclError when there is no screen.
    """

    def __init__(self, run: "Run", scaling: float | None = None) -> None:
        _sharpen()
        self.root = tk.Tk(className="venvault")
        if scaling:
            self.root.tk.call("tk", "scaling", scaling)
        self._run = run
        self._shown: Shown | None = None
        self._log_open = tk.BooleanVar(self.root, value=False)
        self._style()
        self._build()
        self._bind()

    def begin(self) -> None:
        """Start the run, and show it from now on."""
        self._run.start()
        self._tick()

    def _style(self) -> None:
        style = ttk.Style(self.root)
        if self.root.tk.call("tk", "windowingsystem") == "x11":
            style.theme_use("clam")
            # What this theme draws, it measures in pixels.
            for name in ("Horizontal.TProgressbar", "Vertical.TScrollbar"):
                style.configure(name, arrowsize=self.root.winfo_pixels("10p"))
            style.configure("TCheckbutton", indicatorsize=self.root.winfo_pixels("8p"))
            style.configure("Horizontal.TProgressbar", background="#2f6fde", troughcolor="#ebeae6")
        plain = font.nametofont("TkDefaultFont", self.root)
        self._bold = font.Font(self.root, family=plain.actual("family"), size=14, weight="bold")
        self._background = style.lookup("TFrame", "background")
        self.root.configure(background=self._background)
        style.configure("Title.TLabel", font=self._bold)
        style.configure("TButton", padding=("9p", "3p"))

    def _build(self) -> None:
        frame = ttk.Frame(self.root, padding=_EDGE)
        frame.pack(fill="both", expand=True)
        frame.columnconfigure(0, weight=1)
        self._title = self._label(frame, 0, style="Title.TLabel")
        self._machine = self._label(frame, 1)
        self._place = self._label(frame, 2)
        self._rows = self._text(frame, 3, height=9, weight=3)
        self._bar = ttk.Progressbar(frame, maximum=100)
        self._bar.grid(row=4, sticky="ew", pady=(_GAP, 0))
        self._numbers = self._label(frame, 5)
        self._status = self._label(frame, 6)
        self.message = self._text(frame, 7, height=4, weight=1)
        self.message.configure(background=self._background, padx=0)
        self._build_log(frame)
        self._build_buttons(frame)
        self.root.update_idletasks()
        width, height = self.root.winfo_reqwidth(), self.root.winfo_reqheight()
        self.root.geometry(f"{width}x{height}")  # what comes and goes within must not move the edges
        self.root.minsize(width * 3 // 4, height * 3 // 4)

    def _label(self, parent: ttk.Frame, row: int, *, style: str = "TLabel") -> ttk.Label:
        label = ttk.Label(parent, style=style, anchor="w", justify="left")
        label.grid(row=row, sticky="ew", pady=(0, "3p"))
        label.bind("<Configure>", lambda event: label.configure(wraplength=event.width))
        return label

    def _text(self, parent: ttk.Frame, row: int, *, height: int, weight: int) -> tk.Text:
        holder = ttk.Frame(parent)
        holder.grid(row=row, sticky="nsew", pady=(_GAP, 0))
        holder.columnconfigure(0, weight=1)
        holder.rowconfigure(0, weight=1)
        parent.rowconfigure(row, weight=weight)
        # Text that cannot be changed can still be selected and copied.
        text = tk.Text(holder, height=height, width=76, wrap="word", relief="flat", padx=_GAP, pady=_GAP)
        text.configure(font="TkDefaultFont", state="disabled", takefocus=False, cursor="arrow", spacing3="2p")
        bar = _ShyScrollbar(holder, command=text.yview)
        text.configure(yscrollcommand=bar.set)
        text.grid(row=0, column=0, sticky="nsew")
        bar.grid(row=0, column=1, sticky="ns")
        for level, colour in _COLOURS.items():
            text.tag_configure(level or "plain", foreground=colour)
        text.tag_configure("row", lmargin2="14p")
        text.tag_configure("hint", lmargin1="14p", lmargin2="14p", foreground="#57606a")
        return text

    def _build_log(self, frame: ttk.Frame) -> None:
        line = ttk.Frame(frame)
        line.grid(row=8, sticky="ew", pady=(_GAP, 0))
        self._log_toggle = ttk.Checkbutton(line, text="Show log", variable=self._log_open, command=self._toggle_log)
        self._log_toggle.pack(side="left")
        self._copy = ttk.Button(line, text="Copy log", command=self._copy_log)
        self._copy.pack(side="right")
        self._log = self._text(frame, 9, height=8, weight=2)
        self._log.configure(font="TkFixedFont")
        self._toggle_log()

    def _build_buttons(self, frame: ttk.Frame) -> None:
        line = ttk.Frame(frame)
        line.grid(row=10, sticky="ew", pady=(_EDGE, 0))
        self._report = ttk.Button(line, command=self._save_report)
        self._report.pack(side="left")
        self.second = ttk.Button(line, command=lambda: self._run.post(Stop()))
        self.second.pack(side="right")
        self.first = ttk.Button(line, command=lambda: self._run.post(GoOn()), default="active")
        self.first.pack(side="right", padx=(0, _GAP))
        for earlier, later in ((self._report, self.first), (self.first, self.second)):
            later.lift(earlier)  # Tab goes in stacking order: left to right

    def _bind(self) -> None:
        self.root.protocol("WM_DELETE_WINDOW", lambda: self._run.post(Close()))
        self.root.bind("<Escape>", self._escape)
        for key in ("<Return>", "<KP_Enter>"):
            self.root.bind_class("TButton", key, lambda event: event.widget.event_generate("<<Invoke>>"))

    def _escape(self, _event: object) -> None:
        """Do what the second button says; a run that goes on takes more than a slip of the finger."""
        if self._run.state.stage is Stage.INSTALLING:
            self.second.focus_set()
        else:
            self._run.post(Stop())

    def _toggle_log(self) -> None:
        holder = self._log.master
        if self._log_open.get():
            holder.grid()  # type: ignore[attr-defined]  # a frame
        else:
            holder.grid_remove()  # type: ignore[attr-defined]  # a frame

    def _copy_log(self) -> None:
        self.root.clipboard_clear()
        self.root.clipboard_append("\n".join(self._run.state.log))

    def _save_report(self) -> None:
        place = filedialog.asksaveasfilename(parent=self.root, initialfile=self._run.report.name)
        if not place:
            return
        try:
            shutil.copyfile(self._run.report, place)
        except OSError as error:
            messagebox.showerror("No report", error.strerror or str(error), parent=self.root)

    def _tick(self) -> None:
        if self._run.drain() or self._shown is None:
            self._update(show(self._run.state))
        if self._run.state.gone:
            self.root.destroy()
        else:
            self.root.after(_POLL_MS, self._tick)

    def _update(self, shown: Shown) -> None:
        before, self._shown = self._shown, shown
        self.root.title(shown.caption)
        for label, words in ((self._title, shown.title), (self._machine, shown.machine), (self._place, shown.place)):
            label.configure(text=words)
        self._status.configure(text=shown.status)
        self._bar.configure(value=shown.percent)
        numbers = f"{shown.percent} %" + (f", {shown.left}" if shown.left else "")
        self._numbers.configure(text=numbers)
        if before is None or before.rows != shown.rows:
            _write(self._rows, [part for row in shown.rows for part in _parts(row)])
        if before is None or before.message != shown.message:
            _write(self.message, [(shown.message, shown.level or "plain")])
        if before is None or before.log != shown.log:
            _write(self._log, [("\n".join(shown.log), "plain")])
            self._log.see("end")
        self._show_buttons(before, shown)

    def _show_buttons(self, before: Shown | None, shown: Shown) -> None:
        for button, wanted in ((self.first, shown.first), (self.second, shown.second), (self._report, shown.report)):
            button.configure(text=wanted.words, state="normal" if wanted.enabled else "disabled")
        if not shown.first.words:
            self.first.pack_forget()
        elif not self.first.winfo_manager():
            self.first.pack(side="right", padx=(0, _GAP))
        if before is None or (before.first, before.second) != (shown.first, shown.second):
            usable = shown.first.words and shown.first.enabled
            (self.first if usable else self.second).focus_set()


def _parts(row: Row) -> list[tuple[str, str]]:
    parts: list[tuple[str, str]] = [(f"{_SIGNS[row.level]}  ", row.level or "plain"), (f"{row.text}\n", "row")]
    return [*parts, (f"{row.hint}\n", "hint")] if row.hint else parts


def _write(text: tk.Text, parts: list[tuple[str, str]]) -> None:
    text.configure(state="normal")
    text.delete("1.0", "end")
    for words, tag in parts:
        text.insert("end", words, tag)
    text.configure(state="disabled")
