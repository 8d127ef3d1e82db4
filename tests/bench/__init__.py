"""Benchmarks against peers, run by hand, never by pytest: `python -m tests.bench COMMAND`. Results: README.md."""
