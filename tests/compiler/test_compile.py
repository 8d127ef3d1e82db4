"""The whole matrix against an index that answers as real ones do: locks, or every reason why not."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from locks import Error, IndexUnavailable, LeftOut, Lock, Problem
from locks.index import IndexSettings

from compiler import Source, compile_manifest, read_manifest
from compiler.errors import BlacklistError, ManifestError, ResolutionError
from compiler.write import to_bytes
from tests.index_server import IndexServer
from tests.reporters import Told
from tests.wheels import Wheel, make_wheel

TORCH_TAG = "cp311-cp311-linux_x86_64"
LINUX_TAG = "cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64"


@pytest.fixture
def server() -> Iterator[IndexServer]:
    """An empty index that answers."""
    with IndexServer() as running:
        yield running


def manifest_text(
    *requirements: str,
    rest: str = "[variants.cpu]",
    python: str = "'3.11'",
    platforms: str = "'linux-x86_64'",
) -> str:
    """A manifest with these requirements; `rest` follows its [stack] table."""
    return f"""
[stack]
name = "demo"
version = "1"
python = [{python}]
platforms = [{platforms}]
requirements = {list(requirements)}
{rest}
"""


def compiled(server: IndexServer, text: str) -> tuple[Lock, ...]:
    """The locks of a manifest, from the server's ordinary index."""
    return compile_manifest(read_manifest(text), Source(settings=IndexSettings(index_urls=(server.simple_url,))))


def picks_of(lock: Lock) -> dict[str, str]:
    """Project -> version."""
    return {wheel.name: str(wheel.version) for wheel in lock.wheels}


def problems_of(server: IndexServer, text: str, kind: type[Error]) -> tuple[Problem, ...]:
    """What stands in a manifest's way; the error is of this very kind."""
    with pytest.raises(Error) as caught:
        compiled(server, text)
    assert type(caught.value) is kind
    return caught.value.problems


def paths(server: IndexServer) -> list[str]:
    """Every path asked for so far, once, sorted."""
    return sorted({request.path for request in server.requests})


def test_lock_has_all_that_bundle_and_apply_need(server: IndexServer) -> None:
    """Wheels with name, version, file, size, digest and dependencies; the order; what the manifest says."""
    a = make_wheel("Demo_App", "1.0", requires=["numpy>=1", "b; extra == 'x'"])
    b = make_wheel("b", "2.0", requires=["numpy"])
    numpy = make_wheel("numpy", "1.26.4", tag=LINUX_TAG)
    for wheel in (a, b, numpy):
        server.add(wheel)
    rest = """[variants.cpu]
[blacklist]
torchao = "no"
[[check]]
name = "numpy"
code = "import numpy"
after = "numpy"
"""
    text = manifest_text("demo-app[x]", rest=rest)

    (lock,) = compiled(server, text)

    assert lock.filename == "pylock.cpu-linux-x86_64-py311.toml"
    assert [
        (wheel.name, str(wheel.version), wheel.filename, wheel.size_bytes, wheel.sha256, wheel.dependencies)
        for wheel in lock.wheels
    ] == [
        ("b", "2.0", b.filename, b.size_bytes, b.sha256, ("numpy",)),
        ("demo-app", "1.0", a.filename, a.size_bytes, a.sha256, ("b", "numpy")),
        ("numpy", "1.26.4", numpy.filename, numpy.size_bytes, numpy.sha256, ()),
    ]
    assert {wheel.index for wheel in lock.wheels} == {"ordinary"}
    assert lock.install_order == ("numpy", "b", "demo-app")
    assert (lock.stack, lock.stack_version, dict(lock.blacklist)) == ("demo", "1", {"torchao": "no"})
    assert [check.name for check in lock.checks] == ["numpy"]
    assert lock.manifest_sha256 == read_manifest(text).variants[0].sha256
    assert server.url not in to_bytes(lock).decode()


CU124 = """
[variants.cu124]
requirements = ["torch"]
index = "{url}/whl/cu124"
from-index = ["torch"]
"""


