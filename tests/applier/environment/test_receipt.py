"""The receipt: what is written reads back, and what is no receipt is refused."""

import json
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from applier.checks.built_in import KERNEL_CHECK
from applier.checks.result import CheckResult
from applier.environment.receipt import InstalledFile, Receipt, read_receipt, receipt_to_json
from applier.environment.receipt_file import read_receipt_of, write_receipt
from applier.errors import ApplyRefused

RECEIPT = Receipt(
    stack="demo",
    stack_version="2026.11",
    variant="cpu",
    target="cpu-linux-x86_64-py311",
    bundle="bundle-cpu.zip",
    bundle_sha256="ab" * 32,
    lock="lock-version = '1.0'\n",
    packages={"demo": "1.0"},
    files={"bin/python": InstalledFile(link="/usr/bin/python"), "x.py": InstalledFile(sha256="abc", size_bytes=3)},
    checks=(CheckResult(name="it", outcome="passed", critical=True, output="ok"),),
    gpu="no GPU",
    applied_at="2026-11-23T12:00:00+00:00",
    seconds=1.25,
)

_words = st.text(min_size=1)
_files = st.one_of(
    st.builds(InstalledFile, link=_words),
    st.builds(InstalledFile, sha256=_words, size_bytes=st.integers(0, 2**60)),
)
_checks = st.builds(
    CheckResult,
    name=_words,
    outcome=st.sampled_from(["passed", "failed", "skipped"]),
    critical=st.booleans(),
    output=st.text(),
)
_receipts = st.builds(
    Receipt,
    stack=_words,
    stack_version=_words,
    variant=_words,
    target=_words,
    bundle=_words,
    bundle_sha256=_words,
    lock=_words,
    packages=st.dictionaries(_words, _words),
    files=st.dictionaries(st.text(), _files),
    checks=st.lists(_checks).map(tuple),
    gpu=_words,
    applied_at=_words,
    seconds=st.integers(0, 10**9).map(lambda milliseconds: milliseconds / 1000),
)


def to_bytes(receipt: Receipt) -> bytes:
    """All of a receipt as it is written."""
    return "".join(receipt_to_json(receipt)).encode("ascii")


@given(_receipts)
def test_any_receipt_reads_back_as_written(receipt: Receipt) -> None:
    """Writing and reading lose nothing, and the same receipt always gives the same bytes."""
    data = to_bytes(receipt)

    assert read_receipt(data, document="r") == receipt
    assert to_bytes(read_receipt(data, document="r")) == data


@given(seconds=st.floats(0, 100_000))
@example(seconds=0.4496)
def test_a_proof_reads_back_as_told(seconds: float) -> None:
    """What `apply` says of an environment, `verify` says again."""
    receipt = replace(RECEIPT, seconds=seconds)

    assert read_receipt(to_bytes(receipt), document="r").proof("/r") == receipt.proof("/r")


def test_a_receipt_has_one_file_a_line() -> None:
    """Two receipts can be compared by eye: files are sorted, each on its own line."""
    lines = to_bytes(RECEIPT).decode("ascii").splitlines()

    assert lines[-5:] == [
        ' "files": {',
        '  "bin/python": ["link", "/usr/bin/python"],',
        '  "x.py": ["abc", 3]',
        " }",
        "}",
    ]


def test_a_receipt_is_not_held_as_one_text(tmp_path: Path) -> None:
    """Writing it takes far less memory than it is long, when an apply holds most anyway."""
    files = {f"{number}.py": InstalledFile(sha256="x" * 43, size_bytes=number) for number in range(5_000)}
    receipt = replace(RECEIPT, files=files)
    write_receipt(tmp_path, RECEIPT)
    tracemalloc.start()
    try:
        write_receipt(tmp_path, receipt)
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak_bytes < len(to_bytes(receipt)) / 2


