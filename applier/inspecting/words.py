"""What a lock carries beside packages, one line for each thing; the same words in text and page. Pure."""

from locks import Check, Drop
from locks.sizes import in_words

from ..signature import Signer
from .inspection import Inspection

_NOT_SIGNED = "none: its hashes tell damage, not who made it"


def _check_line(check: Check) -> str:
    words = ["critical" if check.critical else "not critical"]
    words += ["needs a GPU"] if check.needs_gpu else []
    words += [f"after {', '.join(check.after)}"] if check.after else []
    return f"{check.name} ({'; '.join(words)}; at most {check.timeout_s} s)"


def _drop_line(drop: Drop) -> str:
    until = f", until {drop.expires}" if drop.expires else ""
    return f"{drop.package} goes without {drop.requires}: {drop.reason}{until}"


def _signer_line(signer: Signer) -> str:
    return str(signer) if signer.principals else f"{signer}, a key that is not trusted here"


def share_in_words(share: float) -> str:
    """Say a share of 0 to 1 in percent; what is there and small is not zero."""
    if 0 < share < 0.0005:
        return "<0.1 %"
    return f"{share * 100:.1f} %" if share < 0.0995 else f"{share * 100:.0f} %"


def lists_of(inspection: Inspection) -> dict[str, list[str]]:
    """Give, by heading, everything that can be told in single lines; headings without any are left out."""
    lock, contents = inspection.lock, inspection.contents
    runner = ", ".join(f"{name} {version}" for name, version in contents.runner)
    others = ", ".join(f"{name} {in_words(size)}" for name, size in inspection.other_members().items())
    absent = [each for each in inspection.packages if not each.is_here]
    base = contents.base.name if contents.base else ""
    lists = {
        f"left to {base}": [f"{each.name} {each.version}: {in_words(each.packed_bytes)} packed" for each in absent],
        "checks after installing": list(map(_check_line, lock.checks)),
        "extra files": [f"share/{lock.stack}/{file.path}: {in_words(file.size_bytes)}" for file in lock.files],
        "left out": [f"{item.group}: {item.reason}" for item in lock.left_out],
        "dropped on purpose": list(map(_drop_line, lock.drops)),
        "never in it": [f"{name}: {reason}" for name, reason in lock.blacklist.items()],
        "signatures": list(map(_signer_line, inspection.signers)) or [_NOT_SIGNED],
        "beside the packages": [others, f"runner made of {runner or 'nothing'}"],
    }
    return {heading: lines for heading, lines in lists.items() if lines}
