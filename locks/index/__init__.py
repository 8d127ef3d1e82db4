"""Simple indexes (PEP 503, 691), as pip is configured to reach them; shared by `compile` and `bundle`.

The only code in the project that speaks to a network (`http`) or asks pip for anything (`settings`). No bundle
carries it, and the applier may not import it: a test holds both.
"""

from .client import Presence, SimpleIndex
from .http import Http
from .page import Link, Page, uploaded_at
from .settings import IndexSettings, read_pip_settings

__all__ = ["Http", "IndexSettings", "Link", "Page", "Presence", "SimpleIndex", "read_pip_settings", "uploaded_at"]
