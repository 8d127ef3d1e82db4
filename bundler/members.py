"""What a bundle holds: the lock, its wheels and files, the runner, and what tells people and other tools of it."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from locks import Lock

from applier.bundle.layout import (
    CONTENTS,
    LICENCES,
    LOCK,
    MAIN,
    REQUIREMENTS,
    SBOM,
    START_HERE,
    Base,
    Contents,
    Member,
    contents_to_bytes,
)
from applier.wheels.plan import Plan

from .archive import Source, describe
from .copying import Pinned
from .desk import Judged
from .licence_page import licence_page
from .licences import Licence
from .runner import Runner
from .sign import sign_contents
from .texts import line_end, main_text, requirements_text, start_here_text


def _describing(lock: Lock, lock_bytes: bytes, judged: Judged, runner: Runner) -> Iterator[tuple[str, str]]:
    """Give the members that tell people and other tools what is in the bundle."""
    from .sbom import sbom  # half a second that `--help` and refusals need not wait for

    licences = (
        Licence(wheel=wheel, texts=facts.licence_texts, nvidia_files=facts.nvidia_files)
        for wheel, facts in judged.facts.items()
    )
    yield START_HERE, start_here_text(lock, judged.plan)
    yield REQUIREMENTS, requirements_text(lock)
    yield SBOM, sbom(lock, lock_bytes, runner=runner.versions)
    yield LICENCES, licence_page(licences, line_end=line_end(lock))


def _contents(
    lock: Lock, plan: Plan, runner: Runner, members: tuple[Member, ...], base: Base | None, serial: int
) -> Contents:
    return Contents(
        stack=lock.stack,
        stack_version=lock.stack_version,
        target=lock.target.name,
        members=tuple(sorted(members, key=lambda member: member.name)),
        installed_files=len(plan.files),
        installed_bytes=plan.size_bytes,
        longest_path=plan.longest_path,
        runner=runner.versions,
        base=base,
        serial=serial,
    )


def bundle_members(
    lock: Lock,
    lock_bytes: bytes,
    judged: Judged,
    *,
    runner: Runner,
    bulk: Mapping[str, Pinned],
    base: Base | None,
    serial: int,
    signing_keys: Sequence[Path],
) -> tuple[Contents, dict[str, Source]]:
    """Give what the bundle says it holds, and what it holds: of `bulk`, the large ones, all but what its base has."""
    small = {
        LOCK: lock_bytes,
        MAIN: main_text(lock).encode("utf-8"),
        **{name: text.encode("utf-8") for name, text in _describing(lock, lock_bytes, judged, runner)},
        **runner.members,
    }
    left_out = {wheel.name for wheel in base.wheels} if base else set()
    carried = {name: file for name, file in bulk.items() if name not in left_out}
    described = [describe(name, data) for name, data in small.items()]
    described += [Member(name=name, size_bytes=file.size_bytes, sha256=file.sha256) for name, file in carried.items()]
    contents = _contents(lock, judged.plan, runner, tuple(described), base, serial)
    contents_bytes = contents_to_bytes(contents)
    return contents, {**small, CONTENTS: contents_bytes, **sign_contents(signing_keys, contents_bytes), **carried}
