"""Where a machine keeps the keys that it trusts."""

import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from locks import Problem

from ..errors import ApplyRefused
from ..home import home_folder
from .keys import MAX_BYTES, TrustedKey, read_keys
from .trust import Trust

_FILE = Path("venvault", "allowed_signers")


def default_places(system: str, environ: Mapping[str, str], home: Path) -> tuple[Path, ...]:
    """Give where the file may be, the user's own place before the system's; `system` is `sys.platform`."""
    if system == "win32":
        named = (environ.get("APPDATA"), environ.get("PROGRAMDATA"))
        return tuple(Path(folder) / _FILE for folder in named if folder)
    configured = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    own = configured if configured.is_absolute() else home / ".config"  # XDG: relative ones are no places
    return own / _FILE, Path("/etc") / _FILE


def find_trust(named: Path | None, places: tuple[Path, ...], now: datetime) -> Trust | None:
    """Read the keys that this machine trusts: the file that is named, else the first that is there; None without one.

    Raises:
        ApplyRefused: the file cannot be read, or lines of it cannot; then nobody is trusted.
    """
    path = named or next((place for place in places if _is_there(place)), None)
    return None if path is None else read_trust(path, now)


def trust_here(named: Path | None) -> Trust | None:
    """Read the keys that this machine trusts now. Raises ApplyRefused, as `find_trust`."""
    return find_trust(named, default_places(sys.platform, os.environ, home_folder()), datetime.now(UTC))


def _is_there(path: Path) -> bool:
    """Say whether there is a file; what cannot be looked at, or leads nowhere, is there, and is then refused."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        pass
    return True


def read_trust(path: Path, now: datetime) -> Trust:
    """Read the keys in the file at `path`.

    Raises:
        ApplyRefused: as `find_trust`.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise ValueError(f"more than {MAX_BYTES} bytes")
        lines = list(read_keys(data.decode("utf-8-sig")))
    except (OSError, ValueError) as error:
        found = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ApplyRefused(_invalid(str(path), "a file of keys, as ssh-keygen(1) has it", found)) from None
    problems = [_invalid(f"{path}:{line[0]}", line[1], "another line") for line in lines if isinstance(line, tuple)]
    if problems:
        raise ApplyRefused(problems)
    return Trust(where=str(path), keys=tuple(key for key in lines if isinstance(key, TrustedKey)), now=now)


def _invalid(where: str, expected: str, found: str) -> Problem:
    return Problem(code="allowed-signers-invalid", where=where, expected=expected, found=found, hint="mend that file")
