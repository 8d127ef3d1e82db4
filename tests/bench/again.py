"""`apply` where an environment stands, and `verify`, against the first apply of the same round; with all checks.

And the same steps of another venvault, where one is given.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from packaging.utils import NormalizedName

from locks import Check

from applier.bundle.reader import Bundle
from applier.standing import bundle_digest
from tests.bundles import make_bundle
from tests.wheels import make_wheel

from .apply import large_wheel, small_wheels
from .figures import Contest
from .measure import CommandFailed, Sample, measure, settle
from .resolvers import VENVAULT
from .rounds import contests_of, in_turn
from .surroundings import environment

_FIRST = "first"
_BEFORE = "before: "
"""The names of the other venvault's steps begin with it."""
_REPORT = "report.json"
_IMPORT_ALL = """\
from importlib import import_module
from pkgutil import iter_modules
for name in {names}:
    for module in iter_modules(import_module(name).__path__, name + "."):
        import_module(module.name)
"""
_EARLY, _LATE = 3, 3
"""How many checks come after one package, and after all: more than run at once, so that they share bytecode."""


def _imports(name: str, packages: Sequence[NormalizedName], *, after: Sequence[NormalizedName] = ()) -> Check:
    return Check(name=name, code=_IMPORT_ALL.format(names=list(packages)), after=tuple(after))


def generated_bundles(folder: Path) -> tuple[Path, Path]:
    """Make a bundle whose checks import its packages, some of them early, and one with another version of a package."""
    small = small_wheels()
    names = [wheel.name for wheel in small]
    checks = [_imports(f"{name} imports", [name], after=[name]) for name in names[:_EARLY]]
    checks += [_imports(f"all import, {number}", names) for number in range(_LATE)]
    changing = [make_wheel("changing", version, files={"changing.py": version}) for version in ("1.0", "2.0")]
    bundle, update = (
        make_bundle(folder / f"{wheel.version}.zip", *small, large_wheel(), wheel, checks=tuple(checks))
        for wheel in changing
    )
    return bundle, update


def are_same(bundle: Path, other: Path) -> bool:
    """Say whether two files are one bundle: to go over from it to itself is not to be measured.

    Raises:
        Error: one of them is none.
    """
    return bundle_digest(Bundle.open(bundle)) == bundle_digest(Bundle.open(other))


def _steps(tool: str, bundle: Path, update: Path | None) -> Mapping[str, list[str]]:
    """Give the commands that one environment lives through, to be run in one folder."""
    into = ["--into", "env", "--yes", "--no-keep", "--report", _REPORT]
    first = [tool, "apply", str(bundle), *into]
    verify = [tool, "verify", "env", "--report", _REPORT]
    steps = {_FIRST: first, "--force": [*first, "--force"], "verify": verify}
    return steps | ({"update": [tool, "apply", str(update), *into]} if update else {})


def _checks_in(report: Path) -> list[dict[str, Any]]:
    """Read how the checks of a run ended; `verify` tells of its own beside those in the receipt."""
    told = json.loads(report.read_bytes())
    checks: list[dict[str, Any]] = told.get("found", told["receipt"])["checks"]
    return checks


def _run(name: str, command: Sequence[str], folder: Path, report: Callable[[str], None]) -> Sample:
    """Measure one step. Raises CommandFailed when it fails, or a check does, be it critical or not."""
    settle()
    sample = measure(command, environment=environment(), folder=folder, of_tree=True)
    checks = _checks_in(folder / _REPORT)
    failed = [f"check failed: {check['name']}\n{check['output']}" for check in checks if check["outcome"] == "failed"]
    if failed:
        raise CommandFailed(command, 0, "\n".join(failed))
    report(f"{name}: {sum(check['outcome'] == 'passed' for check in checks)} of {len(checks)} checks passed")
    return sample


def _round(
    tools: Mapping[str, str], bundle: Path, update: Path | None, report: Callable[[str], None], where: Path
) -> Mapping[str, Sample]:
    """Have each tool make an environment and take it through all steps."""
    found = {}
    for prefix, tool in tools.items():
        with TemporaryDirectory(dir=where) as folder:
            for step, command in _steps(tool, bundle, update).items():
                name = prefix + step
                found[name] = _run(name, command, Path(folder), report)
    return found


def pairs(names: Collection[str]) -> list[tuple[str, str]]:
    """Give what is held against what: our steps against our first, then each against the other venvault's."""
    theirs = {name for name in names if name.startswith(_BEFORE)}
    ours = [name for name in names if name not in theirs]
    against_first = [(name, _FIRST) for name in ours if name != _FIRST]
    return against_first + [(name, _BEFORE + name) for name in ours if _BEFORE + name in theirs]


def contests(
    bundle: Path,
    update: Path | None,
    *,
    before: str | None,
    places: Iterable[Path],
    rounds: int,
    most_s: float,
    report: Callable[[str], None],
) -> list[Contest]:
    """Take environments through all steps, `rounds` times, in each of `places`; by the venvault `before` too, if any.

    No further round is begun that would likely end later than `most_s` seconds after the first one's beginning.

    Raises:
        CommandFailed: a step failed, or a check.
        IndexUnavailable: pip's configuration cannot be read.
    """
    tools = {"": VENVAULT} | ({_BEFORE: before} if before else {})
    run_all = partial(_round, tools, bundle, update, report)
    runs = in_turn(places, run_all, rounds=rounds, most_s=most_s, report=report)
    some_run, *_ = next(iter(runs.values()))
    return contests_of(runs, pairs(some_run))
