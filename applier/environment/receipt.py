"""The receipt: what was installed, from which bundle, every file's hash, how the checks ended. Values and JSON."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from json.encoder import encode_basestring_ascii as _quoted  # what `dumps` does with a string, in a quarter of the time
from typing import Any

from locks.table import Faults, Table, read_json_document

from ..checks.built_in import KERNEL_CHECK, TORCH
from ..checks.result import CheckResult
from ..errors import ApplyRefused
from ..machine.facts import NO_GPU

FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledFile:
    """One file or link of the environment."""

    sha256: str = ""
    """RECORD's spelling; empty for a link."""
    size_bytes: int = 0
    link: str = ""
    """Where a symbolic link points; empty for a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What `apply` leaves behind, and `verify` goes by."""

    stack: str
    stack_version: str
    variant: str
    target: str
    bundle: str
    """File name of the bundle."""
    bundle_sha256: str
    """Digest of its `bundle.json`, which has everything else's."""
    lock: str
    """The lock's text, so that checks can be run again."""
    packages: Mapping[str, str]
    """Name -> version."""
    files: Mapping[str, InstalledFile]
    """Path in the environment -> file; the receipt itself left out."""
    checks: tuple[CheckResult, ...]
    gpu: str
    applied_at: str
    """UTC, ISO 8601."""
    seconds: float

    def proof(self, place: str) -> str:
        """Say in one line what stands in the environment; `place` is where the receipt lies."""
        torch = self.packages.get(TORCH)
        parts = [f"torch {torch}{', ' if self.gpu == NO_GPU else ' on '}{self.gpu}" if torch else self.gpu]
        if kernels := self._kernels_run():
            parts.append("1 kernel run" if kernels == 1 else f"{kernels} kernels run")
        parts += [f"{len(self.packages)} packages", f"{len(self.files)} files"]
        if passed := sum(check.outcome == "passed" for check in self.checks):
            parts.append(f"{passed} of {len(self.checks)} checks passed")
        # Rounded as it is written, and no sooner: else the line would not be the same when it is read back.
        parts += [f"{round(self.seconds * 1000) / 1000:.1f} s", f"receipt {place}"]
        return f"{self.stack} {self.stack_version} {self.variant}: {', '.join(parts)}"

    def summary(self) -> dict[str, Any]:
        """Give everything but the lock and the files as a JSON-ready mapping."""
        return _head(self)

    def _kernels_run(self) -> int:
        """Count the GPUs on which the driver ran our kernel: one line of the check's output each."""
        outputs = [check.output for check in self.checks if (check.name, check.outcome) == (KERNEL_CHECK, "passed")]
        return len("\n".join(outputs).splitlines())


def _head(receipt: Receipt) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "stack": receipt.stack,
        "stack-version": receipt.stack_version,
        "variant": receipt.variant,
        "target": receipt.target,
        "bundle": receipt.bundle,
        "bundle-sha256": receipt.bundle_sha256,
        "gpu": receipt.gpu,
        "applied-at": receipt.applied_at,
        "milliseconds": round(receipt.seconds * 1000),
        "packages": dict(receipt.packages),
        "checks": [check.to_dict() for check in receipt.checks],
    }


def _file_to_json(file: InstalledFile) -> str:
    if file.link:
        return f'["link", {_quoted(file.link)}]'
    return f"[{_quoted(file.sha256)}, {file.size_bytes}]"


def receipt_to_json(receipt: Receipt) -> Iterator[str]:
    """Give the receipt as JSON in ASCII, one file a line; in pieces, for the whole is longer than all it is made of."""
    head = json.dumps({**_head(receipt), "lock": receipt.lock}, indent=1)
    yield f'{head[:-2]},\n "files": {{'
    end = "\n"
    for path in sorted(receipt.files):
        yield f"{end}  {_quoted(path)}: {_file_to_json(receipt.files[path])}"
        end = ",\n"
    yield "\n }\n}\n"


def _read_file(table: Table, path: str) -> InstalledFile:
    match table.peek(path):
        case ["link", str(link)]:
            return InstalledFile(link=link)
        case [str(sha256), int(size_bytes)] if sha256 != "link" and not isinstance(size_bytes, bool):
            return InstalledFile(sha256=sha256, size_bytes=size_bytes)
        case _:
            table.fault(path, expected="[sha256, size] or ['link', target]", found="something else")
            return InstalledFile()


def _read_check(table: Table) -> CheckResult:
    outcome = table.text("outcome")
    if outcome not in ("passed", "failed", "skipped"):
        table.fault("outcome", expected="passed, failed or skipped", found=repr(outcome))
    result = CheckResult(
        name=table.text("name"),
        outcome="passed" if outcome == "passed" else "skipped" if outcome == "skipped" else "failed",
        critical=table.flag("critical"),
        output=table.text("output", ""),
    )
    table.done()
    return result


def read_receipt(data: bytes, *, document: str) -> Receipt:
    """Read a receipt; `document` names it in problems.

    Raises:
        ApplyRefused: it is damaged, or of a newer format.
    """
    faults = Faults(code="receipt-invalid", document=document)
    table = read_json_document(
        data,
        faults=faults,
        newest_format=FORMAT,
        error=ApplyRefused,
        damaged_hint="apply the bundle again",
        newer_hint="use the bundle's own runner",
    )
    files = table.table("files", required=True)
    receipt = Receipt(
        stack=table.text("stack"),
        stack_version=table.text("stack-version"),
        variant=table.text("variant"),
        target=table.text("target"),
        bundle=table.text("bundle"),
        bundle_sha256=table.text("bundle-sha256"),
        lock=table.text("lock"),
        packages=table.text_map("packages"),
        files={path: _read_file(files, path) for path in files},
        checks=tuple(map(_read_check, table.tables("checks"))),
        gpu=table.text("gpu"),
        applied_at=table.text("applied-at"),
        seconds=table.number("milliseconds") / 1000,
    )
    table.done()
    faults.raise_if_any(ApplyRefused)
    return receipt
