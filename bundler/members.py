"""What a bundle holds: the lock, its wheels and files, the runner, and what tells people and other tools of it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from locks import Lock

from applier.bundle.contents import Base, Contents, Member, contents_to_bytes
from applier.bundle.layout import CONTENTS, LICENCES, LOCK, MAIN, REQUIREMENTS, SBOM, START_HERE, wheel_member
from applier.wheels.plan import Plan

from .archive import describe, starts_itself
from .copying import Pinned, Source
from .desk import Judged
from .licence_page import licence_page
from .licences import Licence
from .runner import Runner
from .sign import sign_contents
from .start_here import start_here_text
from .texts import line_end, main_text, requirements_text


def _texts(lock: Lock, lock_bytes: bytes, judged: Judged, runner: Runner) -> dict[str, str]:
    """Give the members that tell people and other tools what is in the bundle, but for the first page."""
    from .sbom import sbom  # a tenth of a second that `--help` and refusals need not wait for

    licences = (
        Licence(wheel=wheel, texts=facts.licence_texts, nvidia_files=facts.nvidia_files)
        for wheel, facts in judged.facts.items()
    )
    return {
        MAIN: main_text(lock),
        REQUIREMENTS: requirements_text(lock),
        SBOM: sbom(lock, lock_bytes, runner=runner.versions),
        LICENCES: licence_page(licences, line_end=line_end(lock)),
    }


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
        source_bytes=plan.source_bytes,
        runner=runner.versions,
        base=base,
        serial=serial,
    )


def _with_outlines(base: Base, outlines: Mapping[str, str]) -> Base:
    """Give the base with the digest of each wheel's outline, by member name."""
    return replace(base, wheels=tuple(replace(wheel, outline_sha256=outlines[wheel.name]) for wheel in base.wheels))


def bundle_members(
    lock: Lock,
    lock_bytes: bytes,
    judged: Judged,
    *,
    runner: Runner,
    bulk: Mapping[str, Pinned],
    base: Base | None,
    volume_bytes: int | None,
    serial: int,
    signing_keys: Sequence[Path],
) -> tuple[Contents, dict[str, Source]]:
    """Give what the bundle says it holds, and what it holds: of `bulk`, the large ones, all but what its base has.

    It is signed twice when the signatures are what makes it too large to start itself, which its first page tells.

    Raises:
        OutputError: it cannot be signed.
    """
    texts = _texts(lock, lock_bytes, judged, runner)
    outlines = {wheel_member(wheel.filename): facts.outline_sha256 for wheel, facts in judged.facts.items()}
    base = base and _with_outlines(base, outlines)
    left_out = {wheel.name for wheel in base.wheels} if base else set()
    carried = {name: file for name, file in bulk.items() if name not in left_out}
    for is_beside in (False, True):  # what does not fit without the words for it fits with them even less
        texts[START_HERE] = start_here_text(lock, judged.plan, base=base, is_beside=is_beside)
        small = {LOCK: lock_bytes, **{name: text.encode("utf-8") for name, text in texts.items()}, **runner.members}
        described = [describe(name, data) for name, data in small.items()]
        described += [
            Member(name=name, size_bytes=file.size_bytes, sha256=file.sha256, outline_sha256=outlines.get(name, ""))
            for name, file in carried.items()
        ]
        contents = _contents(lock, judged.plan, runner, tuple(described), base, serial)
        members: dict[str, Source] = {**small, CONTENTS: contents_to_bytes(contents), **carried}
        if is_beside or starts_itself(members, volume_bytes):
            members |= sign_contents(signing_keys, contents_to_bytes(contents))
            if is_beside or starts_itself(members, volume_bytes):
                break
    return contents, members
