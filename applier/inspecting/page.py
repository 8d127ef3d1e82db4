"""An inspection as one page: HTML and SVG made here, no script, nothing asked of any network."""

from collections.abc import Iterator
from contextlib import suppress
from html import escape
from pathlib import Path

from locks import Problem
from locks.sizes import in_words

from ..errors import ApplyRefused
from .graph import graph_svg
from .inspection import KINDS, Inspection, Package
from .needs import needs_of
from .style import STYLE
from .tiles import map_html
from .words import lists_of, share_in_words

_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<header>
<h1>{stack}</h1>
<p class="dim">{name}, for {target}</p>
<dl class="facts">
{facts}
</dl>
</header>
<main>
<h2>Why it is so big</h2>
<p>Each area is a package's size once installed. Point at it, or move there with Tab, for more; follow it to its row.
NVIDIA's part of a package stands at its foot.</p>
<ul class="legend">
{legend}
</ul>
<nav class="map" aria-label="Packages by installed size">
{tiles}
</nav>
<h2 id="packages">Packages</h2>
<div class="scroll" tabindex="0" role="region" aria-label="Table of packages">
<table>
<thead><tr><th>package<th class="number">installed<th class="number">share<th><th class="number packed">packed\
<th class="licence">licence</tr></thead>
<tbody>
{rows}
</tbody>
</table>
</div>
<h2>What requires what</h2>
<p>Every package stands to the right of all that require it. Point at one, or move there with Tab, to see its own
lines, those that longer ways imply too.</p>
<div class="scroll" tabindex="0" role="region" aria-label="Graph of requirements">
{graph}
</div>
<div class="lists">
{lists}
</div>
<footer>Written by venvault from the bundle alone. Sizes are in powers of a thousand.</footer>
</main>
</body>
</html>
"""


def _facts(inspection: Inspection) -> Iterator[tuple[str, str]]:
    cuda = inspection.nvidia_bytes
    yield "packed", in_words(inspection.packed_bytes)
    yield "installed", in_words(inspection.contents.installed_bytes)
    yield "packages", str(len(inspection.packages))
    yield "files", f"{inspection.contents.installed_files:,}"
    if cuda:
        yield "of it NVIDIA's", f"{share_in_words(inspection.share(cuda))}, {in_words(cuda)}"


def _links(words: str, names: tuple[str, ...]) -> str:
    links = ", ".join(f'<a href="#p-{name}">{name}</a>' for name in names)
    return f"<p>{words} {links or 'nothing'}</p>"


def _row(package: Package, inspection: Inspection) -> str:
    rest = package.installed_bytes - package.nvidia_bytes
    kind = "named" if package.is_named else "brought"
    parts = (("cuda", package.nvidia_bytes), (kind, rest))
    bar = "".join(
        f'<i class="{name}" style="width:{100 * size / inspection.largest_bytes:.2f}%"></i>'
        for name, size in parts
        if size > 0
    )
    return (
        f'<tr id="p-{package.name}"><td><details><summary><b>{package.name}</b> '
        f'<span class="dim">{escape(package.version)}</span></summary>'
        f"{_links('requires', package.requires)}{_links('required by', package.required_by)}</details>"
        f'<td class="number">{in_words(package.installed_bytes)}'
        f'<td class="number">{share_in_words(inspection.share(package.installed_bytes))}'
        f'<td><div class="bar">{bar}</div>'
        f'<td class="number packed">{in_words(package.packed_bytes)}'
        f'<td class="licence">{escape(package.licence) or "not told"}</tr>'
    )


def _files_row(inspection: Inspection) -> str:
    size_bytes = inspection.files_bytes
    width = 100 * size_bytes / inspection.largest_bytes
    return (
        f'<tr id="extra-files"><td>{inspection.files_in_words()}'
        f'<td class="number">{in_words(size_bytes)}'
        f'<td class="number">{share_in_words(inspection.share(size_bytes))}'
        f'<td><div class="bar"><i class="files" style="width:{width:.2f}%"></i></div>'
        f'<td class="number packed">{in_words(size_bytes)}<td class="licence"></tr>'
    )


def _rows(inspection: Inspection) -> Iterator[str]:
    yield from (_row(package, inspection) for package in inspection.packages)
    if inspection.lock.files:
        yield _files_row(inspection)


def _lists(inspection: Inspection) -> Iterator[str]:
    needs = [f"{name}: {words}" for name, words in needs_of(inspection.lock).items()]
    for heading, lines in {"what the machine must have": needs, **lists_of(inspection)}.items():
        points = "".join(f"<li>{escape(line)}</li>" for line in lines)
        yield f"<section><h2>{escape(heading.capitalize())}</h2><ul>{points}</ul></section>"


def to_page(inspection: Inspection) -> str:
    """Give the page; the same inspection gives the same bytes."""
    contents = inspection.contents
    stack = f"{contents.stack} {contents.stack_version}"
    facts = (f"<div><dt>{escape(term)}</dt><dd>{escape(value)}</dd></div>" for term, value in _facts(inspection))
    kinds = {package.kind for package in inspection.packages} | ({"files"} if inspection.lock.files else set())
    legend = (f'<li><i class="{kind}"></i>{escape(words)}</li>' for kind, words in KINDS.items() if kind in kinds)
    return _PAGE.format(
        title=escape(f"{stack}: {inspection.name}"),
        style=STYLE,
        stack=escape(stack),
        name=escape(inspection.name),
        target=escape(contents.target),
        facts="\n".join(facts),
        legend="\n".join(legend),
        tiles="\n".join(map_html(inspection)),
        rows="\n".join(_rows(inspection)),
        graph=graph_svg(inspection),
        lists="\n".join(_lists(inspection)),
    )


def write_page(path: Path, inspection: Inspection) -> None:
    """Write the page, whole or not at all.

    Raises:
        ApplyRefused: it cannot be written there.
    """
    partial = path.with_name(f".{path.name}.partial")
    try:
        # NOTE: JSON may hold half a surrogate pair, which UTF-8 has no bytes for.
        partial.write_text(to_page(inspection), "utf-8", errors="xmlcharrefreplace", newline="\n")
        partial.replace(path)
    except OSError as error:
        found = error.strerror or str(error)
        problem = Problem(code="page-not-written", where=str(path), expected="to write there", found=found)
        raise ApplyRefused(problem) from None
    finally:
        with suppress(OSError):
            partial.unlink()
