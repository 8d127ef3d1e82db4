"""The page: whole HTML, one file, nothing asked of a network, nothing obeyed that a lock says."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from locks import Error

from applier.inspecting.page import to_page, write_page
from tests.applier.inspecting.inspected import HOSTILE, inspection_of_everything, many_packages

_VOID = {"meta", "br", "rect", "path", "i"}
_MAY_STAY_OPEN = {"th", "td"}


class _Reader(HTMLParser):
    """Collects what a test asks about; an end tag that nobody opened is an error."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: list[str] = []
        self.text = ""
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "action", "xlink:href")]
        if tag not in _VOID | _MAY_STAY_OPEN:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID:
            assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def close(self) -> None:
        super().close()
        assert not self._open


def read(page: str) -> _Reader:
    """Parse a page to its end."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return reader


@pytest.mark.parametrize("count", [0, 1, 10, 300])
def test_every_link_leads_somewhere_on_the_page(count: int) -> None:
    """Every package has a row and a box, and what points at it finds it, each once."""
    reader = read(to_page(many_packages(count)))

    assert len(reader.ids) == len(set(reader.ids))
    assert {f"p-package-{number}" for number in range(count)} <= set(reader.ids)
    assert {link.removeprefix("#") for link in reader.links} <= set(reader.ids)
    assert reader.tags.count("tr") == count + 1
    assert reader.tags.count("rect") == count


def test_nothing_is_asked_of_a_network(tmp_path: Path) -> None:
    """No address, no import, no script; and the page forbids the browser any request."""
    page = to_page(inspection_of_everything(tmp_path))
    tags = set(read(page).tags)

    assert not re.search(r"https?:|url\(|@import|src=", page)
    assert not tags & {"script", "img", "link", "iframe", "object", "base"}
    assert "default-src 'none'" in page


def test_what_a_lock_says_is_shown_not_obeyed(tmp_path: Path) -> None:
    """Reasons and names of checks may hold anything."""
    reader = read(to_page(inspection_of_everything(tmp_path)))

    assert "script" not in reader.tags
    assert HOSTILE in reader.text


def test_letters_that_no_file_can_hold_are_no_failure(tmp_path: Path) -> None:
    """JSON may hold half a surrogate pair; the page is written all the same."""
    found = many_packages(1)
    write_page(tmp_path / "page.html", replace(found, contents=replace(found.contents, stack="a\ud800")))

    assert "a&#55296;" in (tmp_path / "page.html").read_text("utf-8")


def test_extra_files_have_their_room(tmp_path: Path) -> None:
    """A model can be what makes a bundle big: it has a tile that leads to its row."""
    reader = read(to_page(inspection_of_everything(tmp_path)))

    assert "#extra-files" in reader.links
    assert "extra-files" in reader.ids
    assert reader.text.count("1 extra file") == 3


def test_tiles_fill_the_map_in_both_shapes() -> None:
    """Wide and tall, the tiles' areas make up the frame."""
    page = to_page(many_packages(40))
    for letter in "wt":
        sides = [re.findall(rf"--{letter}{name}:([\d.]+)%", page) for name in ("w", "h")]
        areas = sum(float(width) * float(height) for width, height in zip(*sides, strict=True))
        assert areas == pytest.approx(100 * 100, rel=1e-3)


def test_a_crowd_is_one_tile() -> None:
    """What would be too small to see stands together, and the map stays readable."""
    page = to_page(many_packages(300))

    assert page.count('class="tile') < 140
    assert "smaller ones" in page


def test_the_same_bundle_gives_the_same_page(tmp_path: Path) -> None:
    """No clock and no chance in it."""
    found = inspection_of_everything(tmp_path)

    assert to_page(found) == to_page(found)


def test_the_page_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    """A place that cannot be written is told, and nothing is left; one that can has the page alone."""
    (tmp_path / "out").mkdir()
    write_page(tmp_path / "out" / "page.html", many_packages(1))
    with pytest.raises(Error, match="page-not-written"):
        write_page(tmp_path / "absent" / "page.html", many_packages(1))

    assert [path.name for path in (tmp_path / "out").iterdir()] == ["page.html"]
    assert (tmp_path / "out" / "page.html").read_text("utf-8") == to_page(many_packages(1))
