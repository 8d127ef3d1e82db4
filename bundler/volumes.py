"""Where a bundle is written to: one file, or volumes of a given size; whole or not at all."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from applier.bundle.volumes import Volume, list_path, volume_path, volumes_beside, volumes_to_bytes
from applier.environment.mutex import hold

from .sink import Sink

_SIZE = re.compile(r"([0-9]{1,15})([KMGT]?)(?:-([0-9]{1,15}))?")
_UNITS = {"": 0, "K": 10, "M": 20, "G": 30, "T": 40}


def parse_size(text: str) -> int:
    """Read a size in bytes: 1900M, or 4G-1; K, M, G and T are powers of 1024. Raises ValueError."""
    match = _SIZE.fullmatch(text.strip().upper())
    size_bytes = (int(match[1]) << _UNITS[match[2]]) - int(match[3] or 0) if match else 0
    if size_bytes <= 0:
        raise ValueError(f"no size: {text!r}")
    return size_bytes


def _publish(paths: list[Path], volumes: list[Volume], output: Path) -> tuple[Path, ...]:
    """Give finished volumes their names; give these.

    The list goes first and comes last: whatever is there in between is no bundle, and is not taken for one.
    """
    partial_list = paths[0].with_name(f"{paths[0].name}.list")
    partial_list.write_bytes(volumes_to_bytes(volumes))
    list_path(output).unlink(missing_ok=True)
    names = [volume_path(output, number) for number in range(1, len(paths) + 1)]
    for path, name in zip(paths, names, strict=True):
        path.replace(name)
    for path in volumes_beside(output).values():
        if path not in names:
            path.unlink()
    output.unlink(missing_ok=True)
    partial_list.replace(list_path(output))
    return *names, list_path(output)


def _remove_volumes(output: Path) -> None:
    """Remove the volumes that one file stands in for; the list first, as without it they are no bundle."""
    if list_path(output).is_file():
        list_path(output).unlink()
        for path in volumes_beside(output).values():
            path.unlink()


def _remove_leftovers(partial: Path) -> None:
    """Remove what a writer that was killed left."""
    for path in partial.parent.iterdir():
        if path.name.startswith(partial.name):
            path.unlink()


@contextmanager
def replacing(output: Path, volume_bytes: int | None = None) -> Iterator[Sink]:
    """Give a sink; on success its bytes become `output`, or that one's volumes when they do not fit in one.

    What was there before, in whichever form, is there until then and gone after. One writer at a time.

    Raises:
        OutputError: there would be too many volumes.
    """
    partial = output.with_name(f".{output.name}.partial")
    with hold(output.with_name(f".{output.name}.lock"), waiting=lambda: None):
        _remove_leftovers(partial)
        sink = Sink(partial, volume_bytes)
        try:
            sink.look_for_holes()
            yield sink
            volumes = sink.finish()
            if len(volumes) > 1:
                sink.published = _publish(sink.paths, volumes, output)
            else:
                partial.replace(output)
                sink.published = (output,)
                _remove_volumes(output)
        finally:
            sink.remove()
