"""The accelerator's wheel for each target: pinned here, so that the same venvault puts the same bytes into a bundle."""

import json
from dataclasses import replace
from pathlib import Path

from packaging.utils import canonicalize_name
from packaging.version import Version

from locks import IndexUnavailable, LockedWheel, Target
from locks.progress import Reporter

from applier.bundle.contents import Member
from applier.bundle.layout import accelerator_member

from .errors import StoreError
from .fetch import Fetcher, OpenSources
from .runner import Runner
from .store import Store

_PINS = Path(__file__).with_name("accelerators.json")


def accelerator_for(target: Target) -> LockedWheel | None:
    """Give the wheel that lets workers inflate faster on `target`; None when there is none for it."""
    pins = json.loads(_PINS.read_text("utf-8"))
    pin = pins["wheels"].get(f"{target.platform.name}-py{target.python.replace('.', '')}")
    if pin is None:
        return None
    return LockedWheel(
        name=canonicalize_name(pins["name"]),
        version=Version(pins["version"]),
        filename=pin["filename"],
        size_bytes=pin["size"],
        sha256=pin["sha256"],
    )


def as_member(wheel: LockedWheel) -> Member:
    """Give the accelerator as the bundle holds it."""
    return Member(name=accelerator_member(wheel.filename), size_bytes=wheel.size_bytes, sha256=wheel.sha256)


def accelerated(runner: Runner, accelerator: LockedWheel | None) -> Runner:
    """Give the runner with the accelerator among what it is made of."""
    if accelerator is None:
        return runner
    return replace(runner, versions=tuple(sorted((*runner.versions, (accelerator.name, str(accelerator.version))))))


def is_had(accelerator: LockedWheel, store: Store, open_sources: OpenSources, reporter: Reporter) -> bool:
    """Fetch the accelerator unless the store has it; say when it cannot be had, because the bundle is another then.

    Nobody waits for a network that is not there.
    """
    if store.has(accelerator):
        return True
    try:
        Fetcher(store, open_sources, reporter, patient=False).fetch([accelerator])
    except (StoreError, IndexUnavailable) as error:
        found = "; ".join(f"{problem.where}: {problem.found}" for problem in error.problems)
        reporter.warned(f"left out of the bundle, which is applied more slowly: {found}")
        return False
    return True
