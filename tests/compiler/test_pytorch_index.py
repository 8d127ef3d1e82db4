"""The PyTorch index and its quirks, each held from manifest to lock (and to the bundle's store where it ends there).

Three servers stand for three hosts: the ordinary registry, the index itself, and the host that has its files. Each
test is one quirk; its docstring begins with the section of the facts that tells of it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from locks import Error, IndexUnavailable, Lock, LockedWheel, Problem
from locks.index import Http, IndexSettings, SimpleIndex, uploaded_at
from locks.progress import SILENT

from bundler.download import WheelSources
from bundler.errors import StoreError
from bundler.fetch import Fetcher
from bundler.store import Store
from compiler import Source, compile_manifest, read_manifest
from compiler.errors import ManifestError, ResolutionError
from compiler.offers.cache import MetadataCache, PageCache
from compiler.write import to_bytes
from tests.index_server import IndexServer
from tests.wheels import Wheel, make_wheel

LINUX = "cp311-cp311-linux_x86_64"
LINUX_2_28 = "cp311-cp311-manylinux_2_28_x86_64"
AARCH64 = "cp311-cp311-linux_aarch64"
WINDOWS = "cp311-cp311-win_amd64"
WHL = "whl/cu124"
NVIDIA = "nvidia-cudnn-cu12==9.1.0.70; platform_system == 'Linux' and platform_machine == 'x86_64'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosts:
    """The ordinary registry, the PyTorch index, and the host of its files."""

    registry: IndexServer
    index: IndexServer
    files: IndexServer


@pytest.fixture
def hosts() -> Iterator[Hosts]:
    """Three empty hosts that answer."""
    with IndexServer() as registry, IndexServer() as index, IndexServer() as files:
        yield Hosts(registry=registry, index=index, files=files)


def torch(
    version: str = "1.0.0+cu124",
    tag: str = LINUX,
    *,
    requires: Sequence[str] = (),
    build: str | None = None,
    requires_python: str | None = None,
) -> Wheel:
    """A torch as the index has it: METADATA at the front of more bytes than are read from a wheel's end."""
    return make_wheel(
        "torch",
        version,
        tag=tag,
        requires=requires,
        build=build,
        requires_python=requires_python,
        metadata_first=True,
        padding_bytes=100_000,
    )


def manifest_text(
    hosts: Hosts,
    *requirements: str,
    index: str = WHL,
    from_index: Sequence[str] = ("torch",),
    platforms: Sequence[str] = ("linux-x86_64",),
    python: Sequence[str] = ("3.11",),
    floors: str = "{ glibc = '2.28' }",
    variant: str = "cu124",
    rest: str = "",
) -> str:
    """A manifest of one CUDA variant with its own index."""
    return f"""
[stack]
name = "demo"
version = "1"
python = {list(python)}
platforms = {list(platforms)}
floors = {floors}
requirements = {list(requirements)}
[variants.{variant}]
index = "{hosts.index.url}/{index}"
from-index = {list(from_index)}
{rest}
"""


def source_of(hosts: Hosts, cache: Path | None = None) -> Source:
    """The registry, and what is remembered in `cache`."""
    return Source(
        settings=IndexSettings(index_urls=(hosts.registry.simple_url,)),
        pages=PageCache(folder=cache / "pages") if cache else None,
        metadata=MetadataCache(folder=cache / "metadata") if cache else None,
    )


def compiled(hosts: Hosts, text: str, cache: Path | None = None) -> tuple[Lock, ...]:
    """The locks of a manifest."""
    return compile_manifest(read_manifest(text), source_of(hosts, cache))


def only_lock(hosts: Hosts, text: str) -> Lock:
    """The one lock of a manifest with one target."""
    (lock,) = compiled(hosts, text)
    return lock


def refused(hosts: Hosts, text: str, kind: type[Error] = ResolutionError) -> Problem:
    """The one problem in a manifest's way."""
    with pytest.raises(Error) as caught:
        compiled(hosts, text)
    assert type(caught.value) is kind
    (problem,) = caught.value.problems
    return problem


def wheel_in(lock: Lock, name: str = "torch") -> LockedWheel:
    """A package's wheel in a lock."""
    return next(wheel for wheel in lock.wheels if wheel.name == name)


def picks_of(lock: Lock) -> dict[str, str]:
    """Project -> version."""
    return {wheel.name: str(wheel.version) for wheel in lock.wheels}


def paths(server: IndexServer) -> list[str]:
    """Every path asked for so far."""
    return [request.path for request in server.requests]


