"""Project pages read as what they offer."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from locks.index.page import ACCEPT, JSON_TYPE, Link, parse_page, uploaded_at

PAGE = "https://host.example/simple/demo/"
WHEEL = "demo-1-py3-none-any.whl"
SHA256 = "ab" * 32
OTHER = "cd" * 32
TIME = "2025-01-29T17:02:03.5Z"

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
ENTRIES = st.fixed_dictionaries(
    {"filename": st.text() | JSON_VALUES, "url": st.text() | JSON_VALUES},
    optional={
        key: JSON_VALUES | st.just({"sha256": SHA256})
        for key in ("hashes", "size", "requires-python", "yanked", "core-metadata", "dist-info-metadata", "upload-time")
    },
)
HTML_PIECES = st.sampled_from(
    b"<a |href=|'|\"|>|</a>|<base href=|http://[|<!|<![|x[|<!--|<?|]]>|&#|&gt;|%|#sha256=|data-yanked|"
    b"data-core-metadata=|data-upload-time=|a/b.whl|\xff|<script>".split(b"|")
)


def html(body: str) -> tuple[Link, ...]:
    """Read an HTML page at the usual address."""
    return parse_page(body.encode(), content_type="text/html; charset=utf-8", url=PAGE)


def from_json(page: object, content_type: str = JSON_TYPE) -> tuple[Link, ...]:
    """Read a JSON page at the usual address."""
    return parse_page(json.dumps(page).encode(), content_type=content_type, url=PAGE)


def is_well_typed(link: Link) -> bool:
    """Say whether every field holds what its annotation says."""
    texts: list[object] = [link.filename, link.url]
    optional: list[object] = [link.sha256, link.requires_python, link.metadata_sha256, link.upload_time]
    numbers: list[object] = [link.size_bytes]
    return (
        all(isinstance(value, str) for value in texts)
        and all(value is None or isinstance(value, str) for value in optional)
        and all(value is None or type(value) is int for value in numbers)
    )


def test_json_is_asked_for_first() -> None:
    """JSON is preferred, HTML taken."""
    assert ACCEPT == ("application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1")


@pytest.mark.parametrize(
    ("anchor", "link"),
    [
        pytest.param(f'<a href="{WHEEL}">x</a>', Link(filename=WHEEL, url=PAGE + WHEEL), id="relative"),
        pytest.param(
            f'<a href="/whl/{WHEEL}">',
            Link(filename=WHEEL, url=f"https://host.example/whl/{WHEEL}"),
            id="from the root",
        ),
        pytest.param(
            f'<a href="../../f/{WHEEL}">', Link(filename=WHEEL, url=f"https://host.example/f/{WHEEL}"), id="upwards"
        ),
        pytest.param(
            f'<a href="http://o.example/{WHEEL}">', Link(filename=WHEEL, url=f"http://o.example/{WHEEL}"), id="absolute"
        ),
        pytest.param(
            f'<base href="/f/"><a href="{WHEEL}">',
            Link(filename=WHEEL, url=f"https://host.example/f/{WHEEL}"),
            id="base",
        ),
        pytest.param(
            '<a href="demo-1%2Bcu124-py3-none-any.whl">',
            Link(filename="demo-1+cu124-py3-none-any.whl", url=f"{PAGE}demo-1%2Bcu124-py3-none-any.whl"),
            id="escaped plus",
        ),
        pytest.param(f'<a href="{WHEEL}?token=1">', Link(filename=WHEEL, url=f"{PAGE}{WHEEL}?token=1"), id="query"),
        pytest.param(
            f'<a href="{WHEEL}#sha256={SHA256}">', Link(filename=WHEEL, url=PAGE + WHEEL, sha256=SHA256), id="sha256"
        ),
        pytest.param(
            f'<a href="{WHEEL}#sha256={SHA256.upper()}">',
            Link(filename=WHEEL, url=PAGE + WHEEL, sha256=SHA256),
            id="sha256 in capitals",
        ),
        pytest.param(f'<a href="{WHEEL}#md5=abc">', Link(filename=WHEEL, url=PAGE + WHEEL), id="weaker hash"),
        pytest.param(f'<a href="{WHEEL}#sha256=abc">', Link(filename=WHEEL, url=PAGE + WHEEL), id="no sha256 at all"),
        pytest.param(
            f'<a href="{WHEEL}" data-requires-python="&gt;=3.9, &lt;4">',
            Link(filename=WHEEL, url=PAGE + WHEEL, requires_python=">=3.9, <4"),
            id="requires-python",
        ),
        pytest.param(
            f'<a href="{WHEEL}" data-requires-python="">', Link(filename=WHEEL, url=PAGE + WHEEL), id="empty requires"
        ),
        pytest.param(
            f'<a href="{WHEEL}" data-yanked>', Link(filename=WHEEL, url=PAGE + WHEEL, yanked=True), id="yanked"
        ),
        pytest.param(
            f'<a href="{WHEEL}" data-yanked="broken">',
            Link(filename=WHEEL, url=PAGE + WHEEL, yanked=True),
            id="yanked, with the reason",
        ),
        pytest.param(
            f'<a href="{WHEEL}" data-core-metadata="sha256={OTHER}">',
            Link(filename=WHEEL, url=PAGE + WHEEL, metadata_sha256=OTHER),
            id="metadata",
        ),
        pytest.param(
            f'<a href="{WHEEL}" data-core-metadata="true">',
            Link(filename=WHEEL, url=PAGE + WHEEL, metadata_sha256=""),
            id="metadata without digest",
        ),
        pytest.param(
            f'<a href="{WHEEL}" data-core-metadata="false">', Link(filename=WHEEL, url=PAGE + WHEEL), id="no metadata"
        ),
        pytest.param(
            f'<a href="{WHEEL}" data-dist-info-metadata="sha256={OTHER}">',
            Link(filename=WHEEL, url=PAGE + WHEEL, metadata_sha256=OTHER),
            id="metadata by its older name",
        ),
        pytest.param(
            f'<a href="{WHEEL}" data-core-metadata="true" data-dist-info-metadata="sha256={OTHER}">',
            Link(filename=WHEEL, url=PAGE + WHEEL, metadata_sha256=""),
            id="both names",
        ),
        pytest.param(
            f'<a href="{WHEEL}" data-upload-time="{TIME}">',
            Link(filename=WHEEL, url=PAGE + WHEEL, upload_time=TIME),
            id="upload time",
        ),
        pytest.param(f'<a href="{WHEEL}" data-upload-time="">', Link(filename=WHEEL, url=PAGE + WHEEL), id="no time"),
    ],
)
def test_html_anchor(anchor: str, link: Link) -> None:
    """An anchor is one link, its attributes read as PEP 503, 592, 658 and 714 say."""
    assert html(anchor) == (link,)


def test_html_page_keeps_its_order_and_skips_the_rest() -> None:
    """Links come as the page has them; what has no address is none."""
    page = '<h1>Links</h1><a name="top"><a href=""><A HREF="b.whl">b</A><base><img href="c"><a href="a.whl">a'

    assert [link.filename for link in html(page)] == ["b.whl", "a.whl"]


def test_html_page_in_another_encoding_is_read() -> None:
    """Bytes that are no UTF-8 spoil themselves, not the page."""
    links = parse_page(b"<p>\xe9\xff</p><a href='a.whl'>", content_type="", url=PAGE)

    assert links == (Link(filename="a.whl", url=f"{PAGE}a.whl"),)


@pytest.mark.parametrize(
    ("entry", "link"),
    [
        pytest.param({}, Link(filename=WHEEL, url=PAGE + "f"), id="bare"),
        pytest.param({"url": "../f"}, Link(filename=WHEEL, url="https://host.example/simple/f"), id="upwards"),
        pytest.param(
            {"url": "https://o.example/f"}, Link(filename=WHEEL, url="https://o.example/f"), id="absolute, https"
        ),
        pytest.param(
            {"url": "http://o.example/f"}, Link(filename=WHEEL, url="http://o.example/f"), id="absolute, http"
        ),
        pytest.param(
            {"hashes": {"md5": "x", "sha256": SHA256.upper()}},
            Link(filename=WHEEL, url=PAGE + "f", sha256=SHA256),
            id="sha256",
        ),
        pytest.param({"hashes": {"sha256": 5}}, Link(filename=WHEEL, url=PAGE + "f"), id="hash of no kind"),
        pytest.param({"hashes": ["sha256"]}, Link(filename=WHEEL, url=PAGE + "f"), id="hashes of no kind"),
        pytest.param({"size": 7}, Link(filename=WHEEL, url=PAGE + "f", size_bytes=7), id="size"),
        pytest.param({"size": 0}, Link(filename=WHEEL, url=PAGE + "f", size_bytes=0), id="size zero"),
        pytest.param({"size": "7"}, Link(filename=WHEEL, url=PAGE + "f"), id="size of no kind"),
        pytest.param({"size": True}, Link(filename=WHEEL, url=PAGE + "f"), id="size that is a truth"),
        pytest.param({"size": -7}, Link(filename=WHEEL, url=PAGE + "f"), id="size below nothing"),
        pytest.param({"size": None}, Link(filename=WHEEL, url=PAGE + "f"), id="size unknown"),
        pytest.param(
            {"requires-python": ">=3.9"}, Link(filename=WHEEL, url=PAGE + "f", requires_python=">=3.9"), id="requires"
        ),
        pytest.param({"requires-python": None}, Link(filename=WHEEL, url=PAGE + "f"), id="requires nothing"),
        pytest.param({"yanked": True}, Link(filename=WHEEL, url=PAGE + "f", yanked=True), id="yanked"),
        pytest.param({"yanked": "bad"}, Link(filename=WHEEL, url=PAGE + "f", yanked=True), id="yanked, with a reason"),
        pytest.param({"yanked": ""}, Link(filename=WHEEL, url=PAGE + "f", yanked=True), id="yanked, reason empty"),
        pytest.param({"yanked": False}, Link(filename=WHEEL, url=PAGE + "f"), id="not yanked"),
        pytest.param(
            {"core-metadata": {"sha256": OTHER}},
            Link(filename=WHEEL, url=PAGE + "f", metadata_sha256=OTHER),
            id="metadata",
        ),
        pytest.param(
            {"core-metadata": True}, Link(filename=WHEEL, url=PAGE + "f", metadata_sha256=""), id="metadata, no digest"
        ),
        pytest.param({"core-metadata": False}, Link(filename=WHEEL, url=PAGE + "f"), id="no metadata"),
        pytest.param(
            {"dist-info-metadata": {"sha256": OTHER}},
            Link(filename=WHEEL, url=PAGE + "f", metadata_sha256=OTHER),
            id="metadata by its older name",
        ),
        pytest.param(
            {"core-metadata": False, "dist-info-metadata": True},
            Link(filename=WHEEL, url=PAGE + "f"),
            id="both names",
        ),
        pytest.param({"upload-time": TIME}, Link(filename=WHEEL, url=PAGE + "f", upload_time=TIME), id="upload time"),
        pytest.param({"upload-time": 5}, Link(filename=WHEEL, url=PAGE + "f"), id="upload time of no kind"),
    ],
)
def test_json_entry(entry: dict[str, object], link: Link) -> None:
    """An entry is one link, its keys read as PEP 691, 700 and 714 say."""
    assert from_json({"files": [{"filename": WHEEL, "url": "f"} | entry]}) == (link,)


@pytest.mark.parametrize(
    ("content_type", "is_json"),
    [
        (JSON_TYPE, True),
        ("application/json", True),
        ("Application/JSON; charset=utf-8", True),
        (" application/vnd.pypi.simple.latest+json ; q=1", True),
        ("text/html", False),
        ("application/vnd.pypi.simple.v1+html", False),
        ("", False),
    ],
)
def test_content_type_decides(content_type: str, is_json: bool) -> None:
    """JSON is what calls itself so, all else is HTML."""
    page = {"files": [{"filename": "j.whl", "url": "j.whl"}], "html": "<a href='h.whl'>"}

    assert [link.filename for link in from_json(page, content_type)] == (["j.whl"] if is_json else ["h.whl"])


@pytest.mark.parametrize(
    ("page", "message"),
    [
        pytest.param({}, "not a PEP 691 page: KeyError('files')", id="no files"),
        pytest.param({"files": [{"url": "f"}]}, "not a PEP 691 page: KeyError('filename')", id="no file name"),
        pytest.param({"files": [{"filename": "f"}]}, "not a PEP 691 page: KeyError('url')", id="no address"),
        pytest.param(
            {"files": None}, "not a PEP 691 page: TypeError(\"'NoneType' object is not iterable\")", id="null for files"
        ),
        pytest.param(
            {"files": ["f"]},
            "not a PEP 691 page: AttributeError(\"'str' object has no attribute 'get'\")",
            id="names for files",
        ),
    ],
)
def test_json_page_that_is_none(page: object, message: str) -> None:
    """A page of another form is refused with what was missing."""
    with pytest.raises(ValueError) as caught:
        from_json(page)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param({"filename": 5}, id="file name"),
        pytest.param({"filename": None}, id="file name null"),
        pytest.param({"url": 5}, id="address"),
        pytest.param({"url": "http://["}, id="address that is none"),
        pytest.param({"requires-python": 3}, id="requires-python"),
    ],
)
def test_json_entry_of_the_wrong_type_is_refused(entry: dict[str, object]) -> None:
    """Nobody downstream has to doubt the type of a link's field."""
    with pytest.raises(ValueError):
        from_json({"files": [{"filename": WHEEL, "url": "f"} | entry]})


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        pytest.param("text/html", b"<a href='http://['>", id="address that is none"),
        pytest.param(JSON_TYPE, b"[" * 100_000, id="too deep"),
        pytest.param(JSON_TYPE, b'{"files": ' + b"1" * 5_000 + b"}", id="number too long"),
        pytest.param(JSON_TYPE, b'{"files": "\xff"}', id="no text"),
        pytest.param(JSON_TYPE, b"<html>", id="HTML that calls itself JSON"),
    ],
)
def test_what_breaks_the_readers_is_a_value_error(content_type: str, body: bytes) -> None:
    """A page that Python's own readers give up on, each in its own way, is a ValueError."""
    with pytest.raises(ValueError):
        parse_page(body, content_type=content_type, url=PAGE)


