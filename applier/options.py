"""What the user of `apply` may wish otherwise, and what it is asked about that."""

from dataclasses import dataclass
from pathlib import Path

from .environment.siblings import Place, Siblings


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the user may wish otherwise."""

    force: bool = False
    """Build anew even what is in place already."""
    keep: bool = True
    """Keep the environment before, for `rollback`."""
    destroy_first: bool = False
    """Remove the environment before, and the one before that, ere the new one is built: for small disks."""
    allow_older: bool = False
    """Replace what was applied by a bundle of a lower serial."""
    read_only: bool = False
    """Take the permission to write from the new environment's files and folders."""
    bytecode: bool = False
    """Write bytecode once the checks have passed."""
    stop_processes: bool = False
    """End the processes that use the environment before."""

    def question(self, final: Path) -> str:
        """Ask whether what is at `final` may be replaced, saying what becomes of it."""
        if self.destroy_first:
            fate = f"{final} will be removed before the new one is built: should that fail, there is no environment"
        elif self.keep:
            fate = f"{final} will be replaced, and kept as {Siblings(final).at(Place.PREVIOUS).name}"
        else:
            fate = f"{final} will be replaced, and not kept"
        ending = "; what runs from it will be ended" if self.stop_processes else ""
        return f"{fate}{ending}. Go on?"