def fetched(hosts: Hosts, lock: Lock, folder: Path, *, index: str = WHL) -> dict[str, Path]:
    """The lock's wheels in a bundle's store."""
    http = Http(IndexSettings(index_urls=()))
    indexes = {
        "ordinary": SimpleIndex(http, roots=(hosts.registry.simple_url,)),
        lock.target.variant: SimpleIndex(http, roots=(f"{hosts.index.url}/{index}",)),
    }
    store = Store(folder)
    sources = WheelSources(http=http, indexes=indexes)
    Fetcher(store, lambda *, patient: sources, SILENT).fetch(lock.wheels)
    return {wheel.filename: store.path(wheel.sha256) for wheel in lock.wheels}


# Page format.


def test_root_relative_address_with_an_escaped_plus(hosts: Hosts, tmp_path: Path) -> None:
    """Section 4, page format: the href has %2B and starts at the root, the file's name in the lock has the plus."""
    path = hosts.index.add(torch(), root=WHL)
    page = SimpleIndex(Http(IndexSettings(index_urls=())), roots=(f"{hosts.index.url}/{WHL}",)).links(torch().name)
    lock = only_lock(hosts, manifest_text(hosts, "torch"))

    assert page[0].url == f"{hosts.index.url}/whl/cu124/torch-1.0.0%2Bcu124-{LINUX}.whl"
    assert wheel_in(lock).filename == f"torch-1.0.0+cu124-{LINUX}.whl"
    assert fetched(hosts, lock, tmp_path)[torch().filename].read_bytes() == torch().data
    assert path in paths(hosts.index)


def test_comment_after_the_page(hosts: Hosts) -> None:
    """Section 4, page format: what follows </html> is no link, and costs none."""
    hosts.index.add(torch(), root=WHL)
    page = Http(IndexSettings(index_urls=())).get(f"{hosts.index.url}/{WHL}/torch/").body

    assert page.endswith(b"</html>\n<!--TIMESTAMP 1703347410-->")
    assert wheel_in(only_lock(hosts, manifest_text(hosts, "torch"))).sha256 == torch().sha256


def test_html_alone(hosts: Hosts) -> None:
    """Section 4, layout: there is no JSON and no negotiation; we ask for JSON first and read what comes."""
    hosts.index.add(torch(), root=WHL)
    only_lock(hosts, manifest_text(hosts, "torch"))

    assert (hosts.index.requests[0].accept or "").startswith("application/vnd.pypi.simple.v1+json")


@pytest.mark.parametrize("core_metadata", [True, False], ids=["metadata beside", "metadata by ranges"])
def test_files_on_another_host(hosts: Hosts, tmp_path: Path, *, core_metadata: bool) -> None:
    """Section 4, page format: since 2026 torch's hrefs are absolute, to another host; the index has the page alone."""
    hosts.index.add(torch(), root=WHL, host=hosts.files, core_metadata=core_metadata)
    lock = only_lock(hosts, manifest_text(hosts, "torch"))

    assert (wheel_in(lock).sha256, wheel_in(lock).size_bytes) == (torch().sha256, torch().size_bytes)
    assert fetched(hosts, lock, tmp_path)[torch().filename].read_bytes() == torch().data
    assert set(paths(hosts.index)) == {"/whl/cu124/torch/"}
    assert hosts.files.url not in to_bytes(lock).decode()


def test_files_of_one_page_on_two_hosts(hosts: Hosts) -> None:
    """Section 4, page format: some hrefs start at the root, some are absolute; each is read where it says."""
    hosts.index.add(torch("1.0.0+cu124"), root=WHL)
    hosts.index.add(torch("1.1.0+cu124"), root=WHL, host=hosts.files)
    for version, host in (("1.0.0", hosts.index), ("1.1.0", hosts.files)):
        lock = only_lock(hosts, manifest_text(hosts, f"torch=={version}"))

        assert picks_of(lock) == {"torch": f"{version}+cu124"}
        assert any(version in path for path in paths(host))