@pytest.mark.parametrize("content_type", ["text/html", JSON_TYPE])
@given(body=st.binary() | st.lists(HTML_PIECES).map(b"".join))
@example(body=b"<![x[ y")  # an AssertionError of html.parser, up to some patch release of every Python
def test_any_bytes_are_links_or_a_value_error(content_type: str, body: bytes) -> None:
    """A server may send what it likes: links come out, or a ValueError."""
    try:
        links = parse_page(body, content_type=content_type, url=PAGE)
    except ValueError:
        return
    assert all(map(is_well_typed, links))


@given(JSON_VALUES | st.fixed_dictionaries({"files": st.lists(ENTRIES) | JSON_VALUES}))
def test_any_json_is_links_or_a_value_error(page: object) -> None:
    """JSON of any shape gives well-typed links, or a ValueError."""
    try:
        links = from_json(page)
    except ValueError:
        return
    assert all(map(is_well_typed, links))


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        pytest.param(None, None, id="absent"),
        pytest.param("2025-01-29T17:02:03Z", datetime(2025, 1, 29, 17, 2, 3, tzinfo=UTC), id="as S3 has it"),
        pytest.param("2025-01-29T17:02:03.123456Z", datetime(2025, 1, 29, 17, 2, 3, 123456, tzinfo=UTC), id="PEP 700"),
        pytest.param("2025-01-29T18:02:03+01:00", datetime(2025, 1, 29, 17, 2, 3, tzinfo=UTC), id="another zone"),
        pytest.param("2025-01-29T17:02:03", datetime(2025, 1, 29, 17, 2, 3, tzinfo=UTC), id="no zone is UTC"),
        pytest.param("2025-01-29", datetime(2025, 1, 29, tzinfo=UTC), id="a day"),
        pytest.param("yesterday", None, id="no time"),
        pytest.param("2025-13-01T00:00:00Z", None, id="no month"),
        pytest.param("0001-01-01T00:00:00+23:59", None, id="before all times"),
    ],
)
def test_time_of_upload(text: str | None, instant: datetime | None) -> None:
    """A time of upload is given in UTC, or not at all."""
    found = uploaded_at(Link(filename=WHEEL, url=PAGE, upload_time=text))

    assert found == instant
    assert found is None or found.tzinfo is UTC


@given(st.text() | st.datetimes(timezones=st.timezones() | st.none()).map(datetime.isoformat))
def test_any_text_is_a_time_in_utc_or_none(text: str) -> None:
    """Whatever a page says there breaks nothing."""
    found = uploaded_at(Link(filename=WHEEL, url=PAGE, upload_time=text))

    assert found is None or found.tzinfo is UTC