def torch_wheel(version: str = "2.5.1+cu124", tag: str = TORCH_TAG) -> Wheel:
    """A torch as the PyTorch index has it: METADATA at the front, more bytes than a tail."""
    requires = ["numpy", "nvidia-cublas-cu12==12.4.5.8; platform_system == 'Linux' and platform_machine == 'x86_64'"]
    return make_wheel("torch", version, requires=requires, tag=tag, metadata_first=True, padding_bytes=200_000)


def add_pytorch(server: IndexServer, *, hashed: bool = True, core_metadata: bool = False) -> None:
    """An ordinary index with a newer torch, and a PyTorch one with stray copies of everything else."""
    for name, version in [("torch", "2.9.0"), ("numpy", "1.26.4"), ("nvidia-cublas-cu12", "12.4.5.8")]:
        server.add(make_wheel(name, version))
    for wheel in (torch_wheel(), torch_wheel("2.4.1+cu124"), torch_wheel(tag="cp312-cp312-linux_x86_64")):
        server.add(wheel, root="whl/cu124", hashed=hashed, core_metadata=core_metadata)
    for name, version in [("numpy", "9.0"), ("nvidia-cublas-cu12", "12.4.5.8")]:
        server.add(make_wheel(name, version, files={"stray.py": ""}), root="whl/cu124", hashed=hashed)


@pytest.mark.parametrize("core_metadata", [True, False], ids=["metadata beside", "metadata by ranges"])
@pytest.mark.parametrize("hashed", [True, False], ids=["with hashes", "without hashes"])
def test_pinned_package_comes_from_the_variants_index_alone(
    server: IndexServer, *, hashed: bool, core_metadata: bool
) -> None:
    """Torch comes from the PyTorch index though the ordinary one has a newer; nothing else comes from there."""
    add_pytorch(server, hashed=hashed, core_metadata=core_metadata)

    (lock,) = compiled(server, manifest_text("numpy", rest=CU124.format(url=server.url)))

    assert picks_of(lock) == {"numpy": "1.26.4", "nvidia-cublas-cu12": "12.4.5.8", "torch": "2.5.1+cu124"}
    assert {wheel.name: wheel.index for wheel in lock.wheels} == {
        "numpy": "ordinary",
        "nvidia-cublas-cu12": "ordinary",
        "torch": "cu124",
    }
    torch = torch_wheel()
    assert (lock.wheels[-1].sha256, lock.wheels[-1].size_bytes) == (torch.sha256, torch.size_bytes)
    assert [path for path in paths(server) if path.endswith("/")] == [
        "/simple/numpy/",
        "/simple/nvidia-cublas-cu12/",
        "/whl/cu124/torch/",
    ]
    assert lock.limits.driver == (525, 60, 13)


def test_metadata_of_a_big_wheel_costs_a_fraction_of_it(server: IndexServer) -> None:
    """A torch with METADATA at its front is locked without being fetched."""
    add_pytorch(server)

    compiled(server, manifest_text(rest=CU124.format(url=server.url)))

    fetched = sum(request.sent_bytes for request in server.requests if "/torch-2.5.1" in request.path)
    assert 0 < fetched < torch_wheel().size_bytes // 2


def test_package_missing_from_the_variants_index_is_not_taken_elsewhere(server: IndexServer) -> None:
    """The PyTorch index answers 403 for what it lacks; that is "unknown", never a wheel from another index."""
    server.add(make_wheel("torch", "2.9.0"))

    (problem,) = problems_of(server, manifest_text(rest=CU124.format(url=server.url)), ResolutionError)

    assert (problem.code, problem.where, problem.found) == (
        "unknown-package",
        "cu124-linux-x86_64-py311: torch",
        "no such project",
    )
    assert set(paths(server)) == {"/whl/cu124/torch/"}


