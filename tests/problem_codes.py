"""The problem codes that the four packages raise, read from their syntax trees."""

import ast
import re
from collections.abc import Iterable, Iterator

from tests.test_architecture import modules, name_of

_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)+")
_NO_PROBLEM = {"Check"}
"""What calls the Python source of a check its `code`."""
_HANDED_ON = re.compile(r"code|self\._code|[a-z.]+\.code")
"""How a function names the code that its caller gives it, or that another problem has."""


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else ast.unparse(function)


def _positions(trees: Iterable[ast.Module]) -> dict[str, set[int]]:
    """Give the functions that take a code among their positional arguments, and where."""
    found: dict[str, set[int]] = {}
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.FunctionDef):
            names = [item.arg for item in node.args.args if item.arg not in ("self", "cls")]
            if "code" in names:
                found.setdefault(node.name, set()).add(names.index("code"))
    return found


def _constants(trees: Iterable[ast.Module]) -> dict[str, ast.expr]:
    """Give the values of the names that modules assign once and for all."""
    assigned = [node for tree in trees for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign)]
    return {name: value for node in assigned for name, value in _assigned(node)}


def _given(node: ast.AST, positions: dict[str, set[int]]) -> Iterator[ast.expr]:
    """Give the expressions that stand where a code is wanted."""
    if isinstance(node, ast.Call) and _name(node.func) not in _NO_PROBLEM:
        yield from (item.value for item in node.keywords if item.arg == "code")
        for position in positions.get(_name(node.func), ()):
            # Other functions of the same name take something else there, which is never a code in quotes.
            if position < len(node.args) and _spelled(node.args[position]):
                yield node.args[position]
    elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value:
        if isinstance(node.value, ast.Dict):  # a table of codes, each with what is judged by it
            yield from (value for value in node.value.values if isinstance(value, ast.Tuple) and _spelled(value))
        yield from (value for name, value in _assigned(node) if name == "code" and _may_be_one(value))


def _may_be_one(value: ast.expr) -> bool:
    """Tell a code that is chosen from what else goes by the name, as the source of a check."""
    return isinstance(value, ast.Subscript) or bool(_spelled(value))


def _assigned(node: ast.Assign | ast.AnnAssign) -> Iterator[tuple[str, ast.expr]]:
    """Give the names that an assignment binds, each with its value; those of a tuple one by one."""
    for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            yield from zip(map(ast.unparse, target.elts), node.value.elts, strict=False)  # a star takes several
        elif node.value:
            yield ast.unparse(target), node.value


def _spelled(value: ast.expr) -> tuple[str, ...]:
    """Give the codes that an expression may be, as far as they stand in it."""
    if isinstance(value, ast.IfExp):
        return _spelled(value.body) + _spelled(value.orelse)
    if isinstance(value, ast.Dict):
        return tuple(code for each in value.values for code in _spelled(each))
    if isinstance(value, ast.Tuple):
        return _spelled(value.elts[0]) if value.elts else ()
    is_code = isinstance(value, ast.Constant) and isinstance(value.value, str) and _CODE.fullmatch(value.value)
    return (str(value.value),) if is_code and isinstance(value, ast.Constant) else ()


def raised_codes() -> tuple[dict[str, set[str]], list[str]]:
    """Give every code with the modules that raise it, and the places where a code cannot be told from the text."""
    trees = {name_of(path): ast.parse(path.read_text("utf-8")) for path in modules()}
    positions, constants = _positions(trees.values()), _constants(trees.values())
    codes: dict[str, set[str]] = {}
    untold = []
    for module, tree in trees.items():
        for value in (value for node in ast.walk(tree) for value in _given(node, positions)):
            name = ast.unparse(value.value if isinstance(value, ast.Subscript) else value)
            spelled = _spelled(constants.get(name, value))
            for code in spelled:
                codes.setdefault(code, set()).add(module)
            if not spelled and not _HANDED_ON.fullmatch(ast.unparse(value)):
                untold.append(f"{module}:{value.lineno}: {ast.unparse(value)}")
    return codes, untold
