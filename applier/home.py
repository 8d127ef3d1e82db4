"""Where the user is at home. Edge: asks the system."""

from pathlib import Path


def home_folder() -> Path:
    """Give the user's home; the root for a user who has none, as in a container started under any number."""
    try:
        return Path.home()
    except RuntimeError:
        return Path("/")
