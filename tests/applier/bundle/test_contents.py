"""`bundle.json`: what is written reads back, and what is not valid is named."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applier.bundle.contents import Base, Contents, Member, contents_to_bytes, read_contents
from applier.bundle.layout import wheel_member
from applier.errors import BundleDamaged

DIGEST = "ab" * 32
CONTENTS = Contents(
    stack="demo",
    stack_version="1",
    target="cpu-linux-x86_64-py311",
    members=(Member(name="a.txt", size_bytes=3, sha256=DIGEST),),
    installed_files=2,
    installed_bytes=5,
    longest_path="lib/x",
    runner=(("click", "8.2"),),
)
ROW = {"name": "a", "size": 1, "sha256": DIGEST}
BASE = {"stack": "demo", "stack-version": "1", "target": "t", "lock-sha256": DIGEST, "wheels": [ROW]}


def document(**changes: object) -> dict[str, Any]:
    """The valid document as JSON, some keys changed; None takes a key out."""
    changed = json.loads(contents_to_bytes(CONTENTS)) | {key.replace("_", "-"): new for key, new in changes.items()}
    return {key: value for key, value in changed.items() if value is not None}


def test_wheels_lie_where_the_lock_says() -> None:
    """A wheel's member name is its path in the lock."""
    assert wheel_member("a-1-py3-none-any.whl") == "wheels/a-1-py3-none-any.whl"


def test_the_same_contents_give_the_same_bytes() -> None:
    """`bundle.json` is ASCII, ends in a line feed, and does not depend on when it is written."""
    data = contents_to_bytes(CONTENTS)

    assert data.isascii()
    assert data.endswith(b"}\n")
    assert data == contents_to_bytes(CONTENTS)


_words = st.text(min_size=1)


@given(
    members=st.dictionaries(_words, st.tuples(st.integers(0, 2**63), st.binary(min_size=32, max_size=32))),
    runner=st.dictionaries(_words, _words),
    longest=_words,
    source=st.integers(0, 2**63),
)
def test_contents_read_back_as_written(
    members: dict[str, tuple[int, bytes]], runner: dict[str, str], longest: str, source: int
) -> None:
    """Any contents survive writing and reading."""
    contents = Contents(
        stack="demo",
        stack_version="1",
        target="t",
        members=tuple(
            Member(name=name, size_bytes=size, sha256=digest.hex()) for name, (size, digest) in members.items()
        ),
        installed_files=1,
        installed_bytes=2**40,
        longest_path=longest,
        source_bytes=source,
        runner=tuple(sorted(runner.items())),
    )

    assert read_contents(contents_to_bytes(contents)) == contents


def test_the_base_of_an_update_reads_back_as_written() -> None:
    """What an update says of its base survives writing and reading, and is summed up."""
    wheels = tuple(Member(name=name, size_bytes=size, sha256=DIGEST) for name, size in (("a", 3), ("b", 4)))
    base = Base(stack="demo", stack_version="1", target="t", lock_sha256=DIGEST, wheels=wheels)
    contents = replace(CONTENTS, base=base)

    assert read_contents(contents_to_bytes(contents)) == contents
    assert (base.name, base.size_bytes) == ("demo 1 t", 7)


@pytest.mark.parametrize(
    ("data", "where"),
    [
        pytest.param(b"", "bundle.json", id="empty"),
        pytest.param(b"{", "bundle.json", id="cut"),
        pytest.param(b"\xff\xfe{", "bundle.json", id="not UTF-8"),
        pytest.param(b"[" * 100_000, "bundle.json", id="nested beyond reason"),
        pytest.param(b"[]", "bundle.json: format", id="a list"),
        pytest.param(json.dumps(document(format=2)).encode(), "bundle.json: format", id="newer format"),
        pytest.param(json.dumps(document(format=None)).encode(), "bundle.json: format", id="no format"),
        pytest.param(json.dumps(document(stack=3)).encode(), "bundle.json: stack", id="stack a number"),
        pytest.param(json.dumps(document(stack="")).encode(), "bundle.json: stack", id="stack without a name"),
        pytest.param(json.dumps(document(target=None)).encode(), "bundle.json: target", id="no target"),
        pytest.param(json.dumps(document(surprise=1)).encode(), "bundle.json: surprise", id="unknown key"),
        pytest.param(json.dumps(document(members={})).encode(), "bundle.json: members", id="members a table"),
        pytest.param(
            json.dumps(document(members=[{"name": "a", "size": -1, "sha256": DIGEST}])).encode(),
            "bundle.json: members[0].size",
            id="negative size",
        ),
        pytest.param(
            json.dumps(document(members=[{"name": "a", "size": 1, "sha256": DIGEST.upper()}])).encode(),
            "bundle.json: members[0].sha256",
            id="digest in upper case",
        ),
        pytest.param(
            json.dumps(document(members=[{"name": "a", "size": 1, "sha256": DIGEST, "mode": 1}])).encode(),
            "bundle.json: members[0].mode",
            id="unknown key of a member",
        ),
        pytest.param(
            json.dumps(document(members=[ROW, ROW])).encode(), "bundle.json: members[1].name", id="member listed twice"
        ),
        pytest.param(json.dumps(document(base=[])).encode(), "bundle.json: base", id="base no table"),
        pytest.param(
            json.dumps(document(base={**BASE, "lock-sha256": "x"})).encode(),
            "bundle.json: base.lock-sha256",
            id="base without a digest",
        ),
        pytest.param(
            json.dumps(document(base={**BASE, "wheels": [ROW, {"name": "b"}]})).encode(),
            "bundle.json: base.wheels[1].sha256",
            id="wheel of the base without a digest",
        ),
        pytest.param(json.dumps(document(base={**BASE, "x": 1})).encode(), "bundle.json: base.x", id="key of base"),
    ],
)
def test_refuses_contents_that_are_not_valid(data: bytes, where: str) -> None:
    """What is no `bundle.json` of ours is damage, and the place is named."""
    with pytest.raises(BundleDamaged) as caught:
        read_contents(data)

    assert where in [problem.where for problem in caught.value.problems]
