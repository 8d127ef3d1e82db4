"""A draft as the text of a manifest, with comments where a person must decide. Pure."""

import json
import textwrap
from collections.abc import Iterable, Iterator, Mapping

from packaging.utils import NormalizedName

from locks import Check
from locks.lock import DEFAULT_TIMEOUT_S

from ..manifest.requirement import line_of
from .draft import Banned, Draft, DraftGroup, DraftVariant, Wanted

_WIDTH = 118


def _quoted(text: str) -> str:
    """Write a TOML string: literal where that spares escapes, else basic, whose escapes are those of JSON."""
    if '"' in text and "'" not in text and text.isprintable():
        return f"'{text}'"
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _block(text: str) -> str:
    """Write source code, over several lines where it has them."""
    if "\n" not in text.rstrip("\n") or not text.endswith("\n") or '"""' in text or "\r" in text:
        return _quoted(text)
    lines = (json.dumps(line, ensure_ascii=False)[1:-1].replace('\\"', '"') for line in text.split("\n"))
    return '"""\n' + "\n".join(lines).replace("\x7f", "\\u007f") + '"""'


def _key(name: str) -> str:
    bare = name.isascii() and name.replace("-", "").replace("_", "").isalnum()
    return name if bare else _quoted(name)


def _array(values: Iterable[str]) -> str:
    return f"[{', '.join(map(_quoted, values))}]"


def _comment(text: str) -> list[str]:
    """Give comment lines; what TOML does not take in a comment becomes a space."""
    plain = "".join(character if character.isprintable() else " " for character in text)
    return [f"# {line}" for line in textwrap.wrap(plain, _WIDTH, break_long_words=False, break_on_hyphens=False)]


def _requirements(wanted: Iterable[Wanted]) -> Iterator[str]:
    items = list(wanted)
    one_line = f"requirements = {_array(line_of(item.requirement) for item in items)}"
    if len(one_line) <= _WIDTH and not any(item.comment for item in items):
        yield one_line
        return
    yield "requirements = ["
    for item in items:
        line = f"    {_quoted(line_of(item.requirement))},"
        remark = " ".join(_comment(item.comment))
        if len(line) + len(remark) > _WIDTH:
            yield from (f"    {above}" for above in _comment(item.comment))
            remark = ""
        yield f"{line}  {remark}".rstrip()
    yield "]"


def _stack(draft: Draft) -> Iterator[str]:
    yield "[stack]"
    yield f"name = {_quoted(draft.stack)}"
    yield f"version = {_quoted(draft.version)}"
    yield f"python = {_array(draft.pythons)}"
    yield f"platforms = {_array(draft.platforms)}"
    yield from _requirements(draft.requirements)


def _variant(variant: DraftVariant) -> Iterator[str]:
    yield f"[variants.{_key(variant.name)}]"
    yield from (line for remark in variant.remarks for line in _comment(remark))
    yield from (f"# {line}" for line in variant.example)
    if variant.platforms:
        yield f"platforms = {_array(variant.platforms)}"
    if variant.pythons:
        yield f"python = {_array(variant.pythons)}"
    if variant.requirements:
        yield from _requirements(variant.requirements)
    if variant.index:
        yield f"index = {_quoted(variant.index)}"
        yield f"from-index = {_array(dict.fromkeys(item.name for item in variant.requirements))}"


def _blacklist(blacklist: Mapping[NormalizedName, Banned]) -> Iterator[str]:
    yield "[blacklist]"
    yield from (f"{_key(name)} = {_quoted(banned.reason)}" for name, banned in blacklist.items())


def _group(group: DraftGroup) -> Iterator[str]:
    yield f"[optional.{_key(group.name)}]"
    yield from (line for remark in group.remarks for line in _comment(remark))
    yield from _requirements(group.requirements)


def _check(check: Check) -> Iterator[str]:
    yield "[[check]]"
    yield f"name = {_quoted(check.name)}"
    yield f"code = {_block(check.code)}"
    if check.after:
        yield f"after = {_array(check.after)}"
    if check.needs_gpu:
        yield 'needs = "gpu"'
    if not check.critical:
        yield "critical = false"
    if check.timeout_s != DEFAULT_TIMEOUT_S:
        yield f"timeout-s = {check.timeout_s}"


def to_manifest_text(draft: Draft, *, heading: str) -> str:
    """Write a whole draft; `heading` and its notes stand above, as comments."""
    top = [line for text in (heading, *draft.notes) for line in _comment(text)]
    parts = [
        [*top, *_stack(draft)],
        *(list(_variant(variant)) for variant in draft.variants),
        *([list(_blacklist(draft.blacklist))] if draft.blacklist else []),
        *(list(_group(group)) for group in draft.optional),
        *(list(_check(check)) for check in draft.checks),
    ]
    return "\n\n".join("\n".join(part) for part in parts) + "\n"
