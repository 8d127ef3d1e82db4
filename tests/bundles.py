"""Whole real bundles made on the spot for the running interpreter, without network; and ways to damage them.

The wheels come from `tests.wheels`, the lock is built in code, the bundle is written by `bundler` itself from a store
that already has everything.
"""

import json
import platform
import sys
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from packaging.utils import NormalizedName, canonicalize_name

from locks import Lock, LockedWheel, Platform, Target
from locks.digest import sha256_of_bytes
from locks.index import Http, IndexSettings, SimpleIndex
from locks.lock import ORDINARY_INDEX, order_for_installation
from locks.target import PLATFORMS

from applier.bundle.contents import Contents, Member, contents_to_bytes
from applier.bundle.layout import CONTENTS, MAIN, wheel_member
from applier.machine.facts import Machine, look_at_machine
from applier.machine.trouble import Trouble
from bundler.archive import write_archive
from bundler.bundle import write_bundle
from bundler.copying import Source
from bundler.download import WheelSources
from bundler.store import Store
from bundler.written import WrittenBundle
from compiler.write import to_bytes
from tests.wheels import Wheel, make_wheel

# Old enough for every machine that can run the tests.
_FLOORS = {"glibc": (2, 17), "macos": (11, 0)}
_NO_GPU = Trouble(code="no-driver", found="no NVIDIA driver: there is none in this test", hint="")


def running_platform() -> Platform:
    """Give the platform the tests run on."""
    here = (sys.platform, platform.machine().lower())
    return next(each for each in PLATFORMS.values() if (each.sys_platform, each.machine.lower()) == here)


def running_target(variant: str = "cpu") -> Target:
    """Give the target that fits the running interpreter."""
    here = running_platform()
    floor = _FLOORS[here.floor_of] if here.floor_of else None
    return Target(variant=variant, platform=here, python="{}.{}".format(*sys.version_info), floor=floor)


def target_on(platform_name: str, variant: str = "cpu", python: str = "3.11") -> Target:
    """Give a target by its platform's name, which may be another than the running one."""
    there = PLATFORMS[platform_name]
    floor = {"glibc": (2, 28), "macos": (14, 0)}[there.floor_of] if there.floor_of else None
    return Target(variant=variant, platform=there, python=python, floor=floor)


def running_machine() -> Machine:
    """Give the machine the tests run on, without whatever GPU it has."""
    return replace(look_at_machine(), driver="", cuda=None, gpus=(), trouble=_NO_GPU)


def locked(wheel: Wheel, *, dependencies: Iterable[str] = (), index: str = "ordinary") -> LockedWheel:
    """Give the lock's entry for a wheel."""
    return LockedWheel(
        name=wheel.name,
        version=wheel.version,
        filename=wheel.filename,
        size_bytes=wheel.size_bytes,
        sha256=wheel.sha256,
        dependencies=tuple(sorted(canonicalize_name(name) for name in dependencies)),
        index=index,
    )


def make_lock(
    wheels: Iterable[Wheel],
    *,
    dependencies: Mapping[str, Iterable[str]] | None = None,
    target: Target | None = None,
    **more: Any,
) -> Lock:
    """Build a lock of `wheels`; `more` are fields of `Lock`, such as `checks` or `limits`."""
    edges = dependencies or {}
    entries = [locked(wheel, dependencies=edges.get(wheel.name, ())) for wheel in wheels]
    graph: dict[NormalizedName, tuple[NormalizedName, ...]] = {each.name: each.dependencies for each in entries}
    fields: dict[str, Any] = {
        "stack": "demo",
        "stack_version": "2026.11",
        "target": target or running_target(),
        "manifest_sha256": "0" * 64,
        "wheels": tuple(sorted(entries, key=lambda each: each.name)),
        "install_order": order_for_installation(graph),
    }
    return Lock(**(fields | more))


def fill_store(folder: Path, wheels: Iterable[Wheel]) -> Store:
    """Put wheels into a store at `folder`."""
    store = Store(folder)
    for wheel in wheels:
        path = store.path(wheel.sha256)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(wheel.data)
    return store


@cache
def unused_http() -> Http:
    """Give connections that nobody opens: everything wanted is in the store."""
    return Http(IndexSettings(index_urls=()))


def nowhere(*, patient: bool) -> WheelSources:  # noqa: ARG001  # as it is called
    """Give sources that have nothing."""
    http = unused_http()
    return WheelSources(http=http, indexes={ORDINARY_INDEX: SimpleIndex(http, roots=())})


