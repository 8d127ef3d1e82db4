"""The benchmarks' own arithmetic and commands; the benchmarks themselves are run by hand."""

import os
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

from locks import Check
from locks.progress import SILENT

from applier.build import plan_bundle
from applier.bundle.reader import Bundle
from tests.bench import again, growth
from tests.bench.differences import Compared, Outcome
from tests.bench.figures import HEADINGS, Contest, markdown, spread
from tests.bench.generated import Shape, generate_bundle
from tests.bench.growth import Step, rows
from tests.bench.measure import CommandFailed, Sample, in_a_row, measure
from tests.bench.resolvers import STACKS, Uv, our_picks, read_stack, uv_floor, uv_picks, write_configuration
from tests.bench.rounds import in_turn
from tests.bundles import make_bundle
from tests.wheels import make_wheel

ROOT = Path(__file__).parent.parent
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell what an ended process used")


def sample(wall_s: float, megabytes: int = 1) -> Sample:
    """A made-up measurement."""
    return Sample(wall_s=wall_s, peak_bytes=megabytes * 1_000_000)


@pytest.mark.parametrize(
    ("values", "text"),
    [
        pytest.param([2], "2.00 (2.00 to 2.00)", id="one"),
        pytest.param([3, 1, 2], "2.00 (1.00 to 3.00)", id="odd"),
        pytest.param([4, 1, 2, 3], "2.50 (1.00 to 4.00)", id="even"),
    ],
)
def test_a_spread_is_median_and_range(values: list[float], text: str) -> None:
    """Whatever the order of the values."""
    assert str(spread(values)) == text


def test_calls_in_a_row_add_seconds_but_not_memory() -> None:
    """The peer's calls do not run at one time: their memory is the largest one's."""
    assert in_a_row([sample(1, 5), sample(2, 7), sample(3, 6)]) == sample(6, 7)


def test_a_ratio_is_taken_round_by_round() -> None:
    """A slow hour that hits both sides of a round leaves the ratio as it is."""
    contest = Contest(case="x, cold", peer="uv", rounds=((sample(1, 9), sample(2)), (sample(50), sample(100, 3))))

    assert contest.row() == (
        "x, cold",
        "uv",
        "0.50 (0.50 to 0.50)",
        "25.50 (1.00 to 50.00)",
        "51.00 (2.00 to 100.00)",
        "",
        "9",
        "3",
        "2",
    )
    assert len(contest.row()) == len(HEADINGS)


def test_processor_time_is_compared_where_it_was_counted() -> None:
    """Ours to the peer's, round by round."""
    ours, theirs = replace(sample(9), processor_s=3.0), replace(sample(1), processor_s=2.0)

    assert str(Contest(case="x", peer="uv", rounds=((ours, theirs),)).processor_ratio) == "1.50 (1.50 to 1.50)"
    assert Contest(case="x", peer="uv", rounds=((ours, sample(1)),)).processor_ratio is None


def test_cases_take_turns() -> None:
    """A, B, A, B; every round's cost is kept, and told."""
    asked, told = list[str](), list[str]()

    def run_all(case: str) -> dict[str, Sample]:
        asked.append(case)
        return {"ours": sample(len(asked))}

    runs = in_turn("ab", run_all, rounds=2, report=told.append)

    assert runs == {"a": [{"ours": sample(1)}, {"ours": sample(3)}], "b": [{"ours": sample(2)}, {"ours": sample(4)}]}
    assert told[:2] == ["a, round 1: ours 1.00 s", "b, round 1: ours 2.00 s"]


