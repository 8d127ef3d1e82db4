"""The `allowed_signers` file: which keys this machine trusts, and for what. Pure.

Source: ssh-keygen(1), ALLOWED SIGNERS. Keys that are not Ed25519 are passed over: they cannot have signed a bundle, and
the file may be one that serves other programs too. What cannot be read is a fault, for it may have meant to forbid.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from .sshsig import KEY_TYPE, NAMESPACE, SignatureInvalid, read_public_key

MAX_BYTES = 1 << 20
_FIELD = re.compile(r'(?:[^\s"]|"[^"]*")+')
_OPTION = re.compile(r'([A-Za-z-]+)(?:="([^"]*)")?(?:,|$)')
_KEY_TYPE = re.compile(r"(?:sk-)?(?:ssh|ecdsa)-[a-z0-9@.-]+")
_TIME = re.compile(r"([0-9]{8})(?:([0-9]{4})([0-9]{2})?)?(Z|UTC)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedKey:
    """One line of the file."""

    principals: str
    """Whom the key belongs to, as the file has it."""
    public_key: bytes
    namespaces: str | None = None
    """Patterns of what it may sign for, comma-separated; None for everything."""
    valid_after: datetime | None = None
    valid_before: datetime | None = None

    def objection(self, now: datetime) -> str | None:
        """Say why the key does not count for a bundle at that time; None if it does."""
        if self.namespaces is not None and not _matches(NAMESPACE, self.namespaces):
            return f"trusted for {self.namespaces!r} only"
        if self.valid_after is not None and now < self.valid_after:
            return f"not valid before {self.valid_after:%Y-%m-%d %H:%M %Z}"
        if self.valid_before is not None and now > self.valid_before:
            return f"not valid after {self.valid_before:%Y-%m-%d %H:%M %Z}"
        return None


def _matches(text: str, patterns: str) -> bool:
    """Say whether one of `patterns` matches and none with `!` does. Source: ssh_config(5), PATTERNS."""
    found = False
    for pattern in patterns.split(","):
        wanted = re.escape(pattern.removeprefix("!")).replace(r"\*", ".*").replace(r"\?", ".")
        if re.fullmatch(wanted, text, re.DOTALL):
            if pattern.startswith("!"):
                return False
            found = True
    return found


def _read_time(text: str) -> datetime:
    """Read YYYYMMDD or YYYYMMDDHHMM[SS], in this machine's time zone unless a Z follows. Raises ValueError."""
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError(f"a time as 20261130 or 202611301200Z, not {text!r}")
    day, minutes, seconds, zone = match.groups()
    moment = datetime.strptime(f"{day}{minutes or '0000'}{seconds or '00'}", "%Y%m%d%H%M%S")  # noqa: DTZ007
    return moment.replace(tzinfo=UTC) if zone else moment.astimezone()


def _read_options(text: str) -> dict[str, str]:
    """Read options, each once. Raises ValueError."""
    options: dict[str, str] = {}
    place = 0
    while place < len(text):
        match = _OPTION.match(text, place)
        if match is None:
            raise ValueError(f"options that can be read, not {text!r}")
        name, value = match[1].lower(), match[2]
        if name not in ("namespaces", "valid-after", "valid-before") or name in options:
            raise ValueError(f"namespaces, valid-after or valid-before, each once, not {name!r}")
        if not value:
            raise ValueError(f"a value in quotes for {name}")
        options[name], place = value, match.end()
    return options


def _read_line(line: str) -> TrustedKey | None:
    """Read one line; None when its key is not Ed25519. Raises ValueError, which says what was expected."""
    if line.count('"') % 2:
        raise ValueError("quotes that end")
    principals, *rest = _FIELD.findall(line)
    options: dict[str, str] = {}
    if rest and not _KEY_TYPE.fullmatch(rest[0]):
        options = _read_options(rest.pop(0))
    if len(rest) < 2 or not _KEY_TYPE.fullmatch(rest[0]):
        raise ValueError("principals, options, a key type and a key")
    if rest[0] != KEY_TYPE:
        return None
    try:
        public_key = read_public_key(base64.b64decode(rest[1], validate=True))
    except (binascii.Error, SignatureInvalid):
        raise ValueError("an Ed25519 key") from None
    times = {name: _read_time(options[name]) for name in ("valid-after", "valid-before") if name in options}
    return TrustedKey(
        principals=principals.strip('"'),
        public_key=public_key,
        namespaces=options.get("namespaces"),
        valid_after=times.get("valid-after"),
        valid_before=times.get("valid-before"),
    )


def read_keys(text: str) -> Iterator[TrustedKey | tuple[int, str]]:
    """Read the file; give each trusted key, and each line that cannot be read by its number with what was expected."""
    # Not splitlines(): it also ends a line, and so a comment, at characters that end none for ssh-keygen.
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip() and not line.lstrip().startswith("#"):
            try:
                key = _read_line(line)
            except (ValueError, OverflowError) as error:
                yield number, str(error)
            else:
                if key is not None:
                    yield key
