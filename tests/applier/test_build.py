"""The environment-to-be, before anything of it is written."""

from pathlib import Path

from packaging.utils import canonicalize_name

from locks import Check
from locks.progress import SILENT

from applier.build import plan_bundle
from applier.bundle.reader import Bundle
from applier.environment.scheme import scheme_paths
from tests.bundles import make_bundle, running_target
from tests.wheels import make_wheel

SITE = scheme_paths(running_target(), "x")["purelib"]


def test_a_file_that_two_wheels_bring_comes_with_the_one_installed_first(tmp_path: Path) -> None:
    """A check runs once what it needs is in place: none of that may come later, with a wheel it does not need."""
    also, needed = (make_wheel(name, "1", files={"both/__init__.py": ""}) for name in ("also", "needed"))
    check = Check(name="c", code="import both", after=(canonicalize_name("needed"),))
    bundle = Bundle.open(make_bundle(tmp_path / "b.zip", also, needed, checks=(check,)))

    assert plan_bundle(bundle, SILENT).files[f"{SITE}/both/__init__.py"].owner == needed.filename