@pytest.mark.parametrize(("most_s", "rounds"), [(30, 3), (29, 2), (1, 1)])
def test_no_round_is_begun_that_would_take_too_long(
    most_s: float, rounds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each takes ten seconds here, and the next is taken to last as long; the first is run in any case."""
    now_s = iter((0.0, 10.0, 20.0, 30.0))
    monkeypatch.setattr("tests.bench.rounds.time", SimpleNamespace(monotonic=lambda: next(now_s)))
    runs = in_turn("a", lambda case: {case: sample(10)}, rounds=3, most_s=most_s, report=lambda said: None)

    assert len(runs["a"]) == rounds


def test_every_step_is_held_against_the_first() -> None:
    """And against the same step of the other venvault, the first one's too."""
    assert again.pairs(["first", "--force"]) == [("--force", "first")]
    assert again.pairs(["first", "--force", "before: first", "before: --force"]) == [
        ("--force", "first"),
        ("first", "before: first"),
        ("--force", "before: --force"),
    ]


def test_what_one_more_costs_is_told_from_the_next_smaller_size() -> None:
    """An axis that costs the same for each has one figure all along; its first size has none, nor does another axis."""
    sizes = [Shape(wheels=10, files=files, file_bytes=1000) for files in (100, 300)]
    steps = [
        Step(axis="files", shape=shape, samples=(replace(sample(wall_s), processor_s=wall_s),))
        for shape, wall_s in zip(sizes, (0.5, 0.7), strict=True)
    ]
    alone = Step(axis="wheels", shape=sizes[0], samples=(sample(1),))
    table = list(rows([*steps, alone]))

    assert [row[6:8] for row in table] == [("", ""), ("100", "100"), ("", "")]
    assert {len(row) for row in table} == {len(growth.HEADINGS)}


def test_a_generated_bundle_has_the_shape_asked_for(tmp_path: Path) -> None:
    """So many wheels, files and bytes, and sound ones: it can be planned."""
    shape = Shape(wheels=2, files=150, file_bytes=300_000)
    bundle = Bundle.open(generate_bundle(tmp_path / "bundle.zip", shape))
    plan = plan_bundle(bundle, SILENT)
    files = [file for file in plan.files.values() if file.size_bytes == shape.file_bytes]

    assert (len(bundle.lock.wheels), len(files)) == (2, 300)
    assert shape.all_bytes / 40 < bundle.path.stat().st_size < shape.all_bytes / 8
    bundle.verify()


def test_a_table_survives_what_is_in_its_cells() -> None:
    """A bar or a line end in a cell does not make a further one."""
    assert markdown(("a", "b"), [("x|y", "one\n two")]) == "| a | b |\n| --- | --- |\n| x\\|y | one two |"


def outcome(*pins: str) -> Outcome:
    """What a resolver took."""
    return Outcome(picks={canonicalize_name(name): Version(version) for name, version in (pin.split() for pin in pins)})


@pytest.mark.parametrize(
    ("ours", "alone", "theirs", "accepted", "verdict"),
    [
        pytest.param(outcome("a 1"), outcome("a 1"), outcome("a 1.0"), "", "same", id="same"),
        pytest.param(
            outcome("a 1", "b 1"),
            outcome("a 2", "b 1", "c 1"),
            outcome("a 2", "b 2", "c 1", "d 1"),
            "",
            "aligned with the other targets: a 1 (uv: 2), 1 only uv's; "
            "chosen otherwise: b 1 (uv: 2), 1 only uv's; uv accepts ours",
            id="aligned and chosen",
        ),
        pytest.param(
            outcome("a 1"),
            outcome("a 1"),
            outcome("b 1"),
            "uv refuses ours: why",
            "chosen otherwise: 1 only ours, 1 only uv's; uv refuses ours: why",
            id="ours is wrong",
        ),
        pytest.param(
            Outcome(refusal="x"), Outcome(), Outcome(refusal="y"), "", "both refuse; ours: x; uv: y", id="both"
        ),
        pytest.param(Outcome(refusal="x"), Outcome(), outcome("a 1"), "", "only we refuse: x", id="only ours"),
        pytest.param(outcome("a 1"), outcome("a 1"), Outcome(refusal="y"), "", "only uv refuses: y", id="only uv's"),
    ],
)
def test_two_outcomes_are_told_apart(
    ours: Outcome, alone: Outcome, theirs: Outcome, accepted: str, verdict: str
) -> None:
    """What the other targets account for is told from what the resolvers choose otherwise, and a refusal from both."""
    target = next(target for _, target in read_stack(STACKS / "llm-studio.toml").manifest.targets())
    compared = Compared(stack="x", target=target, ours=ours, alone=alone, theirs=theirs, accepted=accepted)

    assert compared.verdict() == verdict
    assert compared.agrees == (verdict.startswith(("same", "both")))


@posix
def test_a_command_is_timed_and_weighed(tmp_path: Path) -> None:
    """Memory is that of the largest process of the tree, also of one that has ended long before."""
    inner = (
        "import subprocess, sys; subprocess.run([sys.executable, '-c', 'len(bytes(range(256)) * 400_000)'], check=True)"
    )
    cost = measure([sys.executable, "-c", inner], environment=os.environ, folder=tmp_path)

    assert cost.wall_s > 0
    assert 100_000_000 < cost.peak_bytes < 1_000_000_000


@pytest.mark.skipif(sys.platform != "linux", reason="looks in /proc")
def test_processes_side_by_side_are_weighed_together(tmp_path: Path) -> None:
    """Two processes of a hundred megabytes each are more than either of them."""
    heavy = "data = b'x' * 100_000_000; import sys; print(len(data), flush=True); sys.stdin.read()"
    outer = (
        "import subprocess, sys, time; "
        f"two = [subprocess.Popen([sys.executable, '-c', {heavy!r}], stdin=-1, stdout=-1) for _ in '12']; "
        "[each.stdout.readline() for each in two]; time.sleep(0.5); [each.communicate() for each in two]"
    )
    command = [sys.executable, "-c", outer]
    together = measure(command, environment=os.environ, folder=tmp_path, of_tree=True)

    assert 200_000_000 < together.peak_bytes < 1_000_000_000


@posix
def test_a_command_that_fails_is_no_measurement(tmp_path: Path) -> None:
    """What it said is passed on."""
    with pytest.raises(CommandFailed, match="ended with 3:\nno such thing") as caught:
        measure(
            [sys.executable, "-c", "print('no such thing', file=__import__('sys').stderr); exit(3)"],
            environment=os.environ,
            folder=tmp_path,
        )

    assert caught.value.said == "no such thing\n"


def checked_bundle(folder: Path, version: str, *, code: str) -> Path:
    """A bundle of one version whose check, which is not critical, is that code."""
    check = Check(name="the check", code=code, critical=False)
    return make_bundle(folder / f"{version}.zip", make_wheel("demo", version), checks=(check,))


@posix
def test_one_environment_goes_through_all_steps(tmp_path: Path) -> None:
    """By the real commands: each is measured, its checks are run, and the last leaves the update in place."""
    bundle, update = (checked_bundle(tmp_path, version, code="import demo") for version in ("1", "2"))
    told: list[str] = []
    found = again.contests(bundle, update, before=None, places=[tmp_path], rounds=1, most_s=600, report=told.append)

    assert [(contest.case, contest.peer) for contest in found] == [
        (f"{tmp_path}, {step}", "first") for step in ("--force", "verify", "update")
    ]
    assert all(sample.wall_s and sample.processor_s for contest in found for pair in contest.rounds for sample in pair)
    assert told[:4] == [f"{step}: 1 of 1 checks passed" for step in ("first", "--force", "verify", "update")]
    assert not again.are_same(bundle, update)
    assert again.are_same(bundle, bundle)


@posix
def test_a_check_that_fails_is_no_measurement(tmp_path: Path) -> None:
    """Not even one that is not critical, with which an apply ends well."""
    bundle = checked_bundle(tmp_path, "1", code="raise SystemExit('not today')")
    with pytest.raises(CommandFailed, match=r"check failed: the check\nnot today"):
        again.contests(bundle, None, before=None, places=[tmp_path], rounds=1, most_s=1, report=lambda said: None)


def test_both_are_given_the_same_lines(tmp_path: Path) -> None:
    """The file for uv holds the manifest's and the variant's lines; floor and platform are the target's."""
    stack = read_stack(STACKS / "llm-studio.toml")
    variant, target = list(stack.manifest.targets())[-1]
    command = Uv(executable="uv").command(stack, variant, target, out=tmp_path / "out.txt", cache=tmp_path)
    lines = set((tmp_path / "out.in").read_text("utf-8").splitlines())

    assert {str(line) for line in (*stack.manifest.requirements, *variant.requirements)} == lines
    assert command[command.index("--python-platform") + 1] == "aarch64-apple-darwin"
    assert uv_floor(target) == {"MACOSX_DEPLOYMENT_TARGET": "14.0"}


def test_all_contenders_ask_one_index_and_nothing_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It is that of pip's configuration; further indexes, folders and caches of this machine are left out."""
    monkeypatch.setenv("PIP_INDEX_URL", "https://index.invalid/simple")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "https://other.invalid/simple")
    monkeypatch.setenv("PIP_FIND_LINKS", "/wheels")
    monkeypatch.setenv("UV_CACHE_DIR", "/cache")
    given = Uv(executable="uv").environment()

    assert given["PIP_INDEX_URL"] == given["UV_DEFAULT_INDEX"] == "https://index.invalid/simple"
    assert (given["PIP_EXTRA_INDEX_URL"], given["PIP_FIND_LINKS"]) == ("", "")
    assert not {"UV_CACHE_DIR", "VENVAULT_CACHE"} & given.keys()
    configuration = write_configuration(tmp_path)
    assert 'url = "https://index.invalid/simple"' in configuration.read_text("utf-8")
    assert "UV_DEFAULT_INDEX" not in Uv(executable="uv", configuration=configuration).environment()


