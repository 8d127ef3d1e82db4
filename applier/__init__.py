"""bundle -> environment, and environment -> drift report. Pure Python; travels inside every bundle; no network."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .apply import apply_bundle
    from .verify import verify_environment

__all__ = ["apply_bundle", "verify_environment"]


def __getattr__(name: str) -> Any:
    """Import a public function when it is first asked for: a worker process imports this package, and needs neither."""
    if name == "apply_bundle":
        from .apply import apply_bundle

        return apply_bundle
    if name == "verify_environment":
        from .verify import verify_environment

        return verify_environment
    raise AttributeError(name)
