"""What was asked for in vain is said: names that a variant never takes from its index, extras that are not there."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from locks import Target
from locks.index import IndexSettings

from compiler import Source, compile_manifest, read_manifest
from compiler.manifest.model import Variant
from compiler.remarks import missing_extras, needless_cuda, unused_from_index, upgraded_in_vain
from compiler.solving.closure import Closure
from compiler.solving.graph import Graph
from tests.compiler.fakes import locks_from, make_target, make_wheel_on
from tests.index_server import IndexServer
from tests.reporters import Told
from tests.wheels import make_wheel

WINDOWS = make_target("cu124", "windows-x86_64")
LINUX = make_target("cu124")
BOTH = f"{LINUX}, {WINDOWS}"


def closure(
    target: Target,
    edges: Mapping[str, Sequence[str]],
    *,
    roots: Sequence[str] = (),
    from_index: Sequence[str] = (),
) -> Closure:
    """A closure of version 1 of everything, with these edges between them."""
    names = [canonicalize_name(name) for name in edges]
    return Closure(
        variant=Variant(name=target.variant, from_index=tuple(map(Requirement, from_index)), sha256=""),
        target=target,
        graph=Graph(
            roots=tuple(map(Requirement, roots)),
            wheels={name: make_wheel_on("ordinary", name, "1") for name in names},
            edges={name: tuple(map(Requirement, lines)) for name, lines in zip(names, edges.values(), strict=True)},
        ),
        left_out=(),
    )


@pytest.mark.parametrize(
    ("closures", "said"),
    [
        pytest.param([closure(LINUX, {"torch": []}, from_index=["Torch"])], [], id="used"),
        pytest.param(
            [closure(LINUX, {"torch": []}, from_index=["torch", "torchvison", "b"])],
            [
                "unused: from-index of cu124 names b, which is in no closure (cu124-linux-x86_64-py311)",
                "unused: from-index of cu124 names torchvison, which is in no closure (cu124-linux-x86_64-py311)",
            ],
            id="misspelt",
        ),
        pytest.param(
            [closure(LINUX, {"a": []}, from_index=["a"]), closure(WINDOWS, {}, from_index=["a"])],
            [],
            id="used by one target",
        ),
        pytest.param(
            [closure(target, {}, from_index=["a"]) for target in (LINUX, WINDOWS)],
            [f"unused: from-index of cu124 names a, which is in no closure ({BOTH})"],
            id="used by none",
        ),
        pytest.param(
            [closure(LINUX, {}, from_index=["a; sys_platform == 'win32'"])], [], id="for a platform not asked about"
        ),
        pytest.param(
            [closure(make_target("cpu"), {"a": []}), closure(LINUX, {}, from_index=["a"])],
            ["unused: from-index of cu124 names a, which is in no closure (cu124-linux-x86_64-py311)"],
            id="used by another variant",
        ),
    ],
)
def test_a_name_that_no_closure_takes_is_said(closures: list[Closure], said: list[str]) -> None:
    """Once for each variant and name, with the targets that would take it from there."""
    assert unused_from_index(closures) == said


@pytest.mark.parametrize(
    ("closures", "said"),
    [
        pytest.param([closure(LINUX, {"a": []}, roots=["a[x-y]"])], [], id="offered in another spelling"),
        pytest.param([closure(LINUX, {"b": []}, roots=["b"])], [], id="none asked for"),
        pytest.param(
            [closure(LINUX, {"a": ["b[z]"], "b": []}, roots=["a[Nope,second,also]"])],
            [
                "no such extra: a 1 asks for b[z], b 1 has none on cu124-linux-x86_64-py311",
                "no such extra: the manifest asks for a[also], a 1 has second, x-y on cu124-linux-x86_64-py311",
                "no such extra: the manifest asks for a[nope], a 1 has second, x-y on cu124-linux-x86_64-py311",
            ],
            id="several askers",
        ),
        pytest.param(
            [closure(target, {"b": []}, roots=["b[z]>0", "b[z]"]) for target in (LINUX, WINDOWS)],
            [f"no such extra: the manifest asks for b[z], b 1 has none on {BOTH}"],
            id="several targets",
        ),
    ],
)
def test_an_extra_that_the_wheel_lacks_is_said(closures: list[Closure], said: list[str]) -> None:
    """With who asked, and what extras there are; names compare normalised."""
    offered = {"a": ("X.Y", "second")}

    assert missing_extras(closures, lambda wheel: offered.get(wheel.name, ())) == said


def test_a_whole_run_remarks_on_both() -> None:
    """The locks are made all the same."""
    text = """
        [stack]
        name = "t"
        version = "1"
        python = ["3.11"]
        platforms = ["linux-x86_64"]
        requirements = ["a[x,y]"]
        [variants.cu124]
        index = "{url}/whl/cu124"
        from-index = ["torchvison"]
    """
    told = Told()
    with IndexServer() as server:
        server.add(make_wheel("a", "1", provides_extra=["x"]))
        settings = IndexSettings(index_urls=(server.simple_url,))
        manifest = read_manifest(text.format(url=server.url))
        (lock,) = compile_manifest(manifest, Source(settings=settings), reporter=told)

    assert [wheel.name for wheel in lock.wheels] == ["a"]
    assert told.warnings == [
        "unused: from-index of cu124 names torchvison, which is in no closure (cu124-linux-x86_64-py311)",
        "no such extra: the manifest asks for a[y], a 1 has x on cu124-linux-x86_64-py311",
    ]


def test_cuda_build_for_the_cpu_variant_is_said() -> None:
    """The ordinary index's Linux torch brings its CUDA along; a CPU build, labelled or not, is what was asked for."""
    cpu, mac = make_target("cpu"), make_target("cpu", "macos-arm64")
    with_cuda = {"torch": ["nvidia-cuda-runtime-cu12"], "nvidia-cuda-runtime-cu12": []}
    labelled = closure(cpu, {})
    torch = make_wheel_on("cpu", "torch", "2.9.0+cpu")
    labelled = replace(labelled, graph=replace(labelled.graph, wheels={torch.name: torch}))

    assert (
        needless_cuda([closure(LINUX, with_cuda), closure(mac, {"torch": []}), labelled, closure(cpu, {"a": []})]) == []
    )
    (said,) = needless_cuda([closure(cpu, with_cuda)])
    assert said.startswith("needless: torch 1 is a cu10 build on cpu-linux-x86_64-py311; take it from an index of CPU ")


def test_upgrade_of_what_no_lock_has_is_said() -> None:
    """A misspelt name would do nothing in silence; the nearest one that a lock has is offered."""
    manifest = read_manifest(
        """
        [stack]
        name = "demo"
        version = "1"
        python = ["3.11"]
        platforms = ["linux-x86_64"]
        requirements = ["numpy"]
        [variants.cpu]
        """
    )
    locks = locks_from(manifest, {"ordinary": {"numpy": {"1": {}}}})

    assert upgraded_in_vain(["numpy", "nunpy", "torch"], locks) == [
        "nothing to upgrade: no lock has nunpy, did you mean numpy?",
        "nothing to upgrade: no lock has torch",
    ]
