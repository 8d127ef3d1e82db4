"""Text on the window that can be read, scrolled, selected and copied, and not changed."""

import tkinter as tk
from collections.abc import Iterable, Iterator
from tkinter import font, ttk

from .message import Level, Message
from .shown import Row

_SIGNS: dict[Level, str] = {"ok": "✓", "warn": "!", "stop": "✗", "": ""}
_COLOURS: dict[Level, str] = {"ok": "#1a7f37", "warn": "#9a6700", "stop": "#cf222e", "": "#1f2328"}
_FAINT = "#57606a"
_INDENT = "14p"

Part = tuple[str, str]
"""Words, and how they look: a tag of the text."""


class _ShyScrollbar(ttk.Scrollbar):
    """A scrollbar that is there only when there is something to scroll."""

    def set(self, first: float | str, last: float | str) -> None:
        if float(first) <= 0 and float(last) >= 1:
            self.grid_remove()
        else:
            self.grid()
        super().set(first, last)


class ReadOnlyText(ttk.Frame):
    """A text of so many lines, with a scrollbar when it is longer."""

    def __init__(self, parent: ttk.Frame, *, lines: int) -> None:
        super().__init__(parent)
        self.columnconfigure(0, weight=1)
        self.rowconfigure(0, weight=1)
        self.text = tk.Text(self, height=lines, width=76, wrap="word", relief="flat", padx="6p", pady="6p")
        self.text.configure(font="TkDefaultFont", state="disabled", takefocus=False, cursor="arrow", spacing3="2p")
        self.text.configure(highlightthickness=0)
        bar = _ShyScrollbar(self, command=self.text.yview)
        self.text.configure(yscrollcommand=bar.set)
        self.text.grid(row=0, column=0, sticky="nsew")
        bar.grid(row=0, column=1, sticky="ns")
        self._name_tags()

    def _name_tags(self) -> None:
        strong = font.nametofont("TkDefaultFont", self).copy()
        strong.configure(weight="bold")
        self._strong = strong  # a font is forgotten with the last name for it
        for level, colour in _COLOURS.items():
            self.text.tag_configure(f"sign-{level}", foreground=colour)
            self.text.tag_configure(f"head-{level}", foreground=colour, font=strong)
        self.text.tag_configure("row", lmargin2=_INDENT)
        self.text.tag_configure("hint", lmargin1=_INDENT, lmargin2=_INDENT, foreground=_FAINT)

    def show(self, parts: Iterable[Part]) -> None:
        """Show these words instead of what was there."""
        self.text.configure(state="normal")
        self.text.delete("1.0", "end")
        for words, tag in parts:
            self.text.insert("end", words, tag)
        self.text.configure(state="disabled")

    def words(self) -> str:
        """Give what is shown."""
        return self.text.get("1.0", "end-1c")


def row_parts(rows: Iterable[Row]) -> Iterator[Part]:
    """Give what was looked at, each with its sign and below it what to do."""
    for row in rows:
        yield f"{_SIGNS[row.level]}  ", f"sign-{row.level}"
        yield f"{row.text}\n", "row"
        if row.hint:
            yield f"{row.hint}\n", "hint"


def message_parts(message: Message) -> Iterator[Part]:
    """Give a message, its verdict first."""
    if message.head:
        yield f"{message.head}\n", f"head-{message.level}"
    yield "\n".join(message.body), "plain"