def test_metadata_beside_some_files_only(hosts: Hosts) -> None:
    """Section 4, page format: metadata is asked for apart where the page offers it, and read by ranges elsewhere."""
    old, new = torch("1.0.0+cu124", requires=["a"]), torch("1.1.0+cu124", requires=["a", "b"])
    hosts.index.add(old, root=WHL)
    hosts.index.add(new, root=WHL, core_metadata=True)
    for name in "ab":
        hosts.registry.add(make_wheel(name, "1"))

    assert picks_of(only_lock(hosts, manifest_text(hosts, "torch"))) == {"a": "1", "b": "1", "torch": "1.1.0+cu124"}
    assert picks_of(only_lock(hosts, manifest_text(hosts, "torch<1.1"))) == {"a": "1", "torch": "1.0.0+cu124"}
    assert [path for path in paths(hosts.index) if path.endswith(".metadata")] == [
        f"/whl/cu124/{new.filename}.metadata"
    ]
    sent = sum(request.sent_bytes for request in hosts.index.requests if request.path.endswith(".whl"))
    assert sent < old.size_bytes


def test_metadata_hash_is_not_the_wheels(hosts: Hosts) -> None:
    """Section 4, page format: two hashes stand in one anchor; the lock has the wheel's."""
    hosts.index.add(torch(), root=WHL, core_metadata=True)

    assert wheel_in(only_lock(hosts, manifest_text(hosts, "torch"))).sha256 == torch().sha256


def test_metadata_hash_that_is_wrong(hosts: Hosts) -> None:
    """Section 4, page format: metadata that is not what the page says is refused, never resolved from."""
    hosts.index.add(torch(), root=WHL, core_metadata=True)
    http = Http(IndexSettings(index_urls=()))
    page = http.get(f"{hosts.index.url}/{WHL}/torch/").body
    (offered,) = SimpleIndex(http, roots=(f"{hosts.index.url}/{WHL}",)).links(torch().name)
    wrong = page.replace((offered.metadata_sha256 or "").encode(), b"0" * 64)
    hosts.index.add_raw_page(f"/{WHL}/torch/", wrong, "text/html")

    problem = refused(hosts, manifest_text(hosts, "torch"), IndexUnavailable)

    assert (problem.code, problem.where, problem.expected) == (
        "metadata-changed",
        f"{torch().filename}.metadata",
        f"sha256 {'0' * 64}",
    )


def test_wheel_hash_that_is_wrong(hosts: Hosts, tmp_path: Path) -> None:
    """Section 4, page format: a wrong recorded hash is found when the bytes are there, before they count."""
    hosts.index.add(torch(), root=WHL, listed_sha256="0" * 64)
    lock = only_lock(hosts, manifest_text(hosts, "torch"))

    with pytest.raises(StoreError) as caught:
        fetched(hosts, lock, tmp_path)
    assert [(problem.code, problem.where) for problem in caught.value.problems] == [("wheel-changed", torch().filename)]


def test_hashes_missing_from_some_files(hosts: Hosts) -> None:
    """Section 4, page format: a wheel without a hash is read whole, once for all its targets; no other ever is."""
    pure = make_wheel("torchtoy", "1.0.0+cu124", padding_bytes=100_000)
    hosts.index.add(pure, root=WHL, hashed=False, host=hosts.files)
    hosts.index.add(torch(), root=WHL, host=hosts.files)
    hosts.index.add(torch(tag="cp312-cp312-linux_x86_64"), root=WHL, host=hosts.files)
    text = manifest_text(hosts, "torch", "torchtoy", from_index=["torch", "torchtoy"], python=["3.11", "3.12"])

    locks = compiled(hosts, text)

    assert {(wheel_in(lock, "torchtoy").sha256, wheel_in(lock, "torchtoy").size_bytes) for lock in locks} == {
        (pure.sha256, pure.size_bytes)
    }
    whole = [
        request.path
        for request in hosts.files.requests
        if request.method == "GET" and request.path.endswith(".whl") and request.range_header is None
    ]
    assert whole == [f"/whl/cu124/{pure.filename}"]


def test_nightlies_have_no_hashes(hosts: Hosts) -> None:
    """Section 4, layout: whl/nightly repeats the layout, never with hashes; a pinned one is read and hashed."""
    nightly = torch("1.1.0.dev20261112+cu124", LINUX_2_28)
    hosts.index.add(nightly, root="whl/nightly/cu124", host=hosts.files)
    text = manifest_text(hosts, "torch==1.1.0.dev20261112", index="whl/nightly/cu124")

    assert wheel_in(only_lock(hosts, text)).sha256 == nightly.sha256