def test_each_variant_has_its_own_index(server: IndexServer) -> None:
    """Variants that pin one package to different indexes each get their own build of it, in one run."""
    for variant in ("cu121", "cu124"):
        server.add(make_wheel("torch", f"2.5.1+{variant}", tag=TORCH_TAG), root=f"whl/{variant}")
    rest = CU124.format(url=server.url) + CU124.format(url=server.url).replace("cu124", "cu121")

    locks = compiled(server, manifest_text(rest=rest))

    assert [(lock.target.variant, picks_of(lock)) for lock in locks] == [
        ("cu124", {"torch": "2.5.1+cu124"}),
        ("cu121", {"torch": "2.5.1+cu121"}),
    ]


def test_build_without_a_label_counts_when_it_is_from_the_variants_index(server: IndexServer) -> None:
    """On aarch64 the PyTorch index has CUDA builds without a label; where they come from is proof enough."""
    server.add(make_wheel("torch", "2.5.1", tag="cp311-cp311-linux_aarch64"), root="whl/cu124")

    (lock,) = compiled(server, manifest_text(rest=CU124.format(url=server.url), platforms="'linux-aarch64'"))

    assert picks_of(lock) == {"torch": "2.5.1"}
    assert lock.limits.compute_capabilities == ("9.0",)


def test_wrong_build_of_torch_is_refused(server: IndexServer) -> None:
    """A CUDA variant whose torch is a CPU build is no lock, whatever the versions say."""
    server.add(make_wheel("torch", "2.5.1"))

    (problem,) = problems_of(server, manifest_text("torch", rest="[variants.cu124]"), ResolutionError)

    assert (problem.code, problem.where) == ("variant-not-met", "cu124-linux-x86_64-py311: torch 2.5.1")


BLACKLIST = """[variants.cpu]
[blacklist]
torchao = "breaks lazy imports"
"""


def add_unsloth(server: IndexServer) -> None:
    """The real story in small: unsloth -> unsloth-zoo -> torchao."""
    server.add(make_wheel("unsloth", "2025.1", requires=["unsloth_zoo>=2025", "numpy"]))
    server.add(make_wheel("unsloth-zoo", "2025.2", requires=["torchao>=0.13; python_version >= '3.9'"]))
    server.add(make_wheel("torchao", "0.14"))
    server.add(make_wheel("numpy", "2.0"))


def test_blacklisted_package_is_told_with_its_chain_once_for_all_targets(server: IndexServer) -> None:
    """The chain has versions and the text of every requirement; a cause met on many targets is told once."""
    add_unsloth(server)
    text = manifest_text(
        "unsloth>=2024.11", rest=BLACKLIST, python="'3.11', '3.12'", platforms="'linux-x86_64', 'windows-x86_64'"
    )

    assert problems_of(server, text, BlacklistError) == (
        Problem(
            code="blacklisted-package",
            where="cpu-linux-x86_64-py311, cpu-linux-x86_64-py312, cpu-windows-x86_64-py311, cpu-windows-x86_64-py312",
            expected="no torchao (breaks lazy imports)",
            found="unsloth>=2024.11 (manifest) -> unsloth 2025.1 requires 'unsloth_zoo>=2025' -> unsloth-zoo 2025.2 "
            "requires 'torchao>=0.13; python_version >= \"3.9\"' -> torchao 0.14",
            hint="do without the chain's first package, hold it at an older release, or cut the edge with [[drop]]",
        ),
    )


def test_every_shortest_chain_to_a_blacklisted_package_is_told(server: IndexServer) -> None:
    """Two ways of the same length are two problems; mending one alone would not help."""
    add_unsloth(server)
    server.add(make_wheel("peft", "1.0", requires=["zoo2"]))
    server.add(make_wheel("zoo2", "1.0", requires=["torchao"]))

    problems = problems_of(server, manifest_text("unsloth", "peft", rest=BLACKLIST), BlacklistError)

    assert [problem.found.partition(" (")[0] for problem in problems] == ["peft", "unsloth"]


def test_blacklist_does_not_bend_the_resolution(server: IndexServer) -> None:
    """An old release that does without the banned package is not dug up in silence: the verdict stands."""
    add_unsloth(server)
    server.add(make_wheel("unsloth", "2023.1"))

    (problem,) = problems_of(server, manifest_text("unsloth", rest=BLACKLIST), BlacklistError)

    assert "unsloth 2025.1" in problem.found


