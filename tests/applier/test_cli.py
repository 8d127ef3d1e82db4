"""The end user's commands: exit codes, messages, JSON, questions."""

import json
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from locks import Check, Problem
from locks.cli import problem_lines
from locks.target import PLATFORMS

from applier.entry import run_bundle
from applier.environment.scheme import scheme_paths
from bundler.archive import write_archive
from compiler.cli import venvault
from tests.bundles import bare_members, make_bundle, running_target, truncate
from tests.events import events_of, result_of
from tests.wheels import make_wheel

OTHER_PLATFORM = "linux-aarch64" if running_target().platform.name == "linux-x86_64" else "linux-x86_64"
CHECKED = (
    "bundle-whole",
    "python-fits",
    "system-fits",
    "place-writable",
    "disk-fits",
    "path-fits",
    "nothing-lost",
    "not-in-use",
)
SITE = scheme_paths(running_target(), "x")["purelib"]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo bundle; not to be changed."""
    return make_bundle(tmp_path_factory.mktemp("cli") / "bundle-cpu.zip")


@pytest.fixture
def bundle(original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, beside an empty folder that is the current one."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return Path(shutil.copy(original, tmp_path))


@pytest.fixture
def old(bundle: Path) -> Path:  # noqa: ARG001  # the bundle's folder is the current one
    """An environment in the default place."""
    place = Path(".venv")
    place.mkdir()
    (place / "pyvenv.cfg").write_text("home = /somewhere\n")
    return place


def run(*args: str | Path, answer: str = "") -> Result:
    """Run `venvault` with arguments, and an answer for its question."""
    return CliRunner().invoke(venvault, list(map(str, args)), input=answer)


def last_line(result: Result) -> str:
    """The last thing that was said."""
    return result.stderr.splitlines()[-1]


def test_apply_ends_in_the_proof(bundle: Path) -> None:
    """Standard output is the proof line alone; the talk is on standard error."""
    result = run("apply", bundle)
    (line,) = result.stdout.splitlines()

    assert result.exit_code == 0, result.output
    assert line.startswith("demo 2026.11 cpu: ")
    assert ", 2 packages, " in line
    assert line.endswith(f", receipt {Path.cwd() / '.venv' / 'venvault-receipt.json'}")
    assert result.stderr.splitlines()[:2] == [f"looking at {bundle}", "planning: 2 wheels"]


def test_apply_tells_where_the_time_went(bundle: Path) -> None:
    """Every step of a first apply, in its order, and the whole."""
    result = run("apply", bundle, "--yes", "--timings")
    steps = [line.split()[0] for line in result.stderr.splitlines() if " s " in line and "%" in line]

    assert steps[:6] == ["starting", "choosing", "looking", "planning", "preparing", "installing"]
    assert steps[6:] == ["recording", "syncing", "replacing", "tidying", "in"]


def test_apply_in_json(bundle: Path, tmp_path: Path) -> None:
    """Programs get the receipt's place and the proof."""
    result = run("apply", bundle, "--into", tmp_path / "env", "--json")
    found = result_of(result.stdout)

    assert result.exit_code == 0
    assert found.keys() == {"ok", "receipt", "proof", "already_in_place", "previous"}
    assert (found["already_in_place"], found["previous"]) == (False, None)
    assert found["ok"] is True
    assert Path(found["receipt"]).is_file()
    assert found["proof"].endswith(found["receipt"])


def test_events_tell_a_run_while_it_goes(bundle: Path) -> None:
    """Every line is an event, standard error is empty, and each phase that starts has an end."""
    result = run("apply", bundle, "--json")
    events = events_of(result.stdout)

    assert result.stderr == ""
    assert [event["phase"] for event in events if event["event"] == "started"] == ["planning", "installing", "syncing"]
    assert [event["phase"] for event in events if event["event"] == "finished"] == ["planning", "installing", "syncing"]
    assert events_of(run("verify", "--json").stdout)[0]["phase"] == "comparing"


def test_quiet_leaves_the_result_and_warnings(bundle: Path) -> None:
    """In words and as events."""
    first = run("apply", bundle, "--quiet")
    assert (first.exit_code, len(first.stdout.splitlines())) == (0, 1)
    again = run("apply", bundle, "--quiet", "--json", "--force", "--yes")
    Path(".venv", "pyvenv.cfg").write_text("")

    assert {event["event"] for event in events_of(again.stdout)} <= {"warning", "result"}
    assert all(line.startswith("warn ") for line in first.stderr.splitlines())
    assert [line[:8] for line in run("verify", "--quiet").stdout.splitlines()] == ["altered:", "  do: ap"]
    checked = run("apply", bundle, "--check", "--quiet", "--yes").stdout.splitlines()
    assert all(line.startswith("warn ") for line in checked[:-1])
    assert checked[-1] == "ok: it fits; nothing was touched"