def test_no_python_limit_on_the_page(hosts: Hosts) -> None:
    """Section 4, page format: without data-requires-python each wheel's own metadata says which Pythons it takes."""
    hosts.index.add(make_wheel("torchtoy", "2.0+cu124", requires_python=">=3.12"), root=WHL)
    hosts.index.add(make_wheel("torchtoy", "1.0+cu124", requires_python=">=3.9"), root=WHL)
    text = manifest_text(hosts, "torchtoy", from_index=["torchtoy"], python=["3.11", "3.12"])

    assert [picks_of(lock)["torchtoy"] for lock in compiled(hosts, text)] == ["1.0+cu124", "1.0+cu124"]
    assert [picks_of(lock)["torchtoy"] for lock in compiled(hosts, text.replace("'3.11', ", ""))] == ["2.0+cu124"]


def test_time_of_upload(hosts: Hosts) -> None:
    """Section 4, page format: data-upload-time is read from a page of either host, and changes no lock."""
    hosts.index.add(torch(), root=WHL, upload_time="2024-10-29T17:25:45Z")
    (link,) = SimpleIndex(Http(IndexSettings(index_urls=())), roots=(f"{hosts.index.url}/{WHL}",)).links(torch().name)
    instant = uploaded_at(link)

    assert instant is not None
    assert instant.isoformat() == "2024-10-29T17:25:45+00:00"
    assert picks_of(only_lock(hosts, manifest_text(hosts, "torch"))) == {"torch": "1.0.0+cu124"}


def test_missing_project_is_forbidden(hosts: Hosts) -> None:
    """Section 4, page format: 403 is "not here"; a package of from-index is then nowhere, whatever the registry has."""
    hosts.registry.add(make_wheel("torch", "9.0"))
    hosts.index.add(make_wheel("torchvision", "1.0+cu124"), root=WHL)

    problem = refused(hosts, manifest_text(hosts, "torch"))

    assert (problem.code, problem.where) == ("unknown-package", "cu124-linux-x86_64-py311: torch")
    assert problem.because[-1].endswith(": status 403")
    assert {(request.path, request.status) for request in hosts.index.requests} == {("/whl/cu124/torch/", 403)}
    assert paths(hosts.registry) == []


def test_missing_file_is_forbidden(hosts: Hosts) -> None:
    """Section 4, page format: a listed file that answers 403 is an index problem with its address."""
    hosts.index.add(torch(), root=WHL, host=hosts.files)
    hosts.files._files.clear()

    problem = refused(hosts, manifest_text(hosts, "torch"), IndexUnavailable)

    assert problem.code == "index-unavailable"
    assert problem.where == f"{hosts.files.url}/whl/cu124/torch-1.0.0%2Bcu124-{LINUX}.whl"
    assert problem.found.startswith("status 403")


def test_page_names_are_lower_case_with_dashes(hosts: Hosts) -> None:
    """Section 4, page format: only the normalised name has a page, however the manifest and the file spell it."""
    hosts.index.add(make_wheel("FBGEMM_GPU", "1.0+cu124", tag=LINUX), root=WHL)
    lock = only_lock(hosts, manifest_text(hosts, "Fbgemm.GPU", from_index=["FBGEMM_gpu"]))

    assert picks_of(lock) == {"fbgemm-gpu": "1.0+cu124"}
    assert "/whl/cu124/fbgemm-gpu/" in paths(hosts.index)


@pytest.mark.parametrize("index", [WHL, "whl/nightly/cu124"], ids=["max-age=600", "no-cache"])
def test_caching_of_pages_is_ours(hosts: Hosts, tmp_path: Path, index: str) -> None:
    """Section 4, page format: a page is believed for ten minutes whatever Cache-Control says; a wheel is not cached."""
    hosts.index.add(torch(), root=index)
    for _ in range(2):
        compiled(hosts, manifest_text(hosts, "torch>=0.dev0", index=index), tmp_path)

    assert paths(hosts.index).count(f"/{index}/torch/") == 1


# What else is mirrored.


def test_mirrored_packages_are_not_taken(hosts: Hosts) -> None:
    """Section 4, mirrored: an old or a newer copy of a dependency on the index is never looked at."""
    hosts.index.add(torch(requires=["numpy", "filelock"]), root=WHL)
    for name, mirrored in (("numpy", "9.0"), ("filelock", "0.1")):
        hosts.registry.add(make_wheel(name, "1.0"))
        hosts.index.add(make_wheel(name, mirrored), root=WHL)

    lock = only_lock(hosts, manifest_text(hosts, "torch"))

    assert picks_of(lock) == {"filelock": "1.0", "numpy": "1.0", "torch": "1.0.0+cu124"}
    assert {wheel.name: wheel.index for wheel in lock.wheels} == {
        "filelock": "ordinary",
        "numpy": "ordinary",
        "torch": "cu124",
    }
    assert [path for path in paths(hosts.index) if path.endswith("/")] == ["/whl/cu124/torch/"]