KERNEL = CheckResult(name=KERNEL_CHECK, outcome="passed", critical=True, output="H100: right\nH100: right")


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        pytest.param({}, "no GPU, 1 packages, 2 files, 1 of 1 checks passed", id="no torch, no GPU"),
        pytest.param({"checks": ()}, "no GPU, 1 packages, 2 files", id="no checks"),
        pytest.param(
            {"packages": {"torch": "2.5.1"}, "checks": (replace(KERNEL, outcome="skipped"),)},
            "torch 2.5.1, no GPU, 1 packages, 2 files",
            id="torch without a GPU",
        ),
        pytest.param(
            {"packages": {"torch": "2.5.1+cu124"}, "gpu": "NVIDIA H100", "checks": (replace(KERNEL, output="x"),)},
            "torch 2.5.1+cu124 on NVIDIA H100, 1 kernel run, 1 packages, 2 files, 1 of 1 checks passed",
            id="torch on a GPU",
        ),
        pytest.param(
            {"gpu": "H100, H100", "checks": (KERNEL, replace(KERNEL, name="it", outcome="failed", critical=False))},
            "H100, H100, 2 kernels run, 1 packages, 2 files, 1 of 2 checks passed",
            id="two GPUs, no torch",
        ),
    ],
)
def test_the_proof_line_has_exactly_this_form(changes: dict[str, Any], parts: str) -> None:
    """Stack, torch and GPU, kernels, packages, files, checks, seconds, place: and never more than was done."""
    assert replace(RECEIPT, **changes).proof("/x/venvault-receipt.json") == (
        f"demo 2026.11 cpu: {parts}, 1.2 s, receipt /x/venvault-receipt.json"
    )


def test_a_summary_leaves_out_lock_and_files() -> None:
    """Enough for a report, and not 27,000 lines."""
    summary = RECEIPT.summary()

    assert (summary["stack"], summary["bundle-sha256"], summary["checks"][0]["name"]) == ("demo", "ab" * 32, "it")
    assert not {"lock", "files"} & summary.keys()


def changed(**changes: object) -> bytes:
    """The receipt with some keys changed; None takes a key out."""
    document: dict[str, Any] = json.loads(to_bytes(RECEIPT))
    document |= {key.replace("_", "-"): value for key, value in changes.items()}
    return json.dumps({key: value for key, value in document.items() if value is not None}).encode()


CHECK = {"name": "it", "outcome": "passed", "critical": True, "output": ""}


@pytest.mark.parametrize(
    ("data", "where"),
    [
        pytest.param(b"", "r", id="empty"),
        pytest.param(b"\xff", "r", id="no text"),
        pytest.param(b"[" * 100_000, "r", id="nested beyond reason"),
        pytest.param(b"[]", "r: format", id="a list"),
        pytest.param(changed(format=2), "r: format", id="newer format"),
        pytest.param(changed(format="1"), "r: format", id="format no number"),
        pytest.param(changed(files=None), "r: files", id="no files"),
        pytest.param(changed(files=[]), "r: files", id="files a list"),
        pytest.param(changed(files={"a": ["x"]}), "r: files.a", id="file without size"),
        pytest.param(changed(files={"a": ["x", "3"]}), "r: files.a", id="size no number"),
        pytest.param(changed(files={"a": ["link", 3]}), "r: files.a", id="link no text"),
        pytest.param(changed(files={"a": ["x", True]}), "r: files.a", id="size a boolean"),
        pytest.param(changed(files={"a": "x"}), "r: files.a", id="file a string"),
        pytest.param(changed(lock=None), "r: lock", id="no lock"),
        pytest.param(changed(stack=""), "r: stack", id="stack without a name"),
        pytest.param(changed(packages={"a": 1}), "r: packages.a", id="version a number"),
        pytest.param(changed(milliseconds=-1), "r: milliseconds", id="negative time"),
        pytest.param(changed(surprise=1), "r: surprise", id="unknown key"),
        pytest.param(changed(checks=[{**CHECK, "outcome": "maybe"}]), "r: checks[0].outcome", id="unknown outcome"),
        pytest.param(changed(checks=[{**CHECK, "critical": 1}]), "r: checks[0].critical", id="critical a number"),
        pytest.param(changed(checks=[{**CHECK, "surprise": 1}]), "r: checks[0].surprise", id="check of unknown key"),
    ],
)
def test_what_is_no_receipt_is_refused(data: bytes, where: str) -> None:
    """A damaged receipt, or one of a newer format, is refused and the place named."""
    with pytest.raises(ApplyRefused) as caught:
        read_receipt(data, document="r")

    assert where in [problem.where for problem in caught.value.problems]


def test_the_same_bytes_are_read_once_and_others_anew(tmp_path: Path) -> None:
    """What lies in an environment now counts, and whose it is; but an apply asks for it several times."""
    other = replace(RECEIPT, stack="other")
    write_receipt(tmp_path, RECEIPT)
    first, again = read_receipt_of(tmp_path), read_receipt_of(tmp_path)
    write_receipt(tmp_path, other)

    assert first is again
    assert (first, read_receipt_of(tmp_path)) == (RECEIPT, other)
