"""Sizes in words: in the unit that suits one, or all in megabytes, to be compared. Powers of a thousand. Counts too."""


def in_words(size_bytes: int) -> str:
    """Say a size the way people do: three or four digits."""
    if size_bytes < 1000:
        return counted(size_bytes, "bytes")
    size: float = size_bytes
    for unit in ("kB", "MB"):
        size /= 1000
        if size < 999.5:
            return f"{size:.1f} {unit}" if size < 99.95 else f"{size:.0f} {unit}"
    return f"{size / 1000:,.2f} GB"


def megabytes(size_bytes: float, *, decimals: int = 1) -> str:
    """Give a size in megabytes, without the unit: bytes, or bytes per second."""
    return f"{size_bytes / 1e6:,.{decimals}f}"


def counted(count: int, unit: str) -> str:
    """Say how many there are of `unit`, a plural in s."""
    return f"{count:,} {unit.removesuffix('s') if count == 1 else unit}"