def test_copied_listing(hosts: Hosts, tmp_path: Path) -> None:
    """Section 4, mirrored: nvidia-* pages are copies with absolute hrefs to their source, Python limits kept."""
    with IndexServer() as vendor:
        cudnn = make_wheel("nvidia-cudnn-cu12", "9.1.0.70", padding_bytes=1000)
        vendor.add(cudnn)
        vendor.add(make_wheel("nvidia-cudnn-cu12", "9.2"), requires_python=">=3.12")
        hosts.index.copy_listing("nvidia-cudnn-cu12", source=vendor, root=WHL)
        hosts.index.add(torch(requires=["nvidia-cudnn-cu12"]), root=WHL)
        text = manifest_text(hosts, "torch", from_index=["torch", "nvidia-cudnn-cu12"])

        lock = only_lock(hosts, text)

        assert picks_of(lock) == {"nvidia-cudnn-cu12": "9.1.0.70", "torch": "1.0.0+cu124"}
        assert {wheel.index for wheel in lock.wheels} == {"cu124"}
        assert fetched(hosts, lock, tmp_path)[cudnn.filename].read_bytes() == cudnn.data
        assert paths(hosts.registry) == []


def test_wheel_on_the_page_of_another_project(hosts: Hosts) -> None:
    """Section 4, mirrored: a stray on torch's page is neither torch nor a source of the other package."""
    hosts.index.add(torch(requires=["torchvision"]), root=WHL)
    hosts.index.add(make_wheel("torchvision", "9.0+cu124"), root=WHL, project="torch")
    hosts.registry.add(make_wheel("torchvision", "1.0"))

    lock = only_lock(hosts, manifest_text(hosts, "torch"))

    assert picks_of(lock) == {"torch": "1.0.0+cu124", "torchvision": "1.0"}


def test_same_file_name_with_another_hash_in_two_indexes(hosts: Hosts, tmp_path: Path) -> None:
    """Section 4, installers (pex): each variant reads, locks and fetches the bytes of its own index."""
    wheels = {
        variant: make_wheel("torchtoy", "1.0", files={f"{variant}.py": ""}, requires=[needed])
        for variant, needed in (("cu121", "a"), ("cu124", "b"))
    }
    for variant, wheel in wheels.items():
        hosts.index.add(wheel, root=f"whl/{variant}")
    for name in "ab":
        hosts.registry.add(make_wheel(name, "1"))
    other = f"[variants.cu121]\nindex = '{hosts.index.url}/whl/cu121'\nfrom-index = ['torchtoy']\n"

    locks = compiled(hosts, manifest_text(hosts, "torchtoy", from_index=["torchtoy"], rest=other), tmp_path)

    assert {lock.target.variant: sorted(picks_of(lock)) for lock in locks} == {
        "cu121": ["a", "torchtoy"],
        "cu124": ["b", "torchtoy"],
    }
    for lock in locks:
        variant = lock.target.variant
        assert wheel_in(lock, "torchtoy").sha256 == wheels[variant].sha256
        stored = fetched(hosts, lock, tmp_path / "store", index=f"whl/{variant}")
        assert stored[wheels[variant].filename].read_bytes() == wheels[variant].data


def test_dependency_that_vanished(hosts: Hosts) -> None:
    """Section 0.9: a pinned nvidia wheel that a listing lost is named, with torch that needs it; no lock is made."""
    cudnn = make_wheel("nvidia-cudnn-cu12", "9.1.0.70", tag="py3-none-manylinux2014_x86_64")
    hosts.index.add(torch(requires=[NVIDIA]), root=WHL)
    for server, root in ((hosts.registry, "simple"), (hosts.index, WHL)):
        server.add(cudnn, root=root)
        server.add(make_wheel("nvidia-cudnn-cu12", "9.5"), root=root)
    text = manifest_text(hosts, "torch")
    before = only_lock(hosts, text)
    hosts.registry.drop(cudnn, root="simple")

    problem = refused(hosts, text)

    assert picks_of(before) == {"nvidia-cudnn-cu12": "9.1.0.70", "torch": "1.0.0+cu124"}
    assert "nvidia-cudnn-cu12==9.1.0.70" in str(problem)
    assert "torch 1.0.0+cu124" in str(problem)
    # The index still has it: taking it there is the manifest's to say.
    again = manifest_text(hosts, "torch", from_index=["torch", "nvidia-cudnn-cu12"])
    assert wheel_in(only_lock(hosts, again), "nvidia-cudnn-cu12").index == "cu124"


