"""One target's choices: what fits it, what is hopeless from the start, and what is worth fetching ahead."""

from collections.abc import Callable

import pytest
from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from locks import Drop, Target

from compiler.offers.wheels import Wheel
from compiler.solving.choices import NO_EXTRAS, Choices, extras_of, is_pin, name_of
from tests.compiler.fakes import FakeCatalogue, Index, make_target

A, B, C = map(canonicalize_name, "abc")


class EagerCatalogue(FakeCatalogue):
    """Looks ahead at once, and counts how often it was asked to."""

    looks = 0

    def foresee(self, look: Callable[[], None]) -> None:
        """Run the look here and now."""
        self.looks += 1
        look()


def choices_in(
    catalogue: FakeCatalogue | Index, *roots: str, target: Target | None = None, drops: tuple[Drop, ...] = ()
) -> Choices:
    """The choices of a plain Linux target, unless another is named."""
    if not isinstance(catalogue, FakeCatalogue):
        catalogue = FakeCatalogue({"ordinary": catalogue})
    chosen = target or make_target()
    return Choices(catalogue, chosen, roots=list(map(Requirement, roots)), pinned_index={}, drops=drops)


def versions(wheels: tuple[Wheel, ...]) -> list[str]:
    """Versions, as text."""
    return [str(wheel.version) for wheel in wheels]


@pytest.mark.parametrize(
    ("text", "pinned"),
    [
        pytest.param("a==1.0", True, id="equals"),
        pytest.param("a===1.0", True, id="arbitrary equals"),
        pytest.param("a>=1,==1.0", True, id="among others"),
        pytest.param("a==1.*", False, id="series"),
        pytest.param("a~=1.0", False, id="compatible"),
        pytest.param("a>=1,<=1", False, id="bounds that leave one"),
        pytest.param("a", False, id="bare"),
    ],
)
def test_pin_is_one_exact_version(text: str, *, pinned: bool) -> None:
    """Only a requirement that names one version exactly counts as a pin."""
    assert is_pin(Requirement(text)) is pinned


def test_names_and_extras_are_normalised() -> None:
    """However a requirement is spelled, project and extras have one name each."""
    requirement = Requirement("Foo.Bar[Some_Extra,other]>=1")

    assert name_of(requirement) == "foo-bar"
    assert extras_of(requirement) == {"some-extra", "other"}


INDEX: Index = {"a": {"1.0": {}, "1.5": {"yanked": True}, "2.0": {}, "3.0rc1": {}}}


@pytest.mark.parametrize(
    ("root", "wanted", "offered"),
    [
        pytest.param("a", "a", ["2.0", "1.0"], id="final releases, newest first"),
        pytest.param("a<2", "a", ["1.0"], id="the manifest's own word counts"),
        pytest.param("a<2", "a>=2", [], id="nothing meets both"),
        pytest.param("b", "a>=1.5,<2", [], id="yanked alone"),
        pytest.param("b", "a==1.5", ["1.5"], id="yanked, pinned"),
        pytest.param("a==1.5", "a>1", ["1.5"], id="yanked, pinned by the manifest"),
        pytest.param("b", "a>=3.0rc1", ["3.0rc1"], id="pre-release, named"),
        pytest.param("b", "a>2", ["3.0rc1"], id="pre-release, nothing else"),
    ],
)
def test_wheels_on_offer_meet_the_requirement_and_the_manifest(root: str, wanted: str, offered: list[str]) -> None:
    """What is offered meets what is asked and what the manifest says of the project, in the resolver's order."""
    assert versions(choices_in(INDEX, root).matching(A, [Requirement(wanted)])) == offered


def test_requirements_are_those_of_the_target_without_cut_edges() -> None:
    """A wheel's requirements are judged for target and extras; an edge in a [[drop]] is not among them."""
    lines = ["b>=1", "C", "w; sys_platform == 'win32'", "x; extra == 'x'"]
    drop = Drop(package=A, requires=C, reason="cut")
    choices = choices_in({"a": {"1": {"requires": lines}}}, "a", drops=(drop,))
    (wheel,) = choices.matching(A, [])

    assert list(map(str, choices.requirements(wheel))) == ["b>=1"]
    assert list(map(str, choices.requirements(wheel, frozenset({"x"})))) == ["b>=1", 'x; extra == "x"']


VERDICTS: list[tuple[str, Index, list[str], str | None]] = [
    ("sound", {"a": {"1": {"requires": ["b"]}}, "b": {"1": {}}}, [], None),
    (
        "nothing known by that name",
        {"a": {"1": {"requires": ["b>=2"]}}},
        [],
        "requires b>=2, which no wheel for the target meets",
    ),
    (
        "against the manifest",
        {"a": {"1": {"requires": ["b>=2"]}}, "b": {"1": {}, "2": {}}},
        ["b<2", "b!=1.5"],
        "requires b>=2, which goes with no wheel of your b!=1.5, b<2",
    ),
    (
        "its own root",
        {"a": {"1": {"requires": ["b"]}}, "b": {"1": {"requires": ["a>=2"]}}},
        ["a<2"],
        "requires b, which leads nowhere: b 1 requires a>=2, which goes with no wheel of your a<2",
    ),
    (
        "another Python",
        {"a": {"1": {"requires_python": "<3", "requires_python_in": "metadata"}}},
        [],
        "needs Python <3",
    ),
    (
        "an address",
        {"a": {"1": {"requires": ["b @ https://host.invalid/b.whl"]}}},
        [],
        "requires b @ https://host.invalid/b.whl, an address, which no offline machine can reach",
    ),
    (
        "past mending",
        {"a": {"1": {"requires": ["b (2.0)"]}}, "b": {"2.0": {}}},
        [],
        (
            "has a requirement that cannot be read: 'b (2.0)': "
            "Expected matching RIGHT_PARENTHESIS for LEFT_PARENTHESIS, after version specifier"
        ),
    ),
    ("warts", {"a": {"1": {"requires": ["b (>=1.0<3)"]}}, "b": {"2.0": {}}}, [], None),
    (
        "warts that are against it",
        {"a": {"1": {"requires": ["b (>=1.0<2)"]}}, "b": {"2.0": {}}},
        [],
        "requires b<2,>=1.0, which no wheel for the target meets",
    ),
    ("a cycle", {"a": {"1": {"requires": ["b"]}}, "b": {"1": {"requires": ["a"]}}}, [], None),
]