def test_cut_edge_keeps_the_banned_package_out_and_is_recorded(server: IndexServer) -> None:
    """With the edge in a [[drop]] the set is clean, and the lock says what was cut; idle drops are not kept."""
    add_unsloth(server)
    drops = "".join(
        f"[[drop]]\npackage = '{package}'\nrequires = 'torchao'\nreason = 'not needed'\n"
        for package in ("unsloth-zoo", "absent")
    )

    (lock,) = compiled(server, manifest_text("unsloth", rest=BLACKLIST + drops))

    assert picks_of(lock) == {"numpy": "2.0", "unsloth": "2025.1", "unsloth-zoo": "2025.2"}
    assert [(drop.package, drop.requires, drop.reason) for drop in lock.drops] == [
        ("unsloth-zoo", "torchao", "not needed")
    ]


def test_optional_groups_are_taken_clean_or_left_out_with_the_reason(server: IndexServer) -> None:
    """A group that is clean is in; one that reaches the blacklist, or does not fit, is out, and why is recorded."""
    add_unsloth(server)
    server.add(make_wheel("fine", "1.0", requires=["numpy"]))
    server.add(make_wheel("old", "1.0", requires=["numpy<2"]))
    rest = f"""{BLACKLIST}
[optional.unsloth]
requirements = ["unsloth"]
[optional.fine]
requirements = ["fine"]
[optional.old]
requirements = ["old"]
[optional.windows]
requirements = ["absent ; sys_platform == 'win32'"]
"""
    (lock,) = compiled(server, manifest_text("numpy>=2", rest=rest))

    assert picks_of(lock) == {"fine": "1.0", "numpy": "2.0"}
    assert lock.left_out == (
        LeftOut(
            group="unsloth",
            reason="no torchao (breaks lazy imports), found unsloth (manifest) -> unsloth 2025.1 requires "
            "'unsloth_zoo>=2025' -> unsloth-zoo 2025.2 requires 'torchao>=0.13; python_version >= \"3.9\"' -> "
            "torchao 0.14",
        ),
        LeftOut(
            group="old",
            reason="old: one version that meets old (from the manifest), found none; "
            "left out: old 1.0 requires numpy<2, which goes with no wheel of your numpy>=2",
        ),
    )


def test_optional_groups_that_exclude_each_other_are_taken_in_order(server: IndexServer) -> None:
    """The first of two groups that do not go together wins; the second is left out, not both."""
    for name, version in [("one", "numpy<2"), ("two", "numpy>=2")]:
        server.add(make_wheel(name, "1.0", requires=[version]))
    server.add(make_wheel("numpy", "1.0"))
    server.add(make_wheel("numpy", "2.0"))
    rest = "[variants.cpu]\n[optional.first]\nrequirements = ['one']\n[optional.second]\nrequirements = ['two']\n"

    (lock,) = compiled(server, manifest_text(rest=rest))

    assert picks_of(lock) == {"numpy": "1.0", "one": "1.0"}
    assert [item.group for item in lock.left_out] == ["second"]


def test_check_whose_packages_are_absent_is_left_out_and_said_so(server: IndexServer) -> None:
    """A check that could only fail is not in the lock; its name and what is missing are."""
    server.add(make_wheel("numpy", "2.0"))
    rest = """[variants.cpu]
[[check]]
name = "torch and more"
code = "import torch"
after = ["torch", "numpy", "Absent_Too"]
[[check]]
name = "python"
code = "pass"
"""
    (lock,) = compiled(server, manifest_text("numpy", rest=rest))

    assert [check.name for check in lock.checks] == ["python"]
    assert lock.left_out == (LeftOut(group="check: torch and more", reason="absent-too, torch not in this lock"),)