# Wheel tags and labels.


def test_cuda_wheel_without_a_label_on_aarch64(hosts: Hosts, tmp_path: Path) -> None:
    """Section 0.7: name and version are the registry's CPU wheel's; index and hash tell them apart, in both stages."""
    cpu, cuda = torch("2.5.1", AARCH64), make_wheel("torch", "2.5.1", tag=AARCH64, files={"torch/cuda.so": "cuda"})
    hosts.registry.add(cpu)
    hosts.index.add(cuda, root=WHL)
    hosts.index.add(torch("2.5.1+cu124", LINUX), root=WHL)
    text = manifest_text(hosts, "torch==2.5.1", platforms=["linux-aarch64"], rest="[variants.cpu]")

    of = {lock.target.variant: lock for lock in compiled(hosts, text)}

    assert cpu.filename == cuda.filename
    assert {name: wheel_in(lock).sha256 for name, lock in of.items()} == {"cu124": cuda.sha256, "cpu": cpu.sha256}
    assert {name: wheel_in(lock).index for name, lock in of.items()} == {"cu124": "cu124", "cpu": "ordinary"}
    for name, wheel in (("cu124", cuda), ("cpu", cpu)):
        assert fetched(hosts, of[name], tmp_path / "store")[wheel.filename].read_bytes() == wheel.data


def test_one_version_with_other_requirements_for_each_wheel(hosts: Hosts) -> None:
    """Section 0.8: x86_64 lists nvidia-*, aarch64 and Windows do not; no target borrows another's metadata."""
    for tag, requires in ((LINUX_2_28, [NVIDIA.partition(";")[0]]), (AARCH64, ["a"]), (WINDOWS, [])):
        hosts.index.add(torch("2.6.0+cu124", tag, requires=requires), root=WHL, core_metadata=tag == AARCH64)
    hosts.registry.add(make_wheel("nvidia-cudnn-cu12", "9.1.0.70"))
    hosts.registry.add(make_wheel("a", "1"))
    text = manifest_text(hosts, "torch", platforms=["linux-x86_64", "linux-aarch64", "windows-x86_64"])

    assert {lock.target.platform.name: sorted(picks_of(lock)) for lock in compiled(hosts, text)} == {
        "linux-x86_64": ["nvidia-cudnn-cu12", "torch"],
        "linux-aarch64": ["a", "torch"],
        "windows-x86_64": ["torch"],
    }


@pytest.mark.parametrize(
    ("glibc", "picked"),
    [pytest.param("2.28", "2.7.0+cu124", id="new enough"), pytest.param("2.17", "2.6.0+cu124", id="too old")],
)
def test_linux_tag_and_manylinux_2_28(hosts: Hosts, glibc: str, picked: str) -> None:
    """Section 4, tags: linux_x86_64 is for every Linux, and says nothing of glibc; manylinux_2_28 needs that floor."""
    hosts.index.add(torch("2.6.0+cu124", LINUX), root=WHL)
    hosts.index.add(torch("2.7.0+cu124", LINUX_2_28), root=WHL)

    assert picks_of(only_lock(hosts, manifest_text(hosts, "torch", floors=f"{{ glibc = '{glibc}' }}"))) == {
        "torch": picked
    }


def test_linux_and_manylinux_wheel_of_one_version(hosts: Hosts) -> None:
    """Section 4, tags: where both are there, the one that says which glibc it needs is taken."""
    hosts.index.add(torch(tag=LINUX), root=WHL)
    hosts.index.add(torch(tag=LINUX_2_28), root=WHL)

    assert wheel_in(only_lock(hosts, manifest_text(hosts, "torch"))).filename == torch(tag=LINUX_2_28).filename


@pytest.mark.parametrize(("builds", "taken"), [(("1", "3"), 1), (("10", "9"), 0), ((None, "1"), 1)], ids=str)
@pytest.mark.parametrize("root", [WHL, "simple"])
def test_build_tags(hosts: Hosts, root: str, builds: tuple[str | None, str], taken: int) -> None:
    """Section 4, tags: of two wheels for one tag set the higher build number counts, as a number; none is lowest."""
    wheels = [torch("2.10.0", LINUX_2_28, build=build) for build in builds]
    for wheel in wheels:
        (hosts.index if root == WHL else hosts.registry).add(wheel, root=root)
    of_registry = manifest_text(hosts, "torch").partition("[variants")[0] + "[variants.cpu]\n"
    lock = only_lock(hosts, manifest_text(hosts, "torch") if root == WHL else of_registry)

    assert (wheel_in(lock).filename, wheel_in(lock).sha256) == (wheels[taken].filename, wheels[taken].sha256)


