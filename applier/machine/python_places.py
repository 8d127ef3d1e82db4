"""Where each kind of installer puts its Pythons. Pure."""

from collections.abc import Iterator, Mapping
from pathlib import Path

# Kind -> patterns; X.Y stands for the wanted minor, XY for it without the dot, $NAME for a folder of `_roots`.
_POSIX = {
    "PATH": ("$PATH/pythonX.Y", "$PATH/python3", "$PATH/python"),
    "pyenv": ("$PYENV/versions/X.Y*/bin/python",),
    "uv": ("$UV/cpython-X.Y*/bin/python",),
    "conda": ("$CONDA/bin/pythonX.Y", "$CONDA/envs/*/bin/pythonX.Y"),
    "asdf, mise or rye": (
        "$HOME/.asdf/installs/python/X.Y*/bin/python",
        "$DATA/mise/installs/python/X.Y*/bin/python",
        "$HOME/.rye/py/cpython@X.Y*/bin/python3",
    ),
    "a usual folder": (
        "/usr/bin/pythonX.Y",
        "/usr/local/bin/pythonX.Y",
        "/opt/python*/bin/pythonX.Y",
        "/opt/python/*/bin/pythonX.Y",
        "/opt/homebrew/bin/pythonX.Y",
        "/Library/Frameworks/Python.framework/Versions/X.Y/bin/pythonX.Y",
    ),
}
_WINDOWS = {
    "PATH": ("$PATH/python.exe", "$PATH/pythonX.Y.exe", "$PATH/python3.exe"),
    "pyenv": ("$PYENV/pyenv-win/versions/X.Y*/python.exe", "$PYENV/versions/X.Y*/python.exe"),
    "uv": ("$UV/cpython-X.Y*/python.exe",),
    "conda": ("$CONDA/python.exe", "$CONDA/envs/*/python.exe"),
    "a usual folder": (
        "$LOCALAPPDATA/Programs/Python/PythonXY/python.exe",
        "$PROGRAMFILES/PythonXY/python.exe",
        "C:/PythonXY/python.exe",
    ),
}


def _roots(environ: Mapping[str, str], home: Path, *, windows: bool) -> dict[str, list[Path]]:
    """Give the folders that the names in the patterns stand for; a variable that is set wins."""

    def given(name: str, *otherwise: Path) -> list[Path]:
        return [Path(environ[name])] if environ.get(name) else list(otherwise)

    data = given("XDG_DATA_HOME", home / ".local/share")
    roaming = given("APPDATA", home / "AppData/Roaming") if windows else data
    condas = [home / name for name in ("miniforge3", "mambaforge", "miniconda3", "anaconda3", ".conda")]
    return {
        "PATH": [Path(part) for part in environ.get("PATH", "").split(";" if windows else ":") if part],
        "PYENV": given("PYENV_ROOT", home / ".pyenv"),
        "UV": given("UV_PYTHON_INSTALL_DIR", *(root / "uv/python" for root in roaming)),
        "CONDA": [*given("CONDA_PREFIX"), *condas, *([] if windows else [Path("/opt/conda"), Path("/opt/miniconda3")])],
        "HOME": [home],
        "DATA": data,
        "LOCALAPPDATA": given("LOCALAPPDATA", home / "AppData/Local"),
        "PROGRAMFILES": given("PROGRAMFILES"),
    }


def patterns(minor: str, environ: Mapping[str, str], home: Path, *, windows: bool) -> Iterator[tuple[str, Path, str]]:
    """Give where Pythons of a minor ("3.11") may be: the kind, a folder, and a pattern below it. Pure."""
    roots = _roots(environ, home, windows=windows)
    for kind, texts in (_WINDOWS if windows else _POSIX).items():
        for text in texts:
            wanted = text.replace("X.Y", minor).replace("XY", minor.replace(".", ""))
            head, _, tail = wanted.partition("/")
            if not head.startswith("$"):
                anchor = Path(wanted).anchor
                yield kind, Path(anchor), wanted[len(anchor) :]
                continue
            for root in roots[head[1:]]:
                yield kind, root, tail
