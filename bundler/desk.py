"""What is checked at the release engineer's desk alone: what the target could not help, or would learn too late."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from locks import Lock, LockedWheel, Problem, Target
from locks.progress import Reporter

from applier.bundle.extent import Extent
from applier.environment.scheme import is_windows, longest_path, path_length
from applier.environment.siblings import room_for_folder
from applier.errors import BundleDamaged
from applier.extra_files import plan_files
from applier.wheels.ban import refuse_banned_imports
from applier.wheels.place import PlannedFile, place_wheel
from applier.wheels.plan import Plan, join_plan
from applier.wheels.source import WheelContents

from .contents import content_problems
from .cuda import cuda_problems
from .errors import WheelConflict
from .facts import WheelFacts, read_facts, read_metadata
from .metadata import judge_metadata
from .notes import Notes
from .store import Store

FOLDER_ALLOWANCE = 60
r"""Characters that the folder is sure to get on Windows: `C:\Users\first.lastname\AppData\Local\Programs\...`."""


def path_problems(plan: Plan, target: Target) -> list[Problem]:
    """Find the paths that leave too little room for the folder on Windows, where whole paths are short."""
    if not is_windows(target):
        return []
    return [
        Problem(
            code="path-too-long",
            where=f"{plan.files[path].owner}: {path!r}",
            expected=f"room for a folder of {FOLDER_ALLOWANCE} characters before it, of {longest_path(target)} in all",
            found=f"{path_length(path, target)} characters",
            hint="hold the package at a release with shorter paths, or do without it",
        )
        for path in sorted(plan.files)
        if room_for_folder(path, target) < FOLDER_ALLOWANCE
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What the desk found out of a lock's wheels, all of them in order."""

    plan: Plan
    facts: Mapping[LockedWheel, WheelFacts]
    read: Mapping[LockedWheel, Extent]
    """The wheels that it read, as they lay there; of the others everything was noted."""


class _Wheels:
    """Those of a lock, some noted, the rest placed by their bytes."""

    def __init__(self, lock: Lock, store: Store, notes: Notes) -> None:
        self.noted = notes.read(lock.wheels)
        self.extents = {
            wheel: Extent.of_files([store.path(wheel.sha256)]) for wheel in lock.wheels if wheel not in self.noted
        }
        self.contents: dict[LockedWheel, WheelContents] = {}
        self.problems: list[Problem] = []
        self._files: dict[LockedWheel, Sequence[PlannedFile]] = {}
        tags = frozenset(lock.target.tags())
        for wheel in self.extents:
            with self.open(wheel) as stream:
                contents, self._files[wheel], problems = place_wheel(wheel, lock.target, tags, stream)
            self.problems += problems
            if contents is not None:
                self.contents[wheel] = contents

    def open(self, wheel: LockedWheel) -> BinaryIO:
        """Open a wheel that is not noted."""
        return self.extents[wheel].open(wheel.filename)

    def files(self, wheel: LockedWheel) -> Sequence[PlannedFile]:
        """Give where a wheel's files go."""
        return self.noted[wheel].files if wheel in self.noted else self._files[wheel]

    def metadata(self, wheel: LockedWheel) -> bytes:
        """Give a wheel's METADATA."""
        if wheel in self.noted:
            return self.noted[wheel].metadata
        with self.open(wheel) as stream:
            return read_metadata(self.contents[wheel], stream)

    def facts(self, wheel: LockedWheel) -> WheelFacts:
        """Give everything there is to know of a sound wheel."""
        if wheel in self.noted:
            return self.noted[wheel]
        with self.open(wheel) as stream:
            return read_facts(self.contents[wheel], self._files[wheel], stream)


def judge_at_desk(lock: Lock, store: Store, notes: Notes, reporter: Reporter) -> Judged:
    """Plan the installation as the target will, and judge that and every byte of the wheels.

    Raises:
        WheelConflict: with everything that is wrong; what the plan cannot be made with comes first, and alone.
    """
    wheels = _Wheels(lock, store, notes)
    try:
        placed = map(wheels.files, lock.in_install_order())
        plan = join_plan(placed, lock.target, extra=plan_files(lock), problems=wheels.problems)
        refuse_banned_imports(plan, lock)
    except BundleDamaged as error:
        raise WheelConflict(error.problems) from None
    unproven = {wheel: contents for wheel, contents in wheels.contents.items() if not notes.is_proven(wheel)}
    problems = cuda_problems(lock, plan) + path_problems(plan, lock.target)
    problems += judge_metadata(lock, wheels.metadata)
    problems += content_problems(unproven, wheels.extents, reporter)
    if problems:
        raise WheelConflict(problems)
    if is_windows(lock.target):
        room = room_for_folder(plan.longest_path, lock.target)
        reporter.noted(
            f"longest path {plan.longest_path!r}: on Windows the environment's folder may have {room} characters"
        )
    return Judged(plan=plan, facts={wheel: wheels.facts(wheel) for wheel in lock.wheels}, read=wheels.extents)
