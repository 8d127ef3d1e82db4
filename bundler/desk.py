"""What is checked at the release engineer's desk alone: what the target could not help, or would learn too late."""

from collections.abc import Mapping
from pathlib import Path

from locks import Lock, Problem, Target
from locks.progress import Reporter

from applier.environment.scheme import is_windows, longest_path, path_length
from applier.environment.siblings import room_for_folder
from applier.wheels.plan import Plan

from .contents import content_problems
from .cuda import cuda_problems
from .errors import WheelConflict
from .metadata import metadata_problems
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


def judge_at_desk(lock: Lock, plan: Plan, paths: Mapping[str, Path], store: Store, reporter: Reporter) -> None:
    """Judge what the plan of a lock's wheels amounts to, and every byte of them; `paths` has them by file name.

    Raises:
        WheelConflict: with everything that is wrong.
    """
    contents = {wheel: plan.wheels[wheel.filename] for wheel in lock.wheels}
    problems = cuda_problems(lock, plan) + path_problems(plan, lock.target)
    problems += metadata_problems(lock, contents, paths)
    problems += content_problems(contents, paths, store, reporter)
    if problems:
        raise WheelConflict(problems)
    if is_windows(lock.target):
        room = room_for_folder(plan.longest_path, lock.target)
        reporter.noted(
            f"longest path {plan.longest_path!r}: on Windows the environment's folder may have {room} characters"
        )
