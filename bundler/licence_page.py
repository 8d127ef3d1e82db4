"""`licences.txt`: which licence every package has, what NVIDIA asks of who passes its software on, all texts. Pure."""

from collections.abc import Iterable, Iterator, Sequence

from .licences import Licence, distinct_texts

_HEAD = """\
Licences of the packages in this bundle, as their own metadata tell them. Their texts follow below, each once. The
licences of what the bundle itself is made of are in runner/licences/. This page informs; it is no legal advice.
"""

# Source: End User License Agreement of the CUDA Toolkit, "License Grant", "Distribution Requirements" and
# "Attachment A" (docs.nvidia.com/cuda/eula); the licence of cuDNN has the same requirements.
_NVIDIA = """\
Software of NVIDIA
==================

{packages}

Passing this bundle on is passing NVIDIA's software on, and its licence says on which terms that is allowed. They are in
the End User License Agreement of the CUDA Toolkit (its text is below where a package brings it; the newest is at
docs.nvidia.com/cuda/eula), under "Distribution Requirements"; cuDNN's licence has the same. In plain words:

  - only the parts named in its Attachment A may be passed on, in object code, as part of an application;
  - the application does something substantial of its own beyond those parts, and nothing else uses them;
  - developer tools stay with you unless the agreement names them as distributable;
  - the terms you give the application to others under must agree with NVIDIA's, and protect what they protect;
  - you tell NVIDIA of any use against these terms that you learn of, and enforce yours.

NCCL, and perhaps others, have licences of their own that ask for less: each package's own text counts. Whoever answers
for licences where you work should see this page before the bundle leaves the house.
"""
_MAX_FILES_NAMED = 6
_RULE = "-" * 100


def _table(licences: Sequence[Licence]) -> Iterator[str]:
    rows = [(each.wheel.name, str(each.wheel.version), each.wheel.licence or "not told") for each in licences]
    widths = [max((len(row[column]) for row in rows), default=0) for column in (0, 1)]
    for (name, version, words), licence in zip(rows, licences, strict=True):
        told = words if licence.texts else f"{words} (no text in the wheel)"
        yield f"{name:{widths[0]}}  {version:{widths[1]}}  {told}"


def _nvidia_line(licence: Licence) -> str:
    package = f"  {licence.wheel.name} {licence.wheel.version}"
    if licence.is_nvidias:
        return f"{package}: {licence.wheel.licence or 'licence not told'}"
    names = sorted({path.rpartition("/")[2] for path in licence.nvidia_files})
    more = f" and {len(names) - _MAX_FILES_NAMED} more" if len(names) > _MAX_FILES_NAMED else ""
    return f"{package} carries {', '.join(names[:_MAX_FILES_NAMED])}{more}"


def licence_page(licences: Iterable[Licence], *, line_end: str) -> str:
    """Give the page; packages in the order given."""
    licences = tuple(licences)
    parts = [_HEAD, "\n".join(_table(licences)) + "\n"]
    if nvidias := [licence for licence in licences if licence.nvidia_files]:
        parts.append(_NVIDIA.format(packages="\n".join(map(_nvidia_line, nvidias))))
    for text, owners in distinct_texts(licences).items():
        parts.append("\n".join([_RULE, *owners, _RULE, "", text, ""]))
    return "\n\n".join(parts).replace("\n", line_end)