def test_requirements_with_markers_hold_where_they_should(server: IndexServer) -> None:
    """Roots and dependencies of other platforms are in the locks of those platforms, and in no other."""
    server.add(make_wheel("a", "1.0", requires=["colorama; sys_platform == 'win32'"]))
    server.add(make_wheel("colorama", "0.4"))
    server.add(make_wheel("uvloop", "1.0"))
    text = manifest_text(
        "a",
        "uvloop; sys_platform != 'win32'",
        platforms="'linux-x86_64', 'windows-x86_64', 'macos-arm64'",
    )

    assert {lock.target.platform.name: sorted(picks_of(lock)) for lock in compiled(server, text)} == {
        "linux-x86_64": ["a", "uvloop"],
        "windows-x86_64": ["a", "colorama"],
        "macos-arm64": ["a", "uvloop"],
    }


def test_each_target_reads_its_own_wheels_metadata(server: IndexServer) -> None:
    """Two wheels of one version may require different things; each target follows its own."""
    server.add(make_wheel("torch", "1.0", tag=LINUX_TAG, requires=["nvidia"]))
    server.add(make_wheel("torch", "1.0", tag="cp311-cp311-win_amd64", requires=["mkl"]))
    for name in ("nvidia", "mkl"):
        server.add(make_wheel(name, "1.0"))

    locks = compiled(server, manifest_text("torch", platforms="'linux-x86_64', 'windows-x86_64'"))

    assert [sorted(picks_of(lock)) for lock in locks] == [["nvidia", "torch"], ["mkl", "torch"]]


def test_failures_of_different_kinds_are_told_together(server: IndexServer) -> None:
    """One target's blacklist and another's missing wheel are both reported; no lock comes of it."""
    server.add(make_wheel("a", "1.0", requires=["torchao"], tag=LINUX_TAG))
    server.add(make_wheel("torchao", "1.0"))
    text = manifest_text("a", rest=BLACKLIST, platforms="'linux-x86_64', 'macos-arm64'")

    problems = problems_of(server, text, ResolutionError)

    assert [(problem.code, problem.where) for problem in problems] == [
        ("blacklisted-package", "cpu-linux-x86_64-py311"),
        ("no-wheel", "cpu-macos-arm64-py311: a"),
    ]


def test_one_failing_target_means_no_lock_at_all(server: IndexServer) -> None:
    """A matrix is compiled whole or not at all."""
    server.add(make_wheel("a", "1.0", tag=LINUX_TAG))

    problems = problems_of(server, manifest_text("a", platforms="'linux-x86_64', 'windows-x86_64'"), ResolutionError)

    assert [problem.where for problem in problems] == ["cpu-windows-x86_64-py311: a"]


def test_pages_and_metadata_are_fetched_once_for_all_targets(server: IndexServer) -> None:
    """Nine targets that share a pure wheel cost one page and one metadata request."""
    server.add(make_wheel("a", "1.0"), core_metadata=True)
    text = manifest_text(
        "a", python="'3.11', '3.12', '3.13'", platforms="'linux-x86_64', 'windows-x86_64', 'macos-arm64'"
    )

    assert len(compiled(server, text)) == 9
    assert len(server.requests) == 2


def test_same_inputs_give_the_same_bytes(server: IndexServer) -> None:
    """Compiling twice gives equal files, whatever the order of threads, and of the files on a page."""
    wheels = [
        make_wheel("a", version, requires=["b", "c"], tag=tag)
        for version in ("1.0", "2.0")
        for tag in ("py3-none-any", LINUX_TAG)
    ]
    wheels += [make_wheel(name, "1.0", requires=["d"]) for name in "bc"] + [make_wheel("d", "1.0")]
    for wheel in wheels:
        server.add(wheel)
    text = manifest_text("c", "a", rest=BLACKLIST, python="'3.11', '3.12'")
    first = [to_bytes(lock) for lock in compiled(server, text)]

    with IndexServer() as other:
        for wheel in reversed(wheels):
            other.add(wheel, core_metadata=True)
        assert [to_bytes(lock) for lock in compiled(other, text)] == first
    assert [to_bytes(lock) for lock in compiled(server, text)] == first


