"""No source, however odd, ends in a traceback: it becomes a manifest that can be read, or problems."""

import json
import tomllib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.errors import DraftError
from compiler.manifest.parse import read_manifest
from compiler.starting.complete import Wishes, complete
from compiler.starting.contradict import contradictions
from compiler.starting.dependencies_json import read_dependencies_json
from compiler.starting.draft import Draft
from compiler.starting.pyproject import read_pyproject
from compiler.starting.requirements_txt import read_requirements_txt
from compiler.starting.text import to_manifest_text

SAMPLE = json.loads(Path(__file__).with_name("dependencies.json").read_text("utf-8"))
PROJECT = tomllib.loads(
    "[project]\nname = 'a'\nversion = '1'\nrequires-python = '>=3.11'\ndependencies = ['torch>=2', 'a[b]']\n"
    "dynamic = []\n[project.optional-dependencies]\nb = ['c', 'a[b]']\n[dependency-groups]\nd = ['e']\n"
    "[tool.uv.sources]\ntorch = { index = 'i' }\n"
)
NAMES = ("torch", "torchvision==0.20.1", "numpy", "a-1-py3-none-any.whl", "git+ssh://x", ".", "C:\\x", "$HOME")
BEHIND = (">=1", "==2.5.1+cu124", "<2", "~=1.0", "===x", "[a,b]", " @ ", ";", " ; os_name == 'nt'", "--hash=sha256:a")
OPTIONS = ("-r requirements.txt", "-c other.txt", "-e", "-i", "-", "--", "--pre", "=")
ADDRESSES = ("https://me:pw@host.invalid/whl/cu124", "http://[::1/cu124")
MARKS = ("\\", "\n", " ", "#", " # via -r x", "'", '"', "(", ",", "\x00", "é", "\u2028", "\ufeff")
PIECES = st.sampled_from((*NAMES, *BEHIND, *OPTIONS, *ADDRESSES, *MARKS))
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.booleans(), st.integers(-9, 9), st.floats(allow_nan=False), PIECES, st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=5,
)


def replaced(content: Any, path: int, value: Any) -> Any:
    """The content with one of its values, whichever the number leads to, replaced."""
    keys: list[Any] = list(content) if isinstance(content, dict) else []
    keys = list(range(len(content))) if isinstance(content, list) else keys
    if not keys or path % 7 == 0:
        return value
    key = keys[path % len(keys)]
    changed = content.copy()
    changed[key] = replaced(content[key], path // 7, value)
    return changed


def finish(read: Callable[[], Draft]) -> None:
    """Go the whole way of `init`; only its own refusals may end it."""
    with suppress(DraftError):
        draft = complete(read(), Wishes(), folder="f", from_nothing=False)
        contradictions(draft)
        read_manifest(to_manifest_text(draft, heading="h"))


@given(texts=st.lists(PIECES, max_size=12).map("".join), other=st.lists(PIECES, max_size=6).map("".join))
def test_any_requirements_file(texts: str, other: str) -> None:
    """Whatever the lines are, and whatever they include."""
    files = {"requirements.txt": texts, "other.txt": other}

    def read_text(path: Path) -> str:
        if str(path) not in files:
            raise FileNotFoundError(2, "No such file", str(path))
        return files[str(path)]

    finish(lambda: read_requirements_txt(Path("requirements.txt"), read_text))


@given(path=st.integers(0, 100_000), value=VALUES)
def test_any_file_of_the_old_installer(path: int, value: Any) -> None:
    """Whatever stands in the place of one of its values."""
    finish(lambda: read_dependencies_json(json.dumps(replaced(SAMPLE, path, value))))


@settings(max_examples=60)
@given(path=st.integers(0, 100_000), value=VALUES)
def test_any_project(path: int, value: Any) -> None:
    """Whatever stands in the place of one of its values."""
    content = replaced(PROJECT, path, value)
    text = tomli_w.dumps(content) if isinstance(content, dict) else ""

    finish(lambda: read_pyproject(text, extras=["b"]))
