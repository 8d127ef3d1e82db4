"""By hand, for minutes or hours: `python -m tests.hostile.fuzz READER SECONDS [CORPUS]`, by atheris (Python 3.11).

Ends at the first error that is not the reader's own, at an input that takes 10 s, or at 1 GiB of memory, and leaves
that input in the current folder; prints how many inputs were tried. Install atheris first; nothing else needs it.
"""

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["applier", "locks"]):
    from .readers import readers


def main(name: str, seconds: str, corpus: str) -> None:
    """Feed one reader."""
    reader = readers()[name]
    folder = Path(corpus)
    folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(reader.seeds):
        (folder / f"seed{number}").write_bytes(seed)
    limits = [
        "-max_len=16384",
        "-timeout=10",
        "-rss_limit_mb=1024",
        f"-max_total_time={seconds}",
        "-print_final_stats=1",
    ]
    atheris.Setup([sys.argv[0], corpus, "-seed=1", *limits], reader)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else f"build/fuzz/{sys.argv[1]}")
