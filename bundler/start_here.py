"""`START-HERE.txt`, the bundle's page for the end user: what is true of this bundle, and what the applier's page says.

The applier's README is the one page that tells end users what to do. Its marked sections are taken from there, as plain
text: `<!-- start-here: NAME -->`, paragraphs and tables, `<!-- /start-here -->`. Edge: reads that page.
"""

import re
import textwrap
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from locks import Lock
from locks.sizes import in_words

import applier
from applier.bundle.contents import Base
from applier.bundle.layout import BESIDE
from applier.environment.scheme import is_windows
from applier.environment.siblings import room_for_folder
from applier.inspecting.needs import needs_of
from applier.wheels.plan import Plan

from .texts import default_name, launcher, line_end

_PAGE = Path(applier.__file__).with_name("README.md")
_SECTION = re.compile(r"<!-- start-here: (\w+) -->\n(.*?)<!-- /start-here -->\n", re.DOTALL)
_THIS_BUNDLE = "python bundle-cpu.zip"
"""How the page calls it."""
_CODE = re.compile("`([^`]*)`")
_KEPT_SPACE = "\0"
_WIDTH = 110
_ROW = re.compile(r"\| *(?P<first>.*?) *\| *(?P<rest>.*?) *\|")

_TEXT = """\
{stack} {version} for {variant} ({platform}, Python {python})

{what}: Python packages{cuda}, nothing to download.
It needs Python {python} on this machine, no network, and no administrator rights.

{before}TO USE IT

{terminal}

    {start} --check          look whether it fits this machine; nothing is changed
    {start}                  build the environment in the folder .venv
    {start} verify           see later whether it is still as it was installed

{otherwise}To build it somewhere else, add --into FOLDER. To see what is
in it, write inspect in the place of verify. Afterwards the environment's Python is {program}.
Start a program with it: {program} program.py{extra_files}

If {launcher} is not found, install Python {python} first. Rather a window? Add --window.

{replaced}

HOW BIG

{packages} packages, {packed} packed. Installed: {files} files, {installed}; as much again is needed
while an older environment is still there.{path_limit}

WHAT THE MACHINE MUST HAVE

{needs}

WHEN IT DOES NOT WORK

{trouble}

{codes}

WHAT ELSE IS IN THE FILE

    licences.txt       the licence of every package, with all texts{nvidia}
    sbom.cdx.json      every package with version, hash and licence, for security tools (CycloneDX)
    pylock.toml        the same as a lock file: pip 26.1 and uv can install from it once the file is unzipped
    requirements.txt   the same for older pip; how is written in it
"""


@cache
def page_sections() -> dict[str, str]:
    """Give the marked sections of the applier's page by their names, as they stand there."""
    return dict(_SECTION.findall(_PAGE.read_text("utf-8")))


def _plain_lines(section: str) -> Iterator[str]:
    for block in section.strip().split("\n\n"):
        if rows := _ROW.findall(block):
            for first, rest in rows[2:]:  # without the headings and the rule below them
                yield textwrap.fill(rest, _WIDTH, initial_indent=f"    {first}  ", subsequent_indent=" " * 7)
        else:
            yield textwrap.fill(block, _WIDTH, break_on_hyphens=False)


def as_plain_text(section: str, *, start: str) -> str:
    """Give a section as plain text, no command broken at a line's end; `start` is what starts this bundle."""
    own = section.replace(_THIS_BUNDLE, start)
    kept = _CODE.sub(lambda code: code[1].replace(" ", _KEPT_SPACE), own)
    return "\n".join(_plain_lines(kept)).replace(_KEPT_SPACE, " ")


def _terminal(lock: Lock, file: str) -> str:
    """Tell how a terminal is opened where `file` lies, on the bundle's own system."""
    ways = {system.lower(): way for system, way in _ROW.findall(page_sections()["terminal"])}
    way = ways[lock.target.platform.name.partition("-")[0]]
    return as_plain_text(f"Open a terminal in the folder of {file}: {way}. Then type one of:", start="")


def _path_limit(lock: Lock, longest_path: str) -> str:
    if not is_windows(lock.target):
        return ""
    room = room_for_folder(longest_path, lock.target)
    return f"\nUnless long paths are switched on in Windows, the folder's own path may have at most {room} characters."


def _extra_files(lock: Lock) -> str:
    if not lock.files:
        return ""
    room = in_words(sum(file.size_bytes for file in lock.files))
    return (
        f"\nModels, samples and pages that came along ({len(lock.files)}, {room}) lie in its share/{lock.stack} folder."
    )


def _before(base: Base | None, *, is_beside: bool, start: str) -> str:
    """Tell what must be there before it can be used, where that is more than this file."""
    text = ""
    if base:
        bundle = f"{base.stack} {base.stack_version} ({base.target})"
        lacks = f"It builds upon the bundle of {bundle}, which has {len(base.wheels)} of its packages"
        told = as_plain_text(page_sections()["update"], start=start)
        text += f"THIS IS AN UPDATE\n\n{lacks} ({in_words(base.size_bytes)}).\n{told}\n\n"
    if is_beside:
        text += f"COPY ALL FILES\n\n{as_plain_text(page_sections()['beside'], start=start)}\n\n"
    return text


def start_here_text(lock: Lock, plan: Plan, *, base: Base | None, is_beside: bool) -> str:
    """Give `START-HERE.txt`; the name the bundle has today is not in it, so that its bytes do not depend on it.

    `base` is what an update builds upon; `is_beside` says that `apply.pyz` starts the bundle, as it cannot itself.
    """
    on_windows = is_windows(lock.target)
    has_cuda = lock.target.variant != "cpu"
    needs = needs_of(lock)
    width = max(map(len, needs))
    file = BESIDE if is_beside else default_name(lock, is_update=base is not None)
    start = f"{launcher(lock)} {file}"
    sections = {name: as_plain_text(text, start=start) for name, text in page_sections().items()}
    text = _TEXT.format(
        stack=lock.stack,
        version=lock.stack_version,
        variant=lock.target.variant,
        platform=lock.target.platform.name,
        python=lock.target.python,
        start=start,
        what="This holds what is new in a Python environment" if base else "This holds a whole Python environment",
        cuda=", with the CUDA libraries they need" if has_cuda else "",
        before=_before(base, is_beside=is_beside, start=start),
        terminal=_terminal(lock, file),
        launcher=launcher(lock),
        otherwise="" if is_beside else "If the file is called otherwise, write its name. ",
        program=r".venv\Scripts\python.exe" if on_windows else ".venv/bin/python",
        extra_files=_extra_files(lock),
        replaced=sections["replaced"],
        packages=len(lock.wheels),
        packed=in_words(lock.size_bytes + sum(file.size_bytes for file in lock.files)),
        files=len(plan.files),
        installed=in_words(plan.size_bytes),
        path_limit=_path_limit(lock, plan.longest_path),
        needs="\n".join(f"    {name:{width}}  {words}" for name, words in needs.items()),
        trouble=sections["trouble"],
        codes=sections["codes"],
        nvidia=", and NVIDIA's terms" if has_cuda else "",
    )
    return text.replace("\n", line_end(lock))
