"""The first line of a script that a wheel ships."""

import subprocess
import sys
from pathlib import Path

import pytest

from applier.wheels.shebang import first_line, set_interpreter

PYTHON = "/env/bin/python"


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        pytest.param(b"#!python\nx = 1\n", b"#!/env/bin/python\nx = 1\n", id="placeholder"),
        pytest.param(b"#!pythonw\nx", b"#!/env/bin/python\nx", id="windowed placeholder"),
        pytest.param(b"#!python3 -E\nx", b"#!/env/bin/python\nx", id="placeholder with more"),
        pytest.param(b"#!python\r\nx\r\n", b"#!/env/bin/python\r\nx\r\n", id="line ends are kept"),
        pytest.param(b"#!python", b"#!/env/bin/python", id="nothing but the line"),
        pytest.param(b"#!/bin/sh\n#!python\n", b"#!/bin/sh\n#!python\n", id="shell script"),
        pytest.param(b"\x7fELF\0\n#!python\n", b"\x7fELF\0\n#!python\n", id="program"),
        pytest.param(b"", b"", id="empty"),
    ],
)
def test_only_the_placeholder_is_replaced(script: bytes, expected: bytes) -> None:
    """`#!python` becomes the environment's interpreter; whatever else a script begins with stays, byte for byte."""
    assert set_interpreter(script, PYTHON) == expected


@pytest.mark.parametrize(
    ("interpreter", "plain"),
    [
        pytest.param("/" + "x" * 124, True, id="as long as the kernel reads"),
        pytest.param("/" + "x" * 125, False, id="one longer"),
        pytest.param("/" + "ü" * 62, True, id="as long in bytes"),
        pytest.param("/" + "ü" * 63, False, id="one longer in bytes"),
        pytest.param("/a b", False, id="space"),
    ],
)
def test_the_shell_helps_where_the_kernel_cannot(interpreter: str, plain: bool) -> None:
    """A path that the kernel takes stands in the line as it is; any other is handed to the shell."""
    assert (first_line(interpreter) == f"#!{interpreter}".encode()) is plain
    assert first_line(interpreter).startswith(b"#!/bin/sh\n") is not plain


@pytest.mark.skipif(sys.platform == "win32", reason="Windows starts no script by its first line")
@pytest.mark.parametrize(
    "name",
    [
        pytest.param("plain", id="plain"),
        pytest.param("with space", id="space"),
        pytest.param("Größe 環境", id="beyond ASCII"),
        pytest.param("cost $HOME", id="dollar"),
        pytest.param("a `date` b", id="backquotes"),
        pytest.param('say "hi" now', id="double quotes"),
        pytest.param("it's here", id="single quote"),
        pytest.param("x" * 120, id="long"),
        pytest.param("tab\there", id="tab"),
    ],
)
def test_a_script_starts_wherever_its_interpreter_lies(name: str, tmp_path: Path) -> None:
    """Whatever the path is made of, the script is run by that very interpreter, with its own name and arguments."""
    python = tmp_path / name / "python"
    python.parent.mkdir()
    python.symlink_to(sys.executable)
    script = tmp_path / "script"
    script.write_bytes(set_interpreter(b"#!python\nimport sys\nprint(*sys.argv[1:])\n", str(python)))
    script.chmod(0o755)
    done = subprocess.run([script, "one", "two three"], capture_output=True, text=True, check=False)

    assert (done.stdout, done.stderr) == ("one two three\n", "")
