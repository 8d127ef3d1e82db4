"""The old installer's verification tests as checks: what each needs is read out of its code. Pure."""

import ast
from collections.abc import Collection, Iterator

from packaging.utils import NormalizedName, canonicalize_name

from locks import Check
from locks.lock import DEFAULT_TIMEOUT_S, MAX_TIMEOUT_S
from locks.table import Table


def _imported(tree: ast.AST) -> Iterator[NormalizedName]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (canonicalize_name(alias.name.partition(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield canonicalize_name(node.module.partition(".")[0])


def _uses_cuda(tree: ast.AST) -> bool:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == "cuda":
            return True
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.partition(":")[0] == "cuda":
            return True
    return False


def _read_code(table: Table) -> tuple[str, ast.AST]:
    if "code" not in table and "import" in table:
        code, key = f"import {table.text('import')}", "import"
    else:
        code, key = table.text("code"), "code"
    try:
        compile(code, "check", "exec")
        return code, ast.parse(code)
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        table.fault(key, expected="Python source", found=str(error))
        return code, ast.Module(body=[], type_ignores=[])


def read_test(table: Table, packages: Collection[NormalizedName]) -> Check:
    """Read one test; it comes after those of `packages` whose modules, named as they are, it imports.

    A test that touches CUDA is skipped on machines without a GPU, where the old installer failed.
    """
    code, tree = _read_code(table)
    key = "timeout_s" if "timeout_s" in table else "timeout"
    timeout_s = table.number(key, DEFAULT_TIMEOUT_S)
    if not 0 < timeout_s <= MAX_TIMEOUT_S:
        table.fault(key, expected=f"1 to {MAX_TIMEOUT_S} seconds", found=str(timeout_s))
    check = Check(
        name=table.text("name"),
        code=code,
        after=tuple(dict.fromkeys(name for name in _imported(tree) if name in packages)),
        needs_gpu=_uses_cuda(tree),
        # Source: the old installer's reader, which takes a test for one that may fail unless it says otherwise.
        critical=table.flag("critical", default=False),
        timeout_s=timeout_s,
    )
    table.text("comment", "")
    table.done()
    return check
