"""Whatever a draft holds, its text is a manifest that means the same."""

from dataclasses import replace

from hypothesis import example, given, settings
from hypothesis import strategies as st
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from locks import Check
from locks.lock import MAX_TIMEOUT_S
from locks.target import PLATFORMS, PYTHONS, VARIANTS

from compiler.manifest.model import Manifest
from compiler.manifest.parse import read_manifest
from compiler.manifest.requirement import line_of
from compiler.starting.draft import Banned, Draft, DraftGroup, DraftVariant, Wanted
from compiler.starting.text import to_manifest_text
from tests.compiler.starting.drafts import make_draft, wanted

NAMES = st.builds("{}{}{}".format, st.sampled_from("aZ9"), st.text("bY0._-", max_size=5), st.sampled_from("cX1"))
VERSIONS = st.sampled_from(("0", "1.0", "2.5.1", "12.4.5.8", "1.0rc1", "3.post2", "2.dev0", "1!2.0", "01.2"))
SPECIFIERS = st.one_of(
    st.builds("{}{}".format, st.sampled_from((">=", ">", "<=", "<", "==", "!=", "===")), VERSIONS),
    st.sampled_from(("==2.5.1+cu124", "!=4.52.*", "==1.*", "~=2.1", "~=1.2.post3")),
)
MARKERS = st.sampled_from(
    (
        "",
        " ; sys_platform == 'win32'",
        ' ; python_version < "3.12" and (os_name == "nt" or platform_machine != "aarch64")',
        ' ; platform_version == "it\'s"',
    )
)
TEXTS = st.text(max_size=40)


@st.composite
def requirement_lines(draw: st.DrawFn) -> str:
    """A requirement such as a person could write."""
    extras, specifiers = (",".join(draw(st.lists(each, max_size=3))) for each in (NAMES, SPECIFIERS))
    return f"{draw(NAMES)}{extras and f'[{extras}]'}{specifiers}{draw(MARKERS)}"


WANTED = st.lists(
    st.builds(Wanted, requirement=requirement_lines().map(Requirement), where=TEXTS, comment=TEXTS), max_size=4
).map(tuple)
CODE = st.one_of(
    TEXTS.map(lambda text: f"text = {text!r}\n"),
    TEXTS.map(lambda text: f"# {''.join(filter(str.isprintable, text))}\nassert True\n\n"),
    st.sampled_from(("pass", "a = '''\n\"\"\"\n'''\n", 'b = "\\\\"\n', "a = 1\nb = 2", 'c = """"x"""\n')),
)
CHECKS = st.builds(
    Check,
    name=TEXTS.filter(bool),
    code=CODE,
    after=st.lists(NAMES.map(canonicalize_name), max_size=3).map(tuple),
    needs_gpu=st.booleans(),
    critical=st.booleans(),
    timeout_s=st.integers(1, MAX_TIMEOUT_S),
)
PLATFORM_LISTS = st.lists(st.sampled_from(tuple(PLATFORMS)), min_size=1, unique=True).map(tuple)


@st.composite
def variants(draw: st.DrawFn, platforms: tuple[str, ...], pythons: tuple[str, ...]) -> tuple[DraftVariant, ...]:
    """Variants, with and without an index of their own."""
    found = []
    for name in draw(st.lists(st.sampled_from(VARIANTS), min_size=1, unique=True)):
        requirements = draw(WANTED)
        own = draw(st.lists(st.sampled_from(platforms), unique=True).map(tuple))
        index = draw(st.sampled_from(("", "https://host.invalid/whl?a=%22&b='"))) if requirements else ""
        remarks, example_lines = draw(st.lists(TEXTS, max_size=2)), ('index = "https://..."',)
        found.append(
            DraftVariant(
                name=name,
                requirements=requirements,
                index=index,
                platforms=own,
                pythons=draw(st.lists(st.sampled_from(pythons), unique=True).map(tuple)),
                remarks=tuple(remarks),
                example=example_lines,
            )
        )
    return tuple(found)


@st.composite
def drafts(draw: st.DrawFn) -> Draft:
    """A whole draft with something of everything."""
    platforms = draw(PLATFORM_LISTS)
    pythons = draw(st.lists(st.sampled_from(PYTHONS), min_size=1, unique=True).map(tuple))
    groups = st.builds(DraftGroup, name=TEXTS, requirements=WANTED.filter(bool), remarks=st.tuples(TEXTS))
    return Draft(
        stack=draw(st.builds("{}{}".format, st.text("a0._-", max_size=5).map("b{}".format), st.sampled_from("cd9"))),
        version=draw(TEXTS.filter(bool)),
        pythons=pythons,
        platforms=platforms,
        requirements=draw(WANTED),
        variants=draw(variants(platforms, pythons)),
        blacklist=draw(
            st.dictionaries(
                NAMES.map(canonicalize_name), st.builds(Banned, reason=TEXTS.filter(bool), where=TEXTS), max_size=3
            )
        ),
        optional=draw(st.lists(groups, max_size=2, unique_by=lambda group: group.name).map(tuple)),
        checks=draw(st.lists(CHECKS, max_size=2).map(tuple)),
        notes=draw(st.tuples(TEXTS)),
    )