@pytest.mark.parametrize("hashed", [True, False], ids=["hashes, no sizes", "no hashes, no sizes"])
def test_index_of_html_pages_is_enough(server: IndexServer, *, hashed: bool) -> None:
    """An index with HTML alone gives the very lock that a JSON one gives, whatever its pages leave unsaid."""
    wheels = [make_wheel("a", "1.0", requires=["b"]), make_wheel("b", "2.0", tag=LINUX_TAG)]
    for wheel in wheels:
        server.add(wheel)
    (from_json,) = compiled(server, manifest_text("a"))
    server.formats = {"html"}
    for wheel in wheels:
        server.add(wheel, hashed=hashed)

    (from_html,) = compiled(server, manifest_text("a"))

    assert to_bytes(from_html) == to_bytes(from_json)
    assert {wheel.sha256 for wheel in from_html.wheels} == {wheel.sha256 for wheel in wheels}


def test_wheels_of_a_folder_are_enough(server: IndexServer, tmp_path_factory: pytest.TempPathFactory) -> None:
    """With `no-index` and a find-links folder no server is needed."""
    folder = tmp_path_factory.mktemp("wheels")
    for wheel in (make_wheel("a", "1.0", requires=["b"]), make_wheel("b", "2.0")):
        (folder / wheel.filename).write_bytes(wheel.data)
    settings = IndexSettings(index_urls=(), find_links=(str(folder),))

    (lock,) = compile_manifest(read_manifest(manifest_text("a")), Source(settings=settings))

    assert picks_of(lock) == {"a": "1.0", "b": "2.0"}
    assert server.requests == []


def test_index_that_refuses_ends_it_with_the_address(server: IndexServer) -> None:
    """An index problem is no resolution problem: it is told as itself, at once."""
    server.add(make_wheel("a", "1.0"))
    server.credentials = ("ann", "s3cret")

    (problem,) = problems_of(server, manifest_text("a"), IndexUnavailable)

    assert (problem.code, problem.where) == ("index-unavailable", f"{server.simple_url}/a/")
    assert problem.found == "401, credentials refused"


def test_chosen_targets_are_resolved_in_order_and_reported(server: IndexServer) -> None:
    """Only the targets given are compiled, in that order, and each is announced."""
    server.add(make_wheel("a", "1.0"))
    manifest = read_manifest(manifest_text("a", python="'3.11', '3.12', '3.13'"))
    chosen = list(manifest.targets())[:0:-1]
    told = Told()

    locks = compile_manifest(
        manifest, Source(settings=IndexSettings(index_urls=(server.simple_url,))), targets=chosen, reporter=told
    )

    assert [lock.target.python for lock in locks] == ["3.13", "3.12"]
    assert told.subjects == ["cpu-linux-x86_64-py313 (1 of 2)", "cpu-linux-x86_64-py312 (2 of 2)", ""]
    assert told.phases == ["resolving", "resolving", "locking"]
    assert (told.ended["locking"].done, told.ended["locking"].total) == (2, 2)


def test_answers_are_counted_as_they_come(server: IndexServer) -> None:
    """A page and a wheel's metadata each; the package is named; what one target was told the next need not ask."""
    server.add(make_wheel("a", "1.0", requires=["b"]))
    server.add(make_wheel("b", "1.0"))
    first, second = Told(), Told()
    manifest = read_manifest(manifest_text("a", python="'3.11', '3.12'"))
    source = Source(settings=IndexSettings(index_urls=(server.simple_url,)))

    compile_manifest(manifest, source, targets=list(manifest.targets())[:1], reporter=first)
    compile_manifest(manifest, source, reporter=second)

    resolved = first.ended["resolving"]
    assert (resolved.done, resolved.total, resolved.unit, resolved.item) == (4, None, "answers", "b")
    assert resolved.done_bytes > len(server.simple_url)
    assert (second.ended["resolving"].done, second.ended["resolving"].done_bytes) == (0, 0)