@pytest.mark.usefixtures("old")
def test_a_no_is_a_result(bundle: Path) -> None:
    """Who ends a run has an end in the events too."""
    result = run("apply", bundle, "--json", answer="n\n")

    assert result.exit_code == 1
    assert result_of(result.stdout[result.stdout.index("{") :]) == {
        "ok": False,
        "interrupted": True,
        "problems": [],
        "notes": [],
    }


@pytest.mark.usefixtures("old")
def test_check_touches_nothing(bundle: Path) -> None:
    """`--check` has a line for everything it looked at, says that it fits, and leaves every file alone."""
    before = sorted(Path().rglob("*"))
    result = run("apply", bundle, "--check")

    assert result.exit_code == 0
    *lines, last = result.stdout.splitlines()
    assert last == "ok: it fits; nothing was touched"
    assert [line.split()[:2] for line in lines] == [["ok", code] for code in CHECKED]
    assert sorted(Path().rglob("*")) == before


def test_check_in_json(bundle: Path) -> None:
    """Programs get every finding, and the machine's facts."""
    found = result_of(run("apply", bundle, "--check", "--json").stdout)

    assert found.keys() == {"ok", "findings", "machine", "bundle", "place", "question"}
    assert found["machine"]["sys_platform"] == sys.platform
    assert {finding["level"] for finding in found["findings"]} == {"ok"}


def test_what_is_refused_is_not_asked_about(bundle: Path) -> None:
    """A program that shows the question would have its user agree to what cannot be."""
    run("apply", bundle, "--yes")
    questions = []
    for make in (lambda path: None, _unfit):
        make(bundle)
        questions.append(result_of(run("apply", bundle, "--check", "--json").stdout)["question"])

    assert [question is None for question in questions] == [False, True]


def test_check_tells_everything_that_stops_at_once(bundle: Path) -> None:
    """A bundle for another Python, for a folder that is no environment: both are told, and the graver one counts."""
    _unfit(bundle)
    Path("work").mkdir()
    Path("work", "thesis.txt").write_text("years")
    result = run("apply", bundle, "--check", "--into", "work")
    stops = [line.split()[1] for line in result.stdout.splitlines() if line.startswith("stop")]

    assert result.exit_code == 4
    assert stops == ["python-does-not-fit", "place-not-allowed"]
    assert result.stdout.splitlines()[-1] == "does not fit; nothing was touched"

    found = result_of(run("apply", bundle, "--check", "--into", "work", "--json").stdout)

    assert found["ok"] is False
    assert [each["code"] for each in found["findings"] if each["level"] == "stop"] == stops


def test_an_update_is_applied_from_its_base(bundle: Path, tmp_path: Path) -> None:
    """The base is named, or lies beside the update; without it nothing is replaced, and it is named."""
    place = tmp_path / "apart"
    update = make_bundle(place / "update.zip", since=bundle)
    refused = run("apply", update)
    untouched = not Path(".venv").exists()
    named = run("apply", update, "--base", bundle, "--check")
    shutil.copy(bundle, place)
    applied = run("apply", update)

    assert refused.exit_code == 1
    assert "error[base-missing] " in refused.stderr
    assert untouched
    assert named.exit_code == 0, named.output
    assert named.stderr.splitlines()[1].startswith("taking 2 wheels, 0.0 MB, from ")
    assert applied.exit_code == 0, applied.output
    assert run("verify", "--files-only").exit_code == 0


def test_an_update_is_applied_from_a_store(bundle: Path, tmp_path: Path) -> None:
    """A folder of wheels by their sha256 will do, too."""
    update = make_bundle(tmp_path / "apart" / "update.zip", since=bundle)
    applied = run("apply", update, "--store", tmp_path / "apart" / "store")

    assert applied.exit_code == 0, applied.output


def test_a_bundle_in_volumes_is_applied_by_any_name(tmp_path: Path, bundle: Path) -> None:  # noqa: ARG001
    """What the volumes have in common need not be a file."""
    path = make_bundle(tmp_path / "cut" / "bundle.zip", volume_bytes=300_000)

    assert not path.exists()
    for name in (path, path.with_name("bundle.zip.002")):
        result = run("apply", name, "--yes", "--force")
        assert result.exit_code == 0, result.output


