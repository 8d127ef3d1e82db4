"""What the indexes say of either side of a comparison; the catalogue asks them, at most once."""

from collections.abc import Iterable, Mapping

from packaging.tags import Tag
from packaging.utils import NormalizedName
from packaging.version import Version

from locks.lock import ORDINARY_INDEX

from ..offers.catalogue import Catalogue
from ..offers.wheels import Wheel, rank_tags


class LookUps:
    """The look-ups of a `Comparison`, for one target and this machine."""

    def __init__(self, catalogue: Catalogue, own: Mapping[NormalizedName, str], tags: Iterable[Tag]) -> None:
        """`own` maps packages to the alias of the index they are taken from, if that is not the ordinary one.

        Metadata is read from the wheel whose tag comes first in `tags`.
        """
        self._catalogue = catalogue
        self._own = own
        self._rank = rank_tags(tuple(dict.fromkeys(tags)))

    def wheels_of(self, name: NormalizedName, version: Version) -> tuple[Wheel, ...]:
        """Give the wheels of a version, for whatever machine, where the lock takes the package from.

        Raises:
            IndexUnavailable: the index cannot be read.
        """
        wheels = self._catalogue.wheels(name, index=self._own.get(name, ORDINARY_INDEX))
        return tuple(wheel for wheel in wheels if wheel.version == version)

    def _place(self, wheel: Wheel) -> int:
        return min((self._rank[tag] for tag in wheel.tags if tag in self._rank), default=len(self._rank))

    def requires_of(self, name: NormalizedName, version: Version) -> tuple[str, ...]:
        """Give the requirement lines of a version, markers and all; none where it has no wheel of those tags.

        Raises:
            IndexUnavailable: its metadata cannot be had.
        """
        usable = [wheel for wheel in self.wheels_of(name, version) if self._place(wheel) < len(self._rank)]
        return self._catalogue.metadata(min(usable, key=self._place)).requires_dist if usable else ()
