"""Do our picks agree with uv's? Both resolve the stacks of well-known projects, for three platforms each."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from locks import Target

from compiler.manifest.model import Variant

from .differences import Compared, Outcome
from .measure import CommandFailed, measure
from .resolvers import STACKS, Picks, Stack, Uv, our_picks, ours, read_stack, uv_floor, uv_picks
from .surroundings import environment


def _gist(said: str) -> str:
    """Give the first line of an error."""
    return next((line for line in said.splitlines() if line.startswith("error")), said[:200])


class _Session:
    """The folders of one session: both resolvers remember from stack to stack."""

    def __init__(self, peer: Uv, folder: Path) -> None:
        self._peer = peer
        self._folder = folder
        self._runs = 0

    def _fresh(self) -> Path:
        """Make a folder without locks of an earlier run, which both would take for preferences."""
        self._runs += 1
        folder = self._folder / str(self._runs)
        folder.mkdir()
        return folder

    def ours(self, stack: Stack, *, platform: str = "") -> Path | str:
        """Lock a stack's targets; give the folder of the locks, or the refusal."""
        out = self._fresh()
        command = ours(stack, out=out, cache=self._folder / "our-cache", platform=platform)
        try:
            measure(command, environment=environment(), folder=self._folder)
        except CommandFailed as error:
            return _gist(error.said)
        return out

    def uv(self, stack: Stack, variant: Variant, target: Target, *, held_to: Picks | None = None) -> Outcome:
        """Resolve one target with uv, `held_to` some picks."""
        out = self._fresh() / "uv.txt"
        command = self._peer.command(stack, variant, target, out=out, cache=self._folder / "uv-cache")
        if held_to is not None:
            constraints = out.with_name("constraints.txt")
            constraints.write_text("".join(f"{name}=={version}\n" for name, version in held_to.items()), "utf-8")
            command += ["--constraints", str(constraints)]
        try:
            measure(command, environment=self._peer.environment() | uv_floor(target), folder=self._folder)
        except CommandFailed as error:
            return Outcome(refusal=_gist(error.said))
        return Outcome(picks=uv_picks(out))

    def compare(self, stack: Stack) -> Iterator[Compared]:
        """Resolve a stack both ways; its picks for a target alone stand in where the whole is refused."""
        whole = self.ours(stack)
        for variant, target in stack.manifest.targets():
            alone = _outcome(target, self.ours(stack, platform=target.platform.name))
            mine = alone if isinstance(whole, str) else _outcome(target, whole)
            theirs = self.uv(stack, variant, target)
            yield Compared(
                stack=stack.path.stem,
                target=target,
                ours=mine,
                alone=alone,
                theirs=theirs,
                accepted=self._objection(stack, variant, target, mine) if mine.picks != theirs.picks else "",
            )

    def _objection(self, stack: Stack, variant: Variant, target: Target, mine: Outcome) -> str:
        if mine.picks is None:
            return ""
        held = self.uv(stack, variant, target, held_to=mine.picks)
        if held.picks is None:
            return f"uv refuses ours: {held.refusal}"
        return "" if held.picks == mine.picks else "held to ours, uv takes fewer or more packages"


def _outcome(target: Target, found: Path | str) -> Outcome:
    return Outcome(refusal=found) if isinstance(found, str) else Outcome(picks=our_picks(target, found))


def compare_stacks(peer: Uv, names: Iterable[str], *, report: Callable[[str], None]) -> list[Compared]:
    """Resolve the named stacks both ways.

    Raises:
        IndexUnavailable: pip's configuration cannot be read.
    """
    found = []
    with TemporaryDirectory() as folder:
        session = _Session(peer, Path(folder))
        for name in names:
            for compared in session.compare(read_stack(STACKS / f"{name}.toml")):
                report(f"{compared.stack} {compared.target}: {compared.verdict()}")
                found.append(compared)
    return found