@pytest.mark.parametrize(("index", "roots", "reason"), [pytest.param(*case, id=name) for name, *case in VERDICTS])
def test_hopeless_wheel_is_told_with_the_reason(index: Index, roots: list[str], reason: str | None) -> None:
    """A wheel that no solution can hold is left out and the reason kept; any other is kept."""
    choices = choices_in(index, *roots)
    (wheel,) = choices.matching(A, [])

    assert choices.verdict(wheel, NO_EXTRAS) == reason
    assert list(choices.hopeful((wheel,), NO_EXTRAS)) == ([] if reason else [wheel])
    assert choices.dropped.get(A, {}) == ({"1": reason} if reason else {})


def test_verdict_is_reached_once() -> None:
    """However often a wheel is asked about, its metadata is read for one verdict."""
    catalogue = FakeCatalogue({"ordinary": {"a": {"1": {"requires": ["b"]}}}})
    choices = choices_in(catalogue)
    (wheel,) = choices.matching(A, [])
    verdicts = [choices.verdict(wheel, NO_EXTRAS) for _ in range(3)]

    assert len(set(verdicts)) == 1
    assert set(catalogue.read) == {"a-1-py3-none-any.whl"}
    assert len(catalogue.read) == 2  # once for its Python limit, once for its requirements


def test_the_further_it_must_go_the_more_it_looks_ahead() -> None:
    """Nothing is fetched ahead while the newest wheel will do; walking down hopeless ones, ever more is."""
    index: Index = {
        "a": {f"{number}": {"requires": ["nowhere"]} for number in range(40)},
        "b": {f"{number}": {} for number in range(40)},
    }
    catalogue = EagerCatalogue({"ordinary": index})
    choices = choices_in(catalogue)
    next(choices.hopeful(choices.matching(B, []), NO_EXTRAS))
    assert catalogue.looks == 0

    assert list(choices.hopeful(choices.matching(A, []), NO_EXTRAS)) == []
    assert catalogue.looks >= 40 - 2
    assert {f"a-{number}-py3-none-any.whl" for number in range(40)} <= set(catalogue.read)


def test_nothing_is_looked_at_ahead_twice() -> None:
    """The resolver walks down one list of wheels again and again; what is ahead is asked for once."""
    catalogue = EagerCatalogue({"ordinary": {"a": {f"{number}": {"requires": ["nowhere"]} for number in range(40)}}})
    choices = choices_in(catalogue)
    looks = [catalogue.looks for _ in range(3) if not list(choices.hopeful(choices.matching(A, []), NO_EXTRAS))]

    assert looks == [looks[0]] * 3 != [0] * 3


def test_resolutions_of_a_target_share_what_they_read() -> None:
    """A wheel's requirements are read once, whatever each resolution cuts from them; another target reads its own."""
    catalogue = EagerCatalogue({"ordinary": {"a": {"1": {"requires": ["b", "c; sys_platform == 'win32'"]}}}})
    whole, cut = choices_in(catalogue), choices_in(catalogue, drops=(Drop(package=A, requires=B, reason="tried"),))
    windows = choices_in(catalogue, target=make_target(platform="windows-x86_64"))
    (wheel,) = whole.matching(A, [])
    required = [[item.name for item in choices.requirements(wheel)] for choices in (whole, cut, windows)]

    assert required == [["b"], [], ["b", "c"]]
    assert len(catalogue.read) == 2


def test_scouting_follows_the_likeliest_wheels_once_each() -> None:
    """From a root the newest wheels' requirements are followed down, each asked for once, cycles included."""
    index: Index = {
        "a": {"1": {}, "2": {"requires": ["b", "c[x]"]}},
        "b": {"1": {}, "2": {"requires": ["a", "c[x]"]}},
        "c": {"1": {"requires": ["d; extra == 'x'", "nowhere"]}},
        "d": {"1": {}},
    }
    catalogue = EagerCatalogue({"ordinary": index})
    choices = choices_in(catalogue, "a")
    for _ in range(2):
        choices.scout(Requirement("a"))

    assert catalogue.looks == len(["a", "b", "c[x]", "d", "nowhere"])
    assert sorted(catalogue.read) == [f"{name}-py3-none-any.whl" for name in ("a-2", "b-2", "c-1", "d-1")]


def test_packages_bound_to_an_index_are_looked_for_there_alone() -> None:
    """A bound package has the variant's wheels only, every other one the ordinary index's only."""
    catalogue = FakeCatalogue(
        {"ordinary": {"a": {"2": {}}, "b": {"1": {}}}, "cu124": {"a": {"1": {}}, "b": {"9": {}}, "c": {"9": {}}}}
    )
    pinned: dict[NormalizedName, str] = {A: "cu124"}
    choices = Choices(catalogue, make_target("cu124"), roots=[], pinned_index=pinned)

    assert [list(choices.shelf(name).wheels) for name in (A, B, C)] == [[Version("1")], [Version("1")], []]
    assert choices.shelf(A).wheels[Version("1")].index == "cu124"