def test_the_picks_of_both_are_read_alike(tmp_path: Path) -> None:
    """Names are normalised, versions are versions, hashes and other lines are passed over."""
    lock = next((ROOT / "locks" / "stacks" / "quickstart").glob("pylock.cpu-linux*py311.toml"))
    stack = read_stack(ROOT / "locks" / "stacks" / "quickstart" / "manifest.toml")
    target = next(target for _, target in stack.manifest.targets() if f"pylock.{target.name}.toml" == lock.name)
    mine = our_picks(target, lock.parent)
    text = "".join(f"{name.title()}=={version} \\\n    --hash=sha256:00\n" for name, version in mine.items())
    (tmp_path / "uv.txt").write_text(f"{text}{'# a comment'}\n", "utf-8")

    assert mine
    assert uv_picks(tmp_path / "uv.txt") == mine


@pytest.mark.parametrize("path", sorted(STACKS.glob("*.toml")), ids=lambda path: path.stem)
def test_the_stacks_can_be_given_to_a_peer(path: Path) -> None:
    """Nothing in them that only we know, on three systems, and one target for each platform."""
    manifest = read_stack(path).manifest
    platforms = [target.platform.name for _, target in manifest.targets()]

    assert (manifest.blacklist, manifest.optional, manifest.drops) == ({}, (), ())
    assert not any(variant.index for variant in manifest.variants)
    assert sorted(platforms) == ["linux-x86_64", "macos-arm64", "windows-x86_64"]


def test_the_bench_stack_is_llm_studio() -> None:
    """The common lines are those of the shipped manifest, word by word."""
    shipped = read_stack(ROOT / "locks" / "stacks" / "llm-studio" / "manifest.toml").manifest

    assert read_stack(STACKS / "llm-studio.toml").manifest.requirements == shipped.requirements
