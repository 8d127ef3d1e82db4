"""bundle -> environment, and environment -> drift report. Pure Python; travels inside every bundle; no network."""

from .apply import apply_bundle
from .verify import verify_environment

__all__ = ["apply_bundle", "verify_environment"]