def test_macos_wheel_with_no_abi(hosts: Hosts) -> None:
    """Section 4, tags: macOS wheels before 2.11 have ABI none, and fit."""
    mac = torch("2.2.0", "cp311-none-macosx_11_0_arm64")
    hosts.registry.add(mac)
    text = manifest_text(hosts, "torch", platforms=["macos-arm64"], floors="{ macos = '14.0' }")
    of_registry = text.partition("[variants")[0] + "[variants.cpu]\n"

    assert wheel_in(only_lock(hosts, of_registry)).filename == mac.filename


# Installer behaviour, by our rule: a package of from-index comes from that index alone.


def add_experiment(hosts: Hosts) -> None:
    """A: the registry with 1.0.0 and 1.1.0. B: cu124 with 1.0.0+cu124. C: cu121 with 1.0.0+cu121."""
    for version in ("1.0.0", "1.1.0"):
        hosts.registry.add(torch(version))
    for variant in ("cu124", "cu121"):
        hosts.index.add(torch(f"1.0.0+{variant}"), root=f"whl/{variant}")


@pytest.mark.parametrize("requirement", ["torch==1.0.0", "torch", "torch>=1", "torch==1.0.0+cu124", "torch==1.*"])
def test_labelled_wheel_satisfies(hosts: Hosts, requirement: str) -> None:
    """Section 4, installers: ==1.0.0 takes 1.0.0+cu124 of the own index; no request loses the label to the registry."""
    add_experiment(hosts)
    lock = only_lock(hosts, manifest_text(hosts, requirement))

    assert picks_of(lock) == {"torch": "1.0.0+cu124"}
    assert lock.wheels[0].index == "cu124"
    assert paths(hosts.registry) == []


@pytest.mark.parametrize("requirement", ["torch==1.1.0", "torch>1.0.0"])
def test_version_that_another_index_has(hosts: Hosts, requirement: str) -> None:
    """Section 4, installers: what the registry or another variant has is no answer; it is refused, never mixed in."""
    add_experiment(hosts)
    problem = refused(hosts, manifest_text(hosts, requirement))

    assert problem.where.startswith("cu124-linux-x86_64-py311: torch")
    assert paths(hosts.registry) == []
    assert not any("cu121" in path for path in paths(hosts.index))


def test_label_of_another_variant(hosts: Hosts) -> None:
    """Section 4, installers: ==1.0.0+cu121 is no request to make of cu124; it is refused before anybody is asked."""
    add_experiment(hosts)
    problem = refused(hosts, manifest_text(hosts, "torch==1.0.0+cu121"), ManifestError)

    assert (problem.code, problem.expected) == ("target-impossible", "a cu124 build of torch")
    assert paths(hosts.registry) == paths(hosts.index) == []


def test_label_asked_of_the_registry(hosts: Hosts) -> None:
    """Section 4, installers: without from-index the registry alone is asked; it has no label to give."""
    add_experiment(hosts)
    text = manifest_text(hosts, "torch==1.0.0+cu124", from_index=["torchvision"])

    assert refused(hosts, text).where == "cu124-linux-x86_64-py311: torch"
    assert paths(hosts.index) == []


def test_dependent_is_satisfied_by_the_label(hosts: Hosts) -> None:
    """Section 4, installers: torchvision that needs torch==1.0.0 takes 1.0.0+cu124, from whichever index it comes."""
    add_experiment(hosts)
    hosts.registry.add(make_wheel("accelerate", "1.0", requires=["torch==1.0.0"]))
    hosts.index.add(make_wheel("torchvision", "0.1+cu124", requires=["torch==1.0.0"]), root=WHL)
    lock = only_lock(hosts, manifest_text(hosts, "accelerate", "torchvision", from_index=["torch", "torchvision"]))

    assert picks_of(lock) == {"accelerate": "1.0", "torch": "1.0.0+cu124", "torchvision": "0.1+cu124"}