# Questions.


def test_a_place_that_is_taken_is_asked_about(bundle: Path, old: Path) -> None:
    """Without --yes an environment is replaced only after a yes; a no changes nothing."""
    refused = run("apply", bundle, answer="n\n")

    assert refused.exit_code == 1
    assert refused.stderr.endswith("Go on? [y/N]: n\nnothing was changed at .venv\nAborted!\n")
    assert [path.name for path in old.iterdir()] == ["pyvenv.cfg"]

    agreed = run("apply", bundle, answer="y\n")

    assert agreed.exit_code == 0
    assert ".venv will be replaced, and kept as .venv.venvault-previous. Go on? [y/N]: " in agreed.stderr
    assert (old / "venvault-receipt.json").is_file()


def test_nobody_to_ask_is_a_no(bundle: Path, old: Path) -> None:
    """A script that gives no answer changes nothing."""
    assert run("apply", bundle).exit_code == 1
    assert [path.name for path in old.iterdir()] == ["pyvenv.cfg"]


@pytest.mark.usefixtures("old")
def test_an_answer_that_is_no_text_is_none(bundle: Path, old: Path) -> None:
    """What comes by a pipe may be anything."""
    result = CliRunner().invoke(venvault, ["apply", str(bundle)], input=b"\xff\n")

    assert result.exit_code == 1
    assert "error[not-confirmed] .venv" in result.stderr
    assert [path.name for path in old.iterdir()] == ["pyvenv.cfg"]


def test_yes_asks_nothing(bundle: Path) -> None:
    """With --yes, and where nothing is to be replaced, there is no question."""
    assert "Go on?" not in run("apply", bundle, "--yes").output
    Path("empty").mkdir()
    assert "Go on?" not in run("apply", bundle, "--into", "empty").output


# Failures.


def _unfit(path: Path) -> None:
    make_bundle(path, target=replace(running_target(), python="3.14"))


def _failing(path: Path) -> None:
    make_bundle(path, checks=(Check(name="it", code="raise SystemExit('no good')"),))


def _cut(path: Path) -> None:
    truncate(path, 1000)


FAILURES: list[tuple[str, Callable[[Path], None], int, str]] = [
    ("damaged", _cut, 3, "bundle-damaged"),
    ("unfit", _unfit, 4, "python-does-not-fit"),
    ("check failed", _failing, 5, "check-failed"),
]
failing = pytest.mark.parametrize(
    ("spoil", "exit_code", "code"), [pytest.param(*row[1:], id=row[0]) for row in FAILURES]
)


@failing
@pytest.mark.usefixtures("old")
def test_a_failure_ends_in_its_exit_code_and_says_that_nothing_changed(
    spoil: Callable[[Path], None], exit_code: int, code: str, bundle: Path
) -> None:
    """The problem is told in words, and the last line says that the environment is as it was."""
    spoil(bundle)
    result = run("apply", bundle, "--yes")

    assert (result.exit_code, result.stdout) == (exit_code, "")
    assert f"error[{code}] " in result.stderr
    assert last_line(result) == ".venv is as it was"


@failing
def test_a_failure_where_nothing_was_says_so(
    spoil: Callable[[Path], None], exit_code: int, code: str, bundle: Path
) -> None:
    """Without an environment before, the last line does not read as if one were lost."""
    spoil(bundle)
    result = run("apply", bundle)

    assert result.exit_code == exit_code
    assert f"error[{code}] " in result.stderr
    assert last_line(result) == "there was nothing at .venv, and there is nothing now"
    assert not list(Path().iterdir())


def test_a_refusal_ends_in_exit_code_1(bundle: Path) -> None:
    """A folder of the user's is refused, and is as it was."""
    Path("work").mkdir()
    Path("work", "thesis.txt").write_text("years")
    result = run("apply", bundle, "--into", "work", "--yes")

    assert result.exit_code == 1
    assert "error[place-not-allowed] " in result.stderr
    assert last_line(result) == "work is as it was"


@pytest.mark.usefixtures("old")
def test_a_failure_in_json(bundle: Path) -> None:
    """Programs get every problem with its five parts, and the note, and the same exit code."""
    truncate(bundle, 1000)
    result = run("apply", bundle, "--yes", "--json")
    found = result_of(result.stdout)

    assert result.exit_code == 3
    assert (found["ok"], found["notes"]) == (False, [".venv is as it was"])
    assert [set(problem) for problem in found["problems"]] == [{"code", "where", "expected", "found", "hint"}]


