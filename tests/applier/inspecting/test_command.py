"""`venvault inspect` on a command line, and from the bundle itself."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from compiler.cli import venvault
from tests.applier.inspecting.inspected import bundle_with_everything
from tests.bundles import make_bundle, truncate
from tests.events import result_of


def run(*arguments: object) -> Result:
    """Run the command line."""
    return CliRunner().invoke(venvault, ["inspect", *map(str, arguments)])


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A bundle that has everything."""
    return bundle_with_everything(tmp_path / "bundle.zip")


def test_text_json_and_page(bundle: Path, tmp_path: Path) -> None:
    """Text by itself; JSON for programs; the page in a file, and a line about it among the talk."""
    text, document = run(bundle), run(bundle, "--json")
    page = run(bundle, "--html", tmp_path / "page.html")

    assert text.stdout.startswith("bundle.zip: demo 2026.11, cu124-linux-x86_64-py311\n")
    assert result_of(document.stdout)["ok"] is True
    assert (page.stdout, page.stderr) == ("", f"written: {tmp_path / 'page.html'}\n")
    assert (tmp_path / "page.html").read_text("utf-8").startswith("<!doctype html>")
    assert [result.exit_code for result in (text, document, page)] == [0, 0, 0]


@pytest.mark.parametrize("name", ["bundle.zip", "bundle.zip.001", "bundle.zip.volumes.json", "link"])
def test_the_page_does_not_replace_what_it_is_about(name: str, bundle: Path) -> None:
    """By whatever name; a bundle that inspects itself needs none, so that its own is easily given."""
    (bundle.parent / "link").symlink_to(bundle)
    before = bundle.read_bytes()
    page = run(bundle, "--html", bundle.parent / name)

    assert page.exit_code == 2
    assert "would replace bundle.zip, which is read" in page.stderr
    assert bundle.read_bytes() == before


@pytest.mark.skipif(sys.platform == "win32", reason="links need permission there")
def test_a_page_may_take_the_place_of_a_link_in_a_circle(bundle: Path) -> None:
    """It leads to no bundle."""
    (bundle.parent / "loop").symlink_to("loop")

    assert run(bundle, "--html", bundle.parent / "loop").exit_code == 0


def test_a_bundle_for_another_system_can_be_inspected(bundle: Path) -> None:
    """Nothing is asked of this machine: the engineer looks at what others will install."""
    assert run(bundle).exit_code == 0


def test_a_damaged_bundle_ends_in_its_code(bundle: Path) -> None:
    """No traceback, exit code 3."""
    truncate(bundle, 1000)

    assert run(bundle).exit_code == 3


def test_the_bundle_inspects_itself(tmp_path: Path) -> None:
    """With nothing but Python, the same words, and the same page."""
    bundle = make_bundle(tmp_path / "bundle.zip")
    python = getattr(sys, "_base_executable", sys.executable)
    command = [python, "-I", "-S", bundle, "inspect"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
    subprocess.run([*command, "--html", tmp_path / "a.html"], capture_output=True, check=True)
    run(bundle, "--html", tmp_path / "b.html")

    assert done.stdout == run(bundle).stdout
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