@pytest.mark.parametrize(
    ("requirement", "picked"),
    [
        pytest.param("torch", None, id="no label: the highest string"),
        pytest.param("torch==1.0.0", None, id="a pin without a label"),
        pytest.param("torch==1.0.0+cu130", "1.0.0+cu130", id="the label spelled out"),
    ],
)
def test_labels_compare_as_strings(hosts: Hosts, requirement: str, picked: str | None) -> None:
    """Section 4, installers: cu92 beats cu130 in the merged whl/; such a pick is refused, and the label mends it."""
    for label in ("cu92", "cu118", "cu130", "cpu"):
        hosts.index.add(torch(f"1.0.0+{label}"), root="whl", host=hosts.files)
    text = manifest_text(hosts, requirement, index="whl", variant="cu130")

    if picked:
        assert picks_of(only_lock(hosts, text)) == {"torch": picked}
        return
    problem = refused(hosts, text)
    assert (problem.code, problem.where, problem.expected, problem.found) == (
        "variant-not-met",
        "cu130-linux-x86_64-py311: torch 1.0.0+cu92",
        "a cu130 build",
        "a cu92 build",
    )


def test_yanked_on_an_own_index_of_the_ordinary_kind(hosts: Hosts) -> None:
    """Section 4, page format: the PyTorch index yanks nothing, a mirror of it may; a yanked file is passed over."""
    hosts.index.add(torch("1.0.0+cu124"), root="mirror")
    hosts.index.add(torch("1.1.0+cu124"), root="mirror", yanked="broken")
    text = manifest_text(hosts, "torch", index="mirror")

    assert picks_of(only_lock(hosts, text)) == {"torch": "1.0.0+cu124"}
    assert picks_of(only_lock(hosts, text.replace("['torch']\n[var", "['torch==1.1.0']\n[var"))) == {
        "torch": "1.1.0+cu124"
    }


# The ordinary index, when it is several.


def test_private_index_beside_the_ordinary_one(hosts: Hosts) -> None:
    """Section 4, installers: extra-index-url comes first and alone; an upload of the same name elsewhere stays out."""
    hosts.index.add(make_wheel("torchtriton", "2.0"), root="private")
    hosts.registry.add(make_wheel("torchtriton", "99.0", requires=["malware"]))
    hosts.registry.add(make_wheel("numpy", "1.0"))
    text = manifest_text(hosts, "torchtriton", "numpy").partition("[variants")[0] + "[variants.cpu]\n"
    settings = IndexSettings(index_urls=(f"{hosts.index.url}/private", hosts.registry.simple_url))

    (lock,) = compile_manifest(read_manifest(text), Source(settings=settings))

    assert picks_of(lock) == {"numpy": "1.0", "torchtriton": "2.0"}
    assert "/simple/torchtriton/" not in paths(hosts.registry)


def test_pytorch_index_as_an_extra_index(hosts: Hosts) -> None:
    """Section 4, installers: `--extra-index-url .../whl/cu124` gives torch, and the registry what that forbids."""
    add_experiment(hosts)
    hosts.registry.add(make_wheel("numpy", "1.0"))
    text = manifest_text(hosts, "torch", "numpy").partition("[variants")[0] + "[variants.cu124]\n"
    settings = IndexSettings(index_urls=(f"{hosts.index.url}/{WHL}", hosts.registry.simple_url))

    (lock,) = compile_manifest(read_manifest(text), Source(settings=settings))

    assert picks_of(lock) == {"numpy": "1.0", "torch": "1.0.0+cu124"}


def test_flat_page_as_find_links(hosts: Hosts) -> None:
    """Section 4, layout: the old whl/torch_stable.html is one page of every project, read once."""
    wheels = [torch(), make_wheel("torchvision", "0.1+cu124", requires=["torch==1.0.0"])]
    for wheel in wheels:
        hosts.index.add(wheel, root=WHL)
    anchors = "".join(
        f'<a href="cu124/{wheel.filename.replace("+", "%2B")}">{wheel.filename}</a><br>' for wheel in wheels
    )
    hosts.index.add_raw_page("/whl/torch_stable.html", anchors.encode(), "text/html")
    settings = IndexSettings(
        index_urls=(hosts.registry.simple_url,), find_links=(f"{hosts.index.url}/whl/torch_stable.html",)
    )
    text = manifest_text(hosts, "torchvision").partition("[variants")[0] + "[variants.cu124]\n"

    (lock,) = compile_manifest(read_manifest(text), Source(settings=settings))

    assert {wheel.name: wheel.sha256 for wheel in lock.wheels} == {wheel.name: wheel.sha256 for wheel in wheels}
    assert paths(hosts.index).count("/whl/torch_stable.html") == 1