def test_a_failed_check_of_the_bundle_says_nothing_of_the_environment(bundle: Path) -> None:
    """`--check` of a damaged bundle ends in 3."""
    truncate(bundle, 1000)

    assert run("apply", bundle, "--check").exit_code == 3


@pytest.mark.parametrize(
    "args",
    [
        pytest.param(["apply", "absent.zip"], id="bundle that is not there"),
        pytest.param(["apply", "absent.zip", "--nonsense"], id="unknown option"),
        pytest.param(["verify", "a", "b"], id="two environments"),
    ],
)
def test_wrong_usage_ends_in_exit_code_2(args: list[str]) -> None:
    """What cannot be meant is refused before anything is looked at."""
    assert run(*args).exit_code == 2


def test_a_folder_of_bundles_is_chosen_from(bundle: Path) -> None:
    """`apply FOLDER` takes the bundle that fits, says which, and goes on as if it had been named."""
    usb = bundle.parent / "usb"
    usb.mkdir()
    shutil.copy(bundle, usb / "right.zip")
    make_bundle(usb / "wrong.zip", target=replace(running_target(), platform=PLATFORMS[OTHER_PLATFORM]))
    result = run("apply", usb)

    assert result.exit_code == 0, result.output
    assert result.stderr.splitlines()[1].startswith("wrong.zip does not fit: system: ")
    assert result.stderr.splitlines()[2].startswith("right.zip is the one for this machine: ")
    assert Path(".venv", "venvault-receipt.json").is_file()


def test_a_folder_without_a_bundle_that_fits_is_exit_code_4(bundle: Path) -> None:
    """Each bundle's reasons are told, and nothing is touched."""
    (bundle.parent / "usb").mkdir()
    target = replace(running_target(), platform=PLATFORMS[OTHER_PLATFORM])
    for name in ("one", "two"):
        make_bundle(bundle.parent / "usb" / f"{name}.zip", target=target)
    result = run("apply", bundle.parent / "usb")

    assert result.exit_code == 4
    assert "error[platform-does-not-fit] one.zip: system" in result.stderr
    assert "error[platform-does-not-fit] two.zip: system" in result.stderr
    assert not list(Path().iterdir())


# detect


def test_detect_shows_machine_and_variants() -> None:
    """System, driver and every variant have a line; exit code 0 whatever there is."""
    result = run("detect")
    lines = result.stdout.splitlines()

    assert result.exit_code == 0
    assert [line.split()[0] for line in lines[:2]] == ["system", "driver"]
    assert any(line.startswith("cpu ") for line in lines)


def test_detect_judges_bundles(bundle: Path) -> None:
    """Bundles, and folders of them, are judged beside; when none fits the exit code is 4."""
    unfit = make_bundle(
        bundle.parent / "unfit.zip", target=replace(running_target(), platform=PLATFORMS[OTHER_PLATFORM])
    )
    both = run("detect", bundle.parent)

    assert both.exit_code == 0
    assert f"bundle-cpu.zip fits ({running_target()})" in both.stdout.splitlines()
    assert any(line.startswith("unfit.zip does not fit: system: ") for line in both.stdout.splitlines())
    assert run("detect", unfit).exit_code == 4


def test_detect_passes_nothing_over_in_silence(bundle: Path) -> None:
    """Who asks which of a stick's bundles fit learns which of them is damaged, and that there is none."""
    folder = bundle.parent / "stick"
    folder.mkdir()
    assert run("detect", folder).stderr.startswith("error[no-bundle] ")
    cut = Path(shutil.copy(bundle, folder / "cut.zip"))
    truncate(cut, 1000)
    assert run("detect", folder).exit_code == 3
    shutil.copy(bundle, folder / "whole.zip")
    both = run("detect", folder)

    assert both.exit_code == 0
    assert both.stderr.startswith(f"passed over: bundle-damaged: {cut}: ")
    assert f"whole.zip fits ({running_target()})" in both.stdout.splitlines()


def test_detect_in_json(bundle: Path) -> None:
    """Programs get the machine, the bundles and the variants, each with its reasons."""
    found = result_of(run("detect", bundle, "--json").stdout)

    assert found.keys() == {"ok", "machine", "bundles", "variants"}
    assert found["machine"]["python"] == list(sys.version_info[:3])
    assert [(each["path"], each["fits"]) for each in found["bundles"]] == [(str(bundle), True)]
    assert "cpu" in [each["variant"] for each in found["variants"] if each["fits"]]


