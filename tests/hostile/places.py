"""Hostile wheels: where their files and scripts must not go, and what those must not be called."""

from collections.abc import Iterator

from .case import DATA, LINUX, MACOS, SITE, WINDOWS, Case, with_file
from .parts import Parts

DATA_FOLDERS: dict[str, Parts] = {
    "unknown key": with_file(f"{DATA}/elsewhere/x"),
    "key in capitals": with_file(f"{DATA}/Scripts/x"),
    "key of two": with_file(f"{DATA}/stdlib/os.py"),
    "file at the folder": with_file(DATA),
    "file at a key": with_file(f"{DATA}/purelib"),
    "file beside the keys": with_file(f"{DATA}/x.py"),
    "script in a folder": with_file(f"{DATA}/scripts/sub/x"),
    "another project's": with_file("other-1.0.data/purelib/x.py"),
    "another version's": with_file("demo-2.0.data/scripts/x"),
    "in capitals": with_file("demo-1.0.DATA/scripts/x"),
    "two of them": Parts(files={f"{DATA}/purelib/a.py": "", "Demo-1.0.data/purelib/b.py": ""}),
}
PLACES: dict[str, tuple[Parts, tuple[str, ...]]] = {
    "interpreter as script": (with_file(f"{DATA}/scripts/python"), (LINUX, WINDOWS, MACOS)),
    "interpreter of the major as script": (with_file(f"{DATA}/scripts/python3"), (LINUX,)),
    "interpreter of the minor as script": (with_file(f"{DATA}/scripts/python3.11"), (LINUX,)),
    "interpreter in capitals": (with_file(f"{DATA}/scripts/PYTHON"), (LINUX, WINDOWS, MACOS)),
    "interpreter as data": (with_file(f"{DATA}/data/bin/python"), (LINUX, MACOS)),
    "interpreter as data on Windows": (with_file(f"{DATA}/data/Scripts/python.exe"), (WINDOWS,)),
    "interpreter as data, folder in capitals": (with_file(f"{DATA}/data/SCRIPTS/pythonw.exe"), (WINDOWS,)),
    "what runs before the interpreter": (with_file(f"{DATA}/data/Scripts/python.com"), (WINDOWS,)),
    "interpreter's library": (with_file(f"{DATA}/data/Scripts/python311.dll"), (WINDOWS,)),
    "interpreter's search path": (with_file(f"{DATA}/data/Scripts/python311._pth"), (WINDOWS,)),
    "activate as script": (with_file(f"{DATA}/scripts/activate"), (LINUX, WINDOWS)),
    "activate for another shell": (with_file(f"{DATA}/scripts/activate.fish"), (LINUX,)),
    "activate for PowerShell": (with_file(f"{DATA}/data/Scripts/Activate.ps1"), (WINDOWS,)),
    "deactivate": (with_file(f"{DATA}/scripts/deactivate.bat"), (WINDOWS,)),
    "pyvenv.cfg": (with_file(f"{DATA}/data/pyvenv.cfg"), (LINUX, WINDOWS, MACOS)),
    "pyvenv.cfg in capitals": (with_file(f"{DATA}/data/PYVENV.CFG"), (WINDOWS, MACOS)),
    "pyvenv.cfg beside the interpreter": (with_file(f"{DATA}/scripts/pyvenv.cfg"), (LINUX, WINDOWS)),
    "through lib64": (with_file(f"{DATA}/data/lib64/python3.11/site-packages/x.py"), (LINUX,)),
    "receipt": (with_file(f"{DATA}/data/venvault-receipt.json"), (LINUX,)),
    "another's metadata by purelib": (with_file(f"{DATA}/purelib/pip-99.dist-info/METADATA"), (LINUX, WINDOWS)),
    "another's metadata by platlib": (with_file(f"{DATA}/platlib/pip-99.dist-info/RECORD"), (LINUX,)),
    "another's metadata in capitals": (with_file(f"{DATA}/purelib/pip-99.DIST-INFO/METADATA"), (WINDOWS, LINUX)),
    "another's metadata by data": (with_file(f"{DATA}/data/{SITE[LINUX]}/pip-99.dist-info/METADATA"), (LINUX,)),
    "another's metadata by data on Windows": (
        with_file(f"{DATA}/data/lib/SITE-PACKAGES/x-1.dist-info/METADATA"),
        (WINDOWS,),
    ),
    "another's egg": (with_file("other-1.0.egg-info/PKG-INFO"), (LINUX,)),
    "another's egg as a file": (with_file("other.egg-info"), (LINUX,)),
    "another's egg by purelib": (with_file(f"{DATA}/purelib/demo-1.0.egg-info/PKG-INFO"), (LINUX,)),
    "egg link": (with_file("other.egg-link", "/home/evil"), (LINUX,)),
    "own metadata by purelib": (with_file(f"{DATA}/purelib/demo-1.0.dist-info/direct_url.json"), (LINUX,)),
}
CLASHES: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
    "root and purelib": ({"a.py": "1", f"{DATA}/purelib/a.py": "2"}, (LINUX, WINDOWS)),
    "root and platlib": ({"a.py": "1", f"{DATA}/platlib/a.py": "2"}, (LINUX,)),
    "root and data": ({"a.py": "1", f"{DATA}/data/{SITE[LINUX]}/a.py": "2"}, (LINUX,)),
    "script and data": ({f"{DATA}/scripts/x": "1", f"{DATA}/data/bin/x": "2"}, (LINUX,)),
    "file and folder": ({"a": "", "a/b.py": ""}, (LINUX, WINDOWS)),
    "names of two cases": ({"a.py": "1", "A.py": "1"}, (WINDOWS, MACOS)),
    "folders of two cases": ({"ab/x.py": "1", "AB/X.py": "1"}, (WINDOWS, MACOS)),
    "sharp s": ({"stra\u00dfe.py": "1", "strasse.py": "2"}, (WINDOWS, MACOS)),
    "file at the library": ({f"{DATA}/data/lib": "x"}, (LINUX, WINDOWS, MACOS)),
    "file at the scripts folder": ({f"{DATA}/data/bin": "x"}, (LINUX,)),
    "file at the scripts folder on Windows": ({f"{DATA}/data/SCRIPTS": "x"}, (WINDOWS,)),
    "own INSTALLER by data": ({f"{DATA}/data/{SITE[LINUX]}/x.py": "1", "x.py": "2"}, (LINUX,)),
}