def same(draft: Draft, manifest: Manifest) -> bool:
    """Say whether the manifest means what the draft does."""

    def requirements(items: tuple[Wanted, ...]) -> tuple[Requirement, ...]:
        return tuple(item.requirement for item in items)

    return (
        (manifest.stack, manifest.version, manifest.pythons) == (draft.stack, draft.version, draft.pythons)
        and tuple(platform.name for platform in manifest.platforms) == draft.platforms
        and manifest.requirements == requirements(draft.requirements)
        and [
            (
                item.name,
                item.requirements,
                item.index or "",
                tuple(platform.name for platform in item.platforms),
                item.pythons,
            )
            for item in manifest.variants
        ]
        == [
            (
                item.name,
                requirements(item.requirements),
                item.index,
                draft.platforms_of(item),
                item.pythons or draft.pythons,
            )
            for item in draft.variants
        ]
        and all(
            not ours.index
            or {canonicalize_name(item.name) for item in theirs.from_index} == {item.name for item in ours.requirements}
            for ours, theirs in zip(draft.variants, manifest.variants, strict=True)
        )
        and manifest.blacklist == {name: banned.reason for name, banned in draft.blacklist.items()}
        and [(group.name, group.requirements) for group in manifest.optional]
        == [(group.name, requirements(group.requirements)) for group in draft.optional]
        and manifest.checks == draft.checks
    )


@settings(max_examples=60)
@given(draft=drafts(), heading=TEXTS)
@example(draft=replace(make_draft(), checks=(Check(name="c", code='a = "\\x00\x7f"\n'),)), heading="a\x00b\x85\u2028c")
def test_the_text_of_any_draft_is_a_manifest_that_means_the_same(draft: Draft, heading: str) -> None:
    """No name, comment, reason or code, however odd, makes a text that is read otherwise, or not at all."""
    assert same(draft, read_manifest(to_manifest_text(draft, heading=heading)))


@given(line=requirement_lines())
def test_a_requirement_is_written_as_a_person_would_and_means_the_same(line: str) -> None:
    """Bounds are put in order; nothing else of a requirement changes."""
    assert Requirement(line_of(Requirement(line))) == Requirement(line)


def test_bounds_are_written_in_order() -> None:
    """Lower bounds come first and exclusions last, whatever order they were written in."""
    line = "transformers[torch,audio] != 4.57.0 , <4.58 , >= 4.51.3 ; python_version<'3.12'"

    assert line_of(Requirement(line)) == ('transformers[audio,torch]>=4.51.3,<4.58,!=4.57.0 ; python_version < "3.12"')


def test_the_text_reads_well() -> None:
    """Short lists stand on one line, comments beside what they are about, and long ones above it."""
    draft = replace(
        make_draft("numpy<2", "pywin32 ; sys_platform == 'win32'", variants={"cu124": ("torch==2.6.0", "torchvision")}),
        notes=("left out: much",),
        blacklist={canonicalize_name("torchao"): Banned(reason='breaks "torch"', where="d")},
        optional=(DraftGroup(name="a b", requirements=wanted("x"), remarks=("why",)),),
        checks=(Check(name="imports", code="import numpy\nprint('é\t')\n", critical=False, timeout_s=5),),
    )
    numpy, pywin32 = draft.requirements
    draft = replace(
        draft,
        requirements=(replace(numpy, comment="torch and numpy 2 clash"), replace(pywin32, comment="long " * 20)),
        variants=(replace(draft.variants[0], index="https://host.invalid/whl/cu124", remarks=("It is.",)),),
    )

    assert (
        to_manifest_text(draft, heading="A first one.")
        == f"""\
# A first one.
# left out: much
[stack]
name = "demo"
version = "1"
python = ["3.11"]
platforms = ["linux-x86_64"]
requirements = [
    "numpy<2",  # torch and numpy 2 clash
    # {"long " * 19}long
    'pywin32 ; sys_platform == "win32"',
]

[variants.cu124]
# It is.
requirements = ["torch==2.6.0", "torchvision"]
index = "https://host.invalid/whl/cu124"
from-index = ["torch", "torchvision"]

[blacklist]
torchao = 'breaks "torch"'

[optional."a b"]
# why
requirements = ["x"]

[[check]]
name = "imports"
code = \"\"\"
import numpy
print('é\\t')
\"\"\"
critical = false
timeout-s = 5
"""
    )
