"""Sizes in words. Pure."""


def in_words(size_bytes: int) -> str:
    """Say a size the way people do: three or four digits, in powers of a thousand."""
    if size_bytes < 1000:
        return f"{size_bytes} bytes"
    size: float = size_bytes
    for unit in ("kB", "MB"):
        size /= 1000
        if size < 999.5:
            return f"{size:.1f} {unit}" if size < 99.95 else f"{size:.0f} {unit}"
    return f"{size / 1000:,.2f} GB"
