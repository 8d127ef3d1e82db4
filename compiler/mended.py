"""What of the chosen wheels' metadata was not taken as it stands, in words. Pure."""

from collections.abc import Callable, Iterable, Iterator

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from locks.metadata import MendedRequirement, WheelMetadata
from locks.warts import Mended, mend_specifier

from .offers.wheels import Wheel
from .solving.closure import Closure
from .solving.graph import Graph


def _said(text: str, mended: Mended) -> str:
    return f"{text!r} read as {mended.text!r} ({', '.join(mended.warts)})"


def _mended_python(text: str) -> Iterator[str]:
    if mended := mend_specifier(text):
        yield f"Requires-Python {_said(text, mended)}"
        return
    try:
        SpecifierSet(text)
    except InvalidSpecifier:
        yield f"Requires-Python {text!r} cannot be read, and limits nothing"


def _lines(graph: Graph, metadata: Callable[[Wheel], WheelMetadata]) -> Iterator[str]:
    for name, wheel in sorted(graph.wheels.items()):
        limits = {wheel.link.requires_python, metadata(wheel).requires_python} - {None}
        said = [_said(edge.line, edge.mended) for edge in graph.edges[name] if isinstance(edge, MendedRequirement)]
        said += [line for limit in sorted(filter(None, limits)) for line in _mended_python(limit)]
        yield from (f"{name} {wheel.version}: {line}" for line in said)


def mended_lines(closures: Iterable[Closure], metadata: Callable[[Wheel], WheelMetadata]) -> tuple[str, ...]:
    """Say which lines that hold in the closures were mended, each once."""
    return tuple(dict.fromkeys(line for closure in closures for line in _lines(closure.graph, metadata)))
