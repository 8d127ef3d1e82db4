"""The file that `init` starts from, whichever kind it is, as a draft."""

import codecs
from collections.abc import Sequence
from pathlib import Path

from locks import Problem

from ..errors import DraftError
from .dependencies_json import read_dependencies_json
from .draft import Draft
from .pyproject import read_pyproject
from .requirements_txt import read_requirements_txt

_BYTE_ORDER_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
"""PowerShell's `pip freeze > requirements.txt` writes UTF-16."""


def _read_text(path: Path) -> str:
    """Read a file of text; raises OSError, or ValueError when it is none."""
    data = path.read_bytes()
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS.items() if data.startswith(mark)), "utf-8")
    return data.decode(encoding)


def _read_whole(path: Path) -> str:
    try:
        return _read_text(path)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        problem = Problem(code="source-invalid", where=str(path), expected="a file of text", found=reason or str(error))
        raise DraftError(problem) from None


def read_source(path: Path, extras: Sequence[str]) -> Draft:
    """Read the file by the kind its name tells; `extras` are those of a pyproject.toml to take.

    Raises:
        DraftError: it cannot be read, or holds what cannot become a manifest.
    """
    match path.suffix.lower():
        case ".toml":
            return read_pyproject(_read_whole(path), document=str(path), extras=extras)
        case ".json":
            return read_dependencies_json(_read_whole(path), document=str(path))
        case ".txt" | ".in":
            return read_requirements_txt(path, _read_text)
        case suffix:
            problem = Problem(
                code="source-invalid",
                where=str(path),
                expected="requirements.txt, requirements.in, pyproject.toml or dependencies.json",
                found="a folder" if path.is_dir() else f"a name that ends in {suffix!r}",
                hint="name one of these files in it" if path.is_dir() else "",
            )
            raise DraftError(problem)