def write_bundle_of(
    lock: Lock, wheels: Iterable[Wheel], path: Path, *, data: bytes | None = None, **more: Any
) -> WrittenBundle:
    """Write the bundle of a lock at `path`, over a store beside it; `more` as for `write_bundle`."""
    store = fill_store(path.parent / "store", wheels)
    return write_bundle(lock, data or to_bytes(lock), path, store=store, open_sources=nowhere, **more)


def make_bundle(
    path: Path, *wheels: Wheel, since: Path | None = None, volume_bytes: int | None = None, **more: Any
) -> Path:
    """Write a bundle of `wheels`, or of the demo wheels, at `path`; `more` as for `make_lock`."""
    chosen = wheels or demo_wheels()
    lock = make_lock(chosen, **more)
    return write_bundle_of(lock, chosen, path, since=since, volume_bytes=volume_bytes).path


def demo_wheels() -> tuple[Wheel, ...]:
    """Two wheels with something of everything: entry point, script, data, headers, a file both bring."""
    demo = make_wheel(
        "demo",
        "1.0",
        files={
            "demo/__init__.py": "__version__ = '1.0'\n\n\ndef main():\n    import sys\n    print('demo', sys.prefix)\n",
            "demo/__pycache__/__init__.cpython-311.pyc": b"stale",
            "shared/__init__.py": "",
        },
        entry_points="[console_scripts]\ndemo = demo:main\n",
        data_files={
            "scripts/demo-tool": "#!python\nimport demo\ndemo.main()\n",
            "data/share/demo/notes.txt": "notes\n",
            "headers/demo.h": "/* demo */\n",
        },
    )
    extra = make_wheel("extra", "2.0", files={"extra.py": "import demo\n", "shared/__init__.py": "", "shared/x.py": ""})
    return demo, extra


def read_members(bundle: Path) -> dict[str, bytes]:
    """Read every member of a bundle."""
    with zipfile.ZipFile(bundle) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def put_member(bundle: Path, name: str, data: bytes) -> None:
    """Add a member, or replace it; nothing else changes."""
    members: dict[str, Source] = {**read_members(bundle), name: data}
    write_archive(bundle, members)


def remove_member(bundle: Path, name: str) -> None:
    """Take a member out; nothing else changes."""
    members: dict[str, Source] = {key: data for key, data in read_members(bundle).items() if key != name}
    write_archive(bundle, members)


def edit_contents(bundle: Path, **changes: object) -> None:
    """Change keys of `bundle.json`; underscores stand for dashes."""
    document = json.loads(read_members(bundle)[CONTENTS])
    document |= {key.replace("_", "-"): value for key, value in changes.items()}
    put_member(bundle, CONTENTS, json.dumps(document).encode("utf-8"))


def relist(bundle: Path) -> None:
    """Make `bundle.json` list the members that are there: what only a careful forger does."""
    members = read_members(bundle)
    rows = [
        {"name": name, "size": len(data), "sha256": sha256_of_bytes(data)}
        for name, data in sorted(members.items())
        if name != CONTENTS
    ]
    edit_contents(bundle, members=rows)


def flip_bit(path: Path, offset: int, bit: int = 0) -> None:
    """Flip one bit of the file."""
    data = bytearray(path.read_bytes())
    data[offset] ^= 1 << bit
    path.write_bytes(data)


def truncate(path: Path, length: int) -> None:
    """Cut the file to its first bytes."""
    path.write_bytes(path.read_bytes()[:length])


@contextmanager
def room_for(size_bytes: int) -> Iterator[None]:
    """Let no file grow longer, as if the disk were full there; the system itself refuses the byte after."""
    if sys.platform == "win32":
        raise NotImplementedError("no limit on file sizes")
    else:  # for mypy, which takes the rest for unreachable there
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def bare_members(*wheels: Wheel, **more: Any) -> dict[str, Source]:
    """Give a bundle's members but the runner's: the least that can be opened, for tests that open it many times."""
    chosen = wheels or demo_wheels()
    lock = make_lock(chosen, **more)
    members: dict[str, bytes] = {wheel_member(wheel.filename): wheel.data for wheel in chosen}
    members |= {"pylock.toml": to_bytes(lock), MAIN: b"# nothing to run\n"}
    contents = Contents(
        stack=lock.stack,
        stack_version=lock.stack_version,
        target=lock.target.name,
        members=tuple(
            Member(name=name, size_bytes=len(data), sha256=sha256_of_bytes(data))
            for name, data in sorted(members.items())
        ),
        installed_files=0,
        installed_bytes=0,
        longest_path="pyvenv.cfg",
        runner=(),
    )
    return {**members, CONTENTS: contents_to_bytes(contents)}