def test_a_bundle_detects_for_itself(
    bundle: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`python bundle.zip detect` judges that bundle."""
    assert run_own(bundle, "detect", monkeypatch=monkeypatch) == 0
    assert f"bundle-cpu.zip fits ({running_target()})" in capsys.readouterr().out.splitlines()


def test_an_interrupt_says_what_is_there(bundle: Path, old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while the environment is built ends in exit code 1, and the old one is as it was."""
    mkdir = Path.mkdir

    def interrupted(self: Path, *more: Any, **options: Any) -> None:
        if "site-packages" in self.parts:
            raise KeyboardInterrupt
        mkdir(self, *more, **options)

    monkeypatch.setattr(Path, "mkdir", interrupted)
    result = run("apply", bundle, "--yes")

    assert result.exit_code == 1
    assert "interrupted; .venv is as it was" in result.stderr
    assert [path.name for path in old.iterdir()] == ["pyvenv.cfg"]


def test_an_interrupt_after_the_swap_does_not_claim_that_nothing_changed(
    bundle: Path, old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C while the old environment is being removed leaves the new one, and no word says otherwise."""
    rmtree = shutil.rmtree

    def interrupted(place: Path, *more: Any, **options: Any) -> None:
        if str(place).endswith(".venvault-new"):
            raise KeyboardInterrupt
        rmtree(place, *more, **options)

    monkeypatch.setattr(shutil, "rmtree", interrupted)
    result = run("apply", bundle, "--yes", "--no-keep")

    assert (old / "venvault-receipt.json").is_file()
    assert "as it was" not in result.stderr


def test_what_a_killed_run_took_away_is_not_called_nothing(bundle: Path, old: Path) -> None:
    """When the old environment is put back before a failure, the last line says that it is there."""
    _failing(bundle)
    old.rename(".venv.venvault-old")
    result = run("apply", bundle, "--yes")

    assert result.exit_code == 5
    assert (old / "pyvenv.cfg").is_file()
    assert last_line(result) == "an environment is in place at .venv"


def test_apply_again_says_already_in_place(bundle: Path) -> None:
    """Without a question, with the same proof, and so that programs can tell."""
    first = run("apply", bundle)
    again = run("apply", bundle)

    assert again.exit_code == 0
    assert again.stdout == f"already in place: {first.stdout}"
    assert result_of(run("apply", bundle, "--json").stdout)["already_in_place"] is True


def test_what_is_kept_is_told_with_its_size(bundle: Path, old: Path) -> None:
    """Disk that is used up beside the environment is said, and how long."""
    (old / "weights").write_bytes(bytes(12_340_000))
    result = run("apply", bundle, "--yes")
    kept = old.absolute().with_name(".venv.venvault-previous")

    assert last_line(result) == (
        f"the environment before is kept at {kept} (12.3 MB) until the next apply; `rollback` returns to it"
    )


def test_destroy_first_asks_or_needs_yes(bundle: Path, old: Path) -> None:
    """The flag alone destroys nothing where nobody answers; what it means is in the question."""
    result = run("apply", bundle, "--destroy-first")

    assert result.exit_code == 1
    assert "should that fail, there is no environment" in result.stderr
    assert (old / "pyvenv.cfg").is_file()


def test_destroyed_first_a_failure_leaves_none_and_says_so(bundle: Path, old: Path) -> None:
    """Knowingly chosen, and told in the last line."""
    _failing(bundle)
    result = run("apply", bundle, "--destroy-first", "--yes")

    assert result.exit_code == 5
    assert last_line(result) == "nothing was left at .venv"
    assert not list(old.parent.iterdir())


def test_an_interrupt_when_all_is_done_says_what_is_in_place(
    bundle: Path, old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C after the swap, while the lock is let go, is not told as if nothing had changed."""

    def interrupted(_path: Path, _descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("applier.environment.mutex._release", interrupted)
    result = run("apply", bundle, "--yes")

    assert (old / "venvault-receipt.json").is_file()
    assert "interrupted; the other environment is in place at .venv" in result.stderr


# rollback


def test_rollback_ends_in_the_proof_of_what_is_in_place(bundle: Path, tmp_path: Path) -> None:
    """There and back, with the place of what is kept; programs get the same."""
    first = run("apply", bundle)
    other = make_bundle(tmp_path / "other.zip", make_wheel("demo", "9"))
    run("apply", other, "--yes")
    back = run("rollback")
    forth = result_of(run("rollback", "--json").stdout)

    assert (back.exit_code, back.stdout) == (0, first.stdout)
    assert "the environment before is kept at " in back.stderr
    assert forth["ok"] is True
    assert forth["previous"] == str(Path.cwd() / ".venv.venvault-previous")
    assert "1 packages" in forth["proof"]


def test_rollback_without_a_previous_one_is_refused(bundle: Path) -> None:
    """The present environment stays, and the last line says so."""
    run("apply", bundle)
    result = run("rollback")

    assert result.exit_code == 1
    assert "error[no-previous] " in result.stderr
    assert last_line(result) == ".venv is as it was"


def test_rollback_to_what_no_apply_has_made(bundle: Path, old: Path) -> None:
    """With --force the user's own environment comes back, and is not called proven."""
    run("apply", bundle, "--yes")

    assert run("rollback").exit_code == 1
    result = run("rollback", "--force")
    assert (result.exit_code, result.stdout) == (0, ".venv, which no apply has made\n")
    assert [path.name for path in old.iterdir()] == ["pyvenv.cfg"]


@pytest.mark.parametrize("command", ["apply", "rollback"])
def test_processes_are_ended_after_a_yes_only(command: str, bundle: Path, old: Path) -> None:
    """Whoever would lose work is asked first."""
    result = run(command, *([bundle] if command == "apply" else []), "--stop-processes", answer="n\n")

    assert result.exit_code == 1
    assert "hat runs from" in result.stderr
    assert "Aborted!" in result.stderr
    assert [path.name for path in old.iterdir()] == ["pyvenv.cfg"]


# verify


def test_verify_says_clean_or_what_differs(bundle: Path) -> None:
    """Exit code 0 and the proof when clean; 1 and one line a file when not."""
    run("apply", bundle)
    clean = run("verify")

    assert clean.exit_code == 0
    assert clean.stdout.startswith("unaltered: demo 2026.11 cpu: ")
    assert ", 2 packages, " in clean.stdout

    Path(".venv", "added").write_text("")
    spoilt = run("verify", ".venv", "--files-only")

    assert (spoilt.exit_code, spoilt.stdout) == (
        1,
        "foreign: added\n  do: remove it, or ask for a bundle that brings it\n",
    )


@pytest.mark.usefixtures("bundle")
def test_a_check_that_fails_in_verify_has_its_own_exit_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """5 when every file is whole and a critical check fails; 1 as soon as a file differs."""
    check = Check(name="tide", code="import os; assert 'EBB' not in os.environ")
    run("apply", make_bundle(tmp_path / "tide.zip", checks=(check,)), "--yes")
    assert run("verify").exit_code == 0
    monkeypatch.setenv("EBB", "1")

    assert run("verify").exit_code == 5
    assert run("verify", "--files-only").exit_code == 0
    Path(".venv", "added").write_text("")
    assert run("verify").exit_code == 1


@pytest.mark.parametrize("name", ["update.zip", "bundle-cpu.zip", "old/base.zip"])
def test_a_report_does_not_replace_a_bundle(name: str, bundle: Path) -> None:
    """Neither the one that is applied nor its base, be that found beside it."""
    update, named = make_bundle(bundle.parent / "update.zip", since=bundle), bundle.parent / "old" / "base.zip"
    named.parent.mkdir()
    shutil.copyfile(bundle, named)
    report = bundle.parent / name
    before = report.read_bytes()
    result = run("apply", update, "--base", named, "--report", report)

    assert result.exit_code == 2
    assert f"would replace {report.name}, which is read" in result.stderr
    assert report.read_bytes() == before


def test_a_report_does_not_replace_a_bundle_to_choose_from(bundle: Path) -> None:
    """Given a folder, all that lie in it are read."""
    before = bundle.read_bytes()
    result = run("apply", bundle.parent, "--report", bundle)

    assert result.exit_code == 2
    assert f"would replace {bundle.name}, which is read" in result.stderr
    assert bundle.read_bytes() == before


@pytest.mark.parametrize("check", [(), ("--check",)], ids=["apply", "check"])
def test_a_report_tells_what_ended_it_before_anything_was_looked_at(check: tuple[str, ...], bundle: Path) -> None:
    """No bundle to choose, no Python of that name, a file of keys that is none: each is what a maker is asked about."""
    lines: list[list[str | Path]] = [["."], [bundle, "--python", "absent"], [bundle, "--allowed-signers", "absent"]]
    for number, args in enumerate(lines):
        result = run("apply", *args, *check, "--report", f"{number}.json")
        report = json.loads(Path(f"{number}.json").read_text())

        assert report["command"] == " ".join(["apply", *check])
        assert report["exit-code"] == result.exit_code
        assert report["problems"][0]["code"] in result.stderr


@pytest.mark.usefixtures("bundle")
def test_a_report_tells_how_apply_and_verify_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After success, after a failed check and after a verify, with nothing private in it."""
    monkeypatch.setenv("LOGNAME", "zebra")
    monkeypatch.setenv("DEMO_TOKEN", "s3cr3t-word")
    good = make_bundle(tmp_path / "good.zip", checks=(Check(name="prints", code="print('s3cr3t-word for zebra')"),))
    bad = make_bundle(tmp_path / "bad.zip", checks=(Check(name="fails", code="raise SystemExit('s3cr3t-word')"),))
    ended = [
        run("apply", good, "--report", "good.json"),
        run("verify", "--report", "verify.json"),
        run("apply", bad, "--yes", "--report", "bad.json"),
    ]
    texts = [Path(name).read_text() for name in ("good.json", "verify.json", "bad.json")]
    applied, verified, failed = map(json.loads, texts)

    assert [result.exit_code for result in ended] == [0, 0, 5]
    assert not any("zebra" in text or "s3cr3t" in text for text in texts)
    assert (applied["outcome"], applied["bundle"], applied["receipt"]["packages"]["demo"]) == (
        "done",
        "good.zip",
        "1.0",
    )
    assert applied["receipt"]["checks"][0]["output"] == "<secret> for <user>"
    assert any(event["line"] == "check passed: prints" for event in applied["timeline"])
    assert (verified["command"], verified["found"]["altered"]) == ("verify", [])
    assert (failed["outcome"], failed["exit-code"]) == ("CheckFailed", 5)
    assert [problem["found"] for problem in failed["problems"]] == ["<secret>"]


def test_verify_in_json(bundle: Path) -> None:
    """Programs get the same lists, and whether all is well."""
    run("apply", bundle)
    found = result_of(run("verify", "--json").stdout)

    assert found == {
        "ok": True,
        "altered": [],
        "missing": [],
        "foreign": [],
        "blacklisted": [],
        "wrong_builds": [],
        "checks": [],
        "do": {},
    }

    Path(".venv", SITE, "extra.py").unlink()
    found = result_of(run("verify", "--json").stdout)

    assert (found["ok"], found["missing"]) == (False, [f"{SITE}/extra.py"])


def test_verify_tells_of_a_run_that_was_cut_off(bundle: Path) -> None:
    """It reads what is in place, and puts nothing in order."""
    run("apply", bundle)
    Path(".venv.venvault-journal").write_text("")
    Path(".venv.venvault-new").mkdir()
    result = run("verify", "--files-only")

    assert result.exit_code == 0
    assert "an earlier run was cut off here: the next apply or rollback finishes or undoes it" in result.stderr
    assert Path(".venv.venvault-new").is_dir()


def test_verify_of_what_was_never_applied_is_refused(tmp_path: Path) -> None:
    """Without a receipt there is nothing to go by."""
    result = run("verify", tmp_path)

    assert result.exit_code == 1
    assert "error[no-receipt] " in result.stderr


# The bundle's own command line.


def run_own(bundle: Path, *args: str | Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """Run the bundle's own command line; its exit code."""
    monkeypatch.setattr(sys, "argv", [str(bundle), *map(str, args)])
    with pytest.raises(SystemExit) as caught:
        run_bundle(bundle)
    assert isinstance(caught.value.code, int)
    return caught.value.code


@pytest.mark.parametrize("name", [[], ["apply"]], ids=["implied", "named"])
def test_a_bundle_applies_itself(
    name: list[str], bundle: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a command, or with `apply`, the bundle applies itself, with apply's options."""
    assert run_own(bundle, *name, "--into", "env", monkeypatch=monkeypatch) == 0
    assert capsys.readouterr().out.startswith("demo 2026.11 cpu: ")
    assert Path("env", "venvault-receipt.json").is_file()


def test_a_bundle_verifies_what_it_made(
    bundle: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The end user's other commands go by their names."""
    assert run_own(bundle, monkeypatch=monkeypatch) == 0
    assert run_own(bundle, "verify", monkeypatch=monkeypatch) == 0
    assert "unaltered: " in capsys.readouterr().out
    assert run_own(bundle, "--force", "--yes", monkeypatch=monkeypatch) == 0
    assert run_own(bundle, "rollback", monkeypatch=monkeypatch) == 0
    assert "`rollback` returns to it" in capsys.readouterr().err


@pytest.mark.usefixtures("old")
def test_a_bundles_failures_have_exit_codes_too(
    bundle: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Errors become the same words and codes as in the installed tool."""
    _failing(bundle)

    assert run_own(bundle, "--yes", monkeypatch=monkeypatch) == 5
    assert capsys.readouterr().err.splitlines()[-1] == ".venv is as it was"
    assert run_own(bundle, "--nonsense", monkeypatch=monkeypatch) == 2
    assert run_own(bundle, "verify", monkeypatch=monkeypatch) == 1


def test_a_bundle_tells_its_version(
    bundle: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same three lines as `venvault --version`."""
    assert run_own(bundle, "--version", monkeypatch=monkeypatch) == 0
    assert capsys.readouterr().out == CliRunner().invoke(venvault, ["--version"]).stdout


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_a_bundles_help_is_that_of_apply(
    flag: str, bundle: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`python bundle.zip --help` shows what the end user can say; so does what follows a command."""
    assert run_own(bundle, flag, monkeypatch=monkeypatch) == 0
    assert "--into" in capsys.readouterr().out
    assert run_own(bundle, "verify", flag, monkeypatch=monkeypatch) == 0
    assert "--files-only" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ("verfy", "Error: No such command 'verfy'. Did you mean 'verify'?"),
        ("rolback .venv", "Error: No such command 'rolback'. Did you mean 'rollback'?"),
        ("help", "Error: No such command 'help'. There are apply, verify, rollback, detect, inspect, explain."),
        ("other.zip", "Error: Invalid value for '[BUNDLE|FOLDER]': Path 'other.zip' does not exist."),
        ("--into", "Error: Option '--into' requires an argument."),
        ("explain chek-failed", "Error: Invalid value for CODE: 'chek-failed' is no code; did you mean check-failed?"),
    ],
)
def test_what_a_bundle_is_not_told_rightly_is_answered(
    words: str, error: str, bundle: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A misspelt command is no argument of `apply`: the nearest is named, or all there are; nothing is done."""
    assert run_own(bundle, *words.split(), monkeypatch=monkeypatch) == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith(error.removesuffix("?"))
    assert not Path(".venv").exists()


def test_a_bundle_may_be_given_its_own_name(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who learnt `venvault apply BUNDLE` is not told off, and may look into or apply another."""
    for command in ("apply", "inspect", "detect"):
        assert run_own(bundle, command, bundle, monkeypatch=monkeypatch) == 0


@pytest.mark.parametrize("length", [250, 300], ids=["what is put beside it", "itself"])
def test_a_name_that_no_system_has_is_refused(length: int, bundle: Path) -> None:
    """Whatever it is the name of; no path that cannot be looked at ends in a traceback."""
    name = "x" * length
    results = [run(*words) for words in (["apply", bundle, "--into", name], ["verify", name], ["rollback", name])]

    for command, ending in product(("apply", "detect", "inspect"), (".zip", ".zip.001")):
        assert run(command, f"{'x' * 300}{ending}").exit_code == 2
    assert [result.exit_code for result in results] == [1, 1, 1]
    assert [type(result.exception) for result in results] == [SystemExit] * 3
    assert all("error[" in result.stderr for result in results)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there are no such names")
def test_a_folder_whose_name_is_no_text_is_refused(bundle: Path, tmp_path: Path) -> None:
    """An environment's own files could not tell where it is."""
    result = run("apply", bundle, "--into", os.fsdecode(os.fsencode(tmp_path) + b"/e\xff"))

    assert result.exit_code == 1
    assert "  found:    letters that are no text" in result.stderr.splitlines()


def test_a_problem_of_many_lines_keeps_its_column() -> None:
    """What a check printed is not mixed up with what venvault says about it."""
    problem = Problem(code="check-failed", where="a", expected="the check to pass", found="one\n  two", hint="")

    assert problem_lines(problem)[-1] == "  found:    one\n              two"


def test_a_wheel_that_hides_in_a_bundle_is_told(bundle: Path) -> None:
    """What cannot be installed is found in the plan, before anything is built."""
    write_archive(bundle, bare_members(make_wheel("a", "1", record_rows=lambda rows: rows[1:])))
    result = run("apply", bundle)

    assert result.exit_code == 3
    assert "error[record-invalid] a-1-py3-none-any.whl" in result.stderr
