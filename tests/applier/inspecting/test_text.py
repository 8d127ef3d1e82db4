"""An inspection in words."""

from dataclasses import replace
from pathlib import Path

from locks import LeftOut

from applier.inspecting.text import to_text
from tests.applier.inspecting.inspected import inspection_of_everything, many_packages


def test_the_whole_text(tmp_path: Path) -> None:
    """Target, sizes, needs, a bar for each package with NVIDIA's part first, and all that a lock says beside."""
    found = inspection_of_everything(tmp_path)
    text = to_text(found)
    lines = text.splitlines()

    assert lines[0] == "bundle.zip: demo 2026.11, cu124-linux-x86_64-py311"
    assert "  NVIDIA driver  525.60.13 or newer" in lines
    table = {line.split()[0]: line.split()[-1] for line in lines if set(line.split(" ")[-1]) <= {"#", "="} and line}
    assert table["nvidia-cublas-cu12"].startswith("#" * 28)
    assert table["torch"] == "###" + "=" * (len(table["torch"]) - 3)
    assert set(table["numpy"]) == {"="}
    for heading in ("needs", "checks after installing", "extra files", "left out", "dropped on purpose", "signatures"):
        assert heading in lines
    assert "  share/demo/models/a.bin: 700 bytes" in lines
    assert any(line.startswith("  1 extra file ") and line.endswith("  ==") for line in lines)
    assert "  torch goes without torchao: not needed" in lines


def test_a_terminal_obeys_nothing_that_a_bundle_says(tmp_path: Path) -> None:
    """Control characters are escaped, so that no word moves the cursor or forges a line."""
    found = inspection_of_everything(tmp_path)
    lock = replace(found.lock, left_out=(LeftOut(group="a\x1b[2J", reason="b\nsignatures\n  trusted \ud800"),))
    text = to_text(replace(found, lock=lock))

    assert r"  a\x1b[2J: b\nsignatures\n  trusted \ud800" in text.splitlines()


def test_small_packages_are_told_together() -> None:
    """Three hundred packages do not make three hundred lines; nothing is lost from the sum."""
    lines = to_text(many_packages(300)).splitlines()
    rows = [line for line in lines if line.startswith("  package-")]
    (rest,) = [line for line in lines if "smaller ones" in line]

    assert len(rows) + int(rest.split()[0]) == 300
    assert len(rows) < 170


def test_a_bundle_of_nothing_has_a_text() -> None:
    """No package, no bar, no division by zero."""
    assert "0 packages; 0 bytes or 0.0 % of the installed" in to_text(many_packages(0))


def test_a_windows_console_can_show_it(tmp_path: Path) -> None:
    """What we say is ASCII; only the lock's own words may be more."""
    assert to_text(inspection_of_everything(tmp_path)).isascii()
