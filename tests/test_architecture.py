"""The house rules that a reader would otherwise have to trust: who imports whom, who may print, what travels."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("applier", "bundler", "compiler", "locks")
STAGES = {"applier", "bundler", "compiler"}

MAY_IMPORT = {
    "locks": {"click", "packaging"},
    "locks/showing/bar.py": {"rich"},
    "locks/index": {"locks", "packaging", "urllib3", "pip"},
    "applier": {"locks", "installer", "packaging", "click", "pynvml"},
    "bundler": {"locks", "applier", "packaging", "platformdirs", "click", "cyclonedx", "packageurl"},
    "bundler/contents.py": {"locks", "applier", "isal"},
    "compiler": {"locks", "packaging", "resolvelib", "tomli_w", "click", "platformdirs"},
}
NETWORK = {"urllib3", "socket", "ssl", "http", "urllib.request", "asyncio", "ftplib", "smtplib", "xmlrpc"}
# One module talks to networks; one knows the errors that come of it, and one turns `file:` addresses to paths with
# urllib.request's helper.
MAY_USE_NETWORK = {
    "locks/index/http.py": NETWORK,
    "locks/index/cause.py": {"http", "socket", "ssl", "urllib3"},
    "locks/index/reader.py": {"urllib.request"},
}


def modules() -> list[Path]:
    """Every module of the four packages."""
    return sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def name_of(path: Path) -> str:
    """The module's path below the root, with forward slashes."""
    return path.relative_to(ROOT).as_posix()


def imported(path: Path) -> Iterator[str]:
    """Every module name that `path` imports, relative imports made absolute."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - node.level + 1]
            yield ".".join([*base, *(node.module.split(".") if node.module else [])])
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def top_level(module: str) -> str:
    """The distribution-level name of a dotted module name."""
    return module.split(".", maxsplit=1)[0]


def home_of(path: Path) -> str:
    """The part of the house whose rules hold for `path`."""
    name = name_of(path)
    if name in MAY_IMPORT:
        return name
    return "locks/index" if name.startswith("locks/index/") else top_level(name.replace("/", "."))


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_imports_keep_their_direction(path: Path) -> None:
    """A package imports the standard library, itself, and what the design allows it, nothing else."""
    allowed = MAY_IMPORT[home_of(path)] | {top_level(name_of(path).replace("/", "."))}
    foreign = {top_level(module) for module in imported(path)} - sys.stdlib_module_names

    assert foreign <= allowed


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_only_one_module_speaks_to_networks(path: Path) -> None:
    """Network modules are imported in `locks/index/http.py`, and nowhere under the applier."""
    used = {name for module in imported(path) for name in NETWORK & {module, top_level(module)}}

    assert used <= MAY_USE_NETWORK.get(name_of(path), set())


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_only_one_module_asks_pip(path: Path) -> None:
    """The internals of pip are touched in the quarantined module alone."""
    asks = any(top_level(module) == "pip" for module in imported(path))

    assert not asks or name_of(path) == "locks/index/settings.py"


@pytest.mark.parametrize("path", [path for path in modules() if home_of(path) in ("applier", "locks")], ids=name_of)
def test_the_index_client_stays_on_this_side(path: Path) -> None:
    """What travels in a bundle never imports the index client."""
    assert not any(module.startswith("locks.index") for module in imported(path))


# A worker process has no command line: it ends when its master does.
MAY_EXIT = {"applier/unpacking/worker.py"}


@pytest.mark.parametrize(
    "path", [path for path in modules() if path.name != "cli.py" and name_of(path) not in MAY_EXIT], ids=name_of
)
def test_only_command_lines_print_and_exit(path: Path) -> None:
    """`print`, `input`, `click.echo` and `sys.exit` stand in `cli.py` files only."""
    calls = [node.func for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
    names = {ast.unparse(call) for call in calls}

    assert not names & {"print", "input", "exit", "quit", "sys.exit", "os._exit", "click.echo", "click.confirm"}


def test_a_stage_is_imported_when_its_command_runs() -> None:
    """The `venvault` group imports neither stage when it starts."""
    tree = ast.parse((ROOT / "compiler" / "cli.py").read_text("utf-8"))
    at_start = {
        top_level(name) for node in tree.body if isinstance(node, ast.ImportFrom) for name in [node.module or ""]
    }

    assert not at_start & STAGES


def import_graph() -> dict[str, set[str]]:
    """Every module of the four packages, by its dotted name, with those of them that it imports."""
    known = {name_of(path).removesuffix(".py").removesuffix("/__init__").replace("/", "."): path for path in modules()}
    graph = {name: {module for module in imported(path) if module in known} for name, path in known.items()}
    # A package's __init__ re-exports its modules; importing the package is importing what it re-exports.
    return {name: needs - {name.rpartition(".")[0]} for name, needs in graph.items()}


def in_circles(graph: dict[str, set[str]]) -> dict[str, set[str]]:
    """What is left of a graph when all that has an order is taken out: who stands in a circle, or upon one."""
    left = dict(graph)
    while free := [name for name, needs in left.items() if not needs & left.keys()]:
        for name in free:
            del left[name]
    return {name: needs & left.keys() for name, needs in left.items()}


def test_no_cycles_between_modules() -> None:
    """The import graph of all four packages has an order."""
    assert not in_circles(import_graph())


def test_no_cycles_between_rooms() -> None:
    """The folders of a package, and the modules beside them, have an order too: one may be read after the other."""

    def room_of(module: str) -> str:
        return ".".join(module.split(".")[:2])

    rooms: dict[str, set[str]] = {}
    for module, needs in import_graph().items():
        further = {room_of(need) for need in needs if "." in need}
        rooms.setdefault(room_of(module), set()).update(further - {room_of(module)})

    assert not in_circles(rooms)