def test_a_failure_is_explained_in_a_phase_of_its_own(server: IndexServer) -> None:
    """What may take longest of all is watched too, and complete when the error comes."""
    server.add(make_wheel("a", "1.0"))
    told = Told()
    source = Source(settings=IndexSettings(index_urls=(server.simple_url,)))
    with pytest.raises(ResolutionError):
        compile_manifest(read_manifest(manifest_text("a>2")), source, reporter=told)

    assert told.phases == ["resolving", "explaining"]
    assert told.ended.keys() == {"resolving", "explaining"}


def test_every_requirement_of_a_lock_is_met_in_it(server: IndexServer) -> None:
    """Whatever a chosen wheel requires on its target is in the same lock, at a version that will do."""
    server.add(make_wheel("a", "1.0", requires=["b<2", "c"]))
    server.add(make_wheel("b", "1.0", requires=["c!=3"]))
    server.add(make_wheel("b", "2.0"))
    for version in ("2", "3"):
        server.add(make_wheel("c", version))

    (lock,) = compiled(server, manifest_text("a"))

    picks = picks_of(lock)
    assert all(Requirement(line).specifier.contains(picks[line[0]]) for line in ("a", "b<2", "c", "c!=3"))
    assert picks == {"a": "1.0", "b": "1.0", "c": "2"}


def test_target_that_cannot_exist_is_refused_before_anything_is_asked(server: IndexServer) -> None:
    """A combination that was never built, and a pair that does not go together: both told, no index asked."""
    rest = "[variants.cpu]\n[variants.cu124]\nrequirements = ['torch==2.7.1', 'torchvision==0.20.1']"

    problems = problems_of(server, manifest_text("numpy", rest=rest), ManifestError)

    assert [(problem.code, problem.where) for problem in problems] == [
        ("target-impossible", "cu124-linux-x86_64-py311"),
        ("torch-pair-mismatch", "cu124-linux-x86_64-py311"),
    ]
    assert server.requests == []


def test_folder_alone_may_hold_any_build(tmp_path: Path) -> None:
    """Under `no-index` nothing is known of what the folders hold: only a resolution tells."""
    text = manifest_text(rest="[variants.cu124]\nrequirements = ['torch==2.7.1']")
    wheel = make_wheel("torch", "2.7.1+cu124", tag=TORCH_TAG)
    (tmp_path / wheel.filename).write_bytes(wheel.data)
    settings = IndexSettings(index_urls=(), find_links=(str(tmp_path),))

    (lock,) = compile_manifest(read_manifest(text), Source(settings=settings))

    assert picks_of(lock) == {"torch": "2.7.1+cu124"}


def test_missing_wheels_are_told_apart(server: IndexServer) -> None:
    """An unknown name, a project of sources only, and one with wheels for other machines are three problems."""
    page = '<a href="b-1.0.tar.gz#sha256=0">b-1.0.tar.gz</a><a href="b-1.1.tar.gz">b-1.1.tar.gz</a>'
    server.add_raw_page("/simple/b/", page.encode(), "text/html")
    server.add(make_wheel("c", "1.0", tag="cp311-cp311-macosx_11_0_arm64"))
    told = {}
    for name in "abc":
        (problem,) = problems_of(server, manifest_text(name), ResolutionError)
        told[name] = (problem.code, problem.found, problem.because[-1:])

    root = server.simple_url
    assert told == {
        "a": ("unknown-package", "no such project", (f"{root}: status 404",)),
        "b": ("only-sources", "2 files of it, none of them a wheel", (f"{root}: known",)),
        "c": (
            "no-wheel",
            "none; there are some for macos-arm64",
            ("c 1.0 without a wheel for the target",),
        ),
    }


def test_no_index_at_all_is_said() -> None:
    """Under pip's no-index, without find-links, a name is not called unknown: nobody was asked."""
    source = Source(settings=IndexSettings(index_urls=()))
    with pytest.raises(ResolutionError) as caught:
        compile_manifest(read_manifest(manifest_text("a")), source)

    (problem,) = caught.value.problems
    assert (problem.code, problem.found) == ("no-wheel", "no index to ask (pip's configuration has no-index)")
