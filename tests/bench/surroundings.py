"""What every contender is given alike: one index, no configuration of this machine; and what it runs on, in words."""

import os
import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from locks.index import read_pip_settings


def environment() -> dict[str, str]:
    """Give the environment in which pip, uv and we ask the index of pip's configuration and nothing else.

    Raises:
        IndexUnavailable: pip's configuration cannot be read.
    """
    settings = read_pip_settings()
    index = settings.index_urls[-1]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("UV_", "VENVAULT_"))}
    certificate = {"PIP_CERT": settings.ca_file, "SSL_CERT_FILE": settings.ca_file} if settings.ca_file else {}
    no_more = {"PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": "", "PIP_EXTRA_INDEX_URL": "", "PIP_CONSTRAINT": ""}
    return {**kept, **certificate, **no_more, "PIP_INDEX_URL": index, "UV_DEFAULT_INDEX": index}


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


def version_of(command: Sequence[str]) -> str:
    """Give the first line of what `command --version` says."""
    return subprocess.run([*command, "--version"], check=True, capture_output=True, text=True).stdout.splitlines()[0]


def machine() -> str:
    """Say what this runs on, and on which day."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    today = datetime.now(UTC).date()
    system = f"{platform.system()} {platform.machine()}"
    return f"{today}, {cores} cores of {_processor()}, {system}, Python {platform.python_version()}"
