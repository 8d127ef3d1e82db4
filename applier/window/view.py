"""The window itself: ttk widgets that show a `Shown`, and clicks that become events. Decides nothing."""

import shutil
import time
from tkinter import filedialog, messagebox, ttk
from typing import TYPE_CHECKING

from .screen import open_root, resize
from .shown import Shown, show
from .state import Close, GoOn, Saved, Stage, Stop
from .text import ReadOnlyText, message_parts, row_parts

if TYPE_CHECKING:
    from .run import Run

_POLL_MS = 50
_NOTICE_MS = 2000
_GAP = "6p"
_EDGE = "12p"
_SHOW_LOG, _HIDE_LOG, _COPY_LOG = "Show log", "Hide log", "Copy log"


class View:
    """A window over a run; `scaling` is pixels a point, where not the desktop's own.

    Raises tkinter.TclError when there is no screen.
    """

    def __init__(self, run: "Run", scaling: float | None = None) -> None:
        self.root = open_root(scaling)
        self._run = run
        self._shown: Shown | None = None
        self._grown = 0
        self._build()
        self._bind()

    def begin(self) -> None:
        """Start the run, and show it from now on."""
        self._run.start()
        self._tick()

    def _build(self) -> None:
        frame = ttk.Frame(self.root, padding=_EDGE)
        frame.pack(fill="both", expand=True)
        frame.columnconfigure(0, weight=1)
        self._title = self._label(frame, 0, style="Title.TLabel")
        self.machine = self._label(frame, 1)
        self._place = self._label(frame, 2)
        self.rows = self._text(frame, 3, lines=11, weight=3)
        self.status = self._label(frame, 4)
        self._bar = ttk.Progressbar(frame, maximum=100)
        self._bar.grid(row=5, sticky="ew", pady=(0, "3p"))
        self._numbers = self._label(frame, 6)
        self.message = self._text(frame, 7, lines=6, weight=1)
        self.message.text.configure(background=self.root["background"], padx=0)
        self._build_log(frame)
        self._build_buttons(frame)
        self.root.update_idletasks()
        width, height = self.root.winfo_reqwidth(), self.root.winfo_reqheight()
        resize(self.root, width, height)  # what comes and goes within must not move the edges
        self.root.minsize(width * 3 // 4, height * 3 // 4)

    def _label(self, frame: ttk.Frame, row: int, *, style: str = "TLabel") -> ttk.Label:
        label = ttk.Label(frame, style=style, anchor="w", justify="left")
        label.grid(row=row, sticky="ew", pady=(0, "3p"))
        label.bind("<Configure>", lambda event: label.configure(wraplength=event.width))
        return label

    def _text(self, frame: ttk.Frame, row: int, *, lines: int, weight: int) -> ReadOnlyText:
        text = ReadOnlyText(frame, lines=lines)
        text.grid(row=row, sticky="nsew", pady=_GAP)
        frame.rowconfigure(row, weight=weight)
        return text

    def _build_log(self, frame: ttk.Frame) -> None:
        line = ttk.Frame(frame)
        line.grid(row=8, sticky="ew", pady=(_GAP, 0))
        self.log_toggle = ttk.Button(line, text=_SHOW_LOG, command=self._toggle_log)
        self.log_toggle.pack(side="left")
        self.copy = ttk.Button(line, text=_COPY_LOG, command=self._copy_log)
        self.copy.pack(side="right")
        self.log = self._text(frame, 9, lines=8, weight=2)
        self.log.text.configure(font="TkFixedFont")
        self.log.grid_remove()

    def _build_buttons(self, frame: ttk.Frame) -> None:
        line = ttk.Frame(frame)
        line.grid(row=10, sticky="ew", pady=(_EDGE, 0))
        self.report = ttk.Button(line, command=self._save_report)
        self.report.pack(side="left")
        self.second = ttk.Button(line, command=lambda: self._run.post(Stop()))
        self.second.pack(side="right")
        self.first = ttk.Button(line, command=lambda: self._run.post(GoOn()), default="active")
        self.first.pack(side="right", padx=(0, _GAP))
        for earlier, later in ((self.report, self.first), (self.first, self.second)):
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
        """Show the log below the rest, or hide it; the window grows and shrinks by it."""
        hide = bool(self.log.winfo_manager())
        if hide:
            self.log.grid_remove()
        else:
            self.log.grid()
        self.log_toggle.configure(text=_SHOW_LOG if hide else _HIDE_LOG)
        width, height = self.root.winfo_width(), self.root.winfo_height()
        if hide:
            resize(self.root, width, height - self._grown)
        else:
            more = self.log.winfo_reqheight() + 2 * self.root.winfo_pixels(_GAP)
            self._grown = max(resize(self.root, width, height + more) - height, 0)

    def _copy_log(self) -> None:
        self.root.clipboard_clear()
        self.root.clipboard_append("\n".join(self._run.state.log))
        self.copy.configure(text="Copied")
        self.root.after(_NOTICE_MS, lambda: self.copy.configure(text=_COPY_LOG))

    def _save_report(self) -> None:
        place = filedialog.asksaveasfilename(parent=self.root, initialfile=self._run.report.name)
        if not place:
            return
        try:
            shutil.copyfile(self._run.report, place)
        except OSError as error:
            messagebox.showerror("No report", error.strerror or str(error), parent=self.root)
        else:
            self._run.post(Saved(place))

    def _tick(self) -> None:
        self._run.drain()
        shown = show(self._run.state, time.monotonic())
        if shown != self._shown:
            self._update(shown)
        if self._run.state.gone:
            self.root.destroy()
        else:
            self.root.after(_POLL_MS, self._tick)

    def _update(self, shown: Shown) -> None:
        before, self._shown = self._shown, shown
        self.root.title(shown.caption)
        for label, words in ((self._title, shown.title), (self.machine, shown.machine), (self._place, shown.place)):
            label.configure(text=words)
        self.status.configure(text=shown.status)
        self._numbers.configure(text=shown.numbers)
        self._show_bar(shown.percent)
        if before is None or before.rows != shown.rows:
            self.rows.show(row_parts(shown.rows))
        if before is None or before.message != shown.message:
            self.message.show(message_parts(shown.message))
        if before is None or before.log != shown.log:
            self.log.show([("\n".join(shown.log), "plain")])
            self.log.text.see("end")
        self._show_buttons(before, shown)

    def _show_bar(self, percent: int | None) -> None:
        """Have the bar say how far it is; where nobody can tell, it moves to and fro."""
        moves = str(self._bar["mode"]) == "indeterminate"
        if percent is None and not moves:
            self._bar.configure(mode="indeterminate")
            self._bar.start(_POLL_MS)
        elif percent is not None:
            if moves:
                self._bar.stop()
            self._bar.configure(mode="determinate", value=percent)

    def _show_buttons(self, before: Shown | None, shown: Shown) -> None:
        for button, wanted in ((self.first, shown.first), (self.second, shown.second), (self.report, shown.report)):
            button.configure(text=wanted.words, state="normal" if wanted.enabled else "disabled")
        if not shown.first.words:
            self.first.pack_forget()
        elif not self.first.winfo_manager():
            self.first.pack(side="right", padx=(0, _GAP))
        if before is None or (before.first, before.second) != (shown.first, shown.second):
            usable = shown.first.words and shown.first.enabled
            (self.first if usable else self.second).focus_set()