def place_cases() -> Iterator[Case]:
    """Each fault of a place, on each system that it is one on."""
    for name, parts in DATA_FOLDERS.items():
        yield Case(name=f"data: {name}", code="data-folder-invalid", parts=parts)
    for name, (parts, platforms) in PLACES.items():
        for platform in platforms:
            yield Case(name=f"place: {name}, {platform}", code="path-not-allowed", parts=parts, platform=platform)
    for name, (files, platforms) in CLASHES.items():
        for platform in platforms:
            parts = Parts(files=dict(files))
            yield Case(name=f"clash: {name}, {platform}", code="files-clash", parts=parts, platform=platform)
    script = "[console_scripts]\nx = demo:x\n"
    both = Parts(files={"demo.py": "", f"{DATA}/scripts/x": "1"}, entry_points=script)
    yield Case(name="clash: entry point and script", code="files-clash", parts=both)
    both = Parts(files={"demo.py": "", f"{DATA}/scripts/X.EXE": "1"}, entry_points=script)
    yield Case(name="clash: entry point and script on Windows", code="files-clash", parts=both, platform=WINDOWS)
    folded = Parts(entry_points="[console_scripts]\nx = demo:x\nX = demo:y\n")
    yield Case(name="clash: entry points of two cases", code="files-clash", parts=folded, platform=WINDOWS)


ENTRY_POINTS: dict[str, str | bytes] = {
    "no UTF-8": b"[console_scripts]\nx = demo:\xff\n",
    "no section": "x = demo:main\n",
    "no value": "[console_scripts]\nx\n",
    "section twice": "[console_scripts]\nx = demo:a\n[console_scripts]\ny = demo:b\n",
    "name twice": "[console_scripts]\nx = demo:a\nx = demo:b\n",
    "name in both sections": "[console_scripts]\nx = demo:a\n[gui_scripts]\nx = demo:b\n",
    "default section": "[DEFAULT]\nevil = os:abort\n[console_scripts]\nx = demo:a\n",
    "name that climbs out": "[console_scripts]\n../evil = demo:a\n",
    "name with a slash": "[console_scripts]\na/b = demo:a\n",
    "absolute name": "[console_scripts]\n/etc/evil = demo:a\n",
    "name with a backslash": "[console_scripts]\na\\..\\b = demo:a\n",
    "name with a drive": "[console_scripts]\nC:evil = demo:a\n",
    "name with a space": "[console_scripts]\na b = demo:a\n",
    "name with a colon": "[gui_scripts]\na:b = demo:a\n",
    "name like an option": "[console_scripts]\n-rf = demo:a\n",
    "hidden name": "[console_scripts]\n.evil = demo:a\n",
    "name of dots": "[console_scripts]\n.. = demo:a\n",
    "name beyond ASCII": "[console_scripts]\n\u0440ip = demo:a\n",
    "empty name": "[console_scripts]\n = demo:a\n",
    "no attribute": "[console_scripts]\nx = demo\n",
    "empty attribute": "[console_scripts]\nx = demo:\n",
    "empty module": "[console_scripts]\nx = :main\n",
    "attribute with a call": "[console_scripts]\nx = demo:main()\n",
    "code for a module": "[console_scripts]\nx = os;evil:main\n",
    "module with a number": "[console_scripts]\nx = 1demo:main\n",
    "module of empty parts": "[console_scripts]\nx = demo..a:main\n",
    "keyword as module": "[console_scripts]\nx = import:main\n",
    "keyword as attribute": "[console_scripts]\nx = demo:class\n",
    "two attributes": "[console_scripts]\nx = demo:a:b\n",
    "reference of two lines": "[console_scripts]\nx = demo:a\n  import os\n",
    "interpolation": "[console_scripts]\nx = %(y)s:main\n",
    "open extras": "[console_scripts]\nx = demo:a [extra\n",
    "code in extras": "[console_scripts]\nx = demo:a [']import os]\n",
}
RESERVED = (
    "python",
    "python3",
    "python3.11",
    "pythonw",
    "Python",
    "activate",
    "deactivate",
    "python.exe",
    "activate.bat",
)


def entry_point_cases() -> Iterator[Case]:
    """Each fault of a script to be made."""
    for name, text in ENTRY_POINTS.items():
        yield Case(name=f"entry point: {name}", code="entry-points-invalid", parts=Parts(entry_points=text))
    for section in ("console_scripts", "gui_scripts"):
        for name in RESERVED:
            parts = Parts(entry_points=f"[{section}]\n{name} = demo:a\n")
            yield Case(name=f"entry point: {section} called {name}", code="path-not-allowed", parts=parts)
    device = Parts(entry_points="[console_scripts]\naux = demo:a\n")
    yield Case(name="entry point: a device", code="path-not-allowed", parts=device, platform=WINDOWS)
