"""`--quiet`: of all that is told, warnings alone."""

from ..progress import Reporter


class WarningsOnly(Reporter):
    """Passes on to another reporter what it should be told even when nobody watches."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter

    def warned(self, line: str) -> None:
        self._reporter.warned(line)
