"""Why a server gave no answer, in a few words: what the layers of HTTP libraries wrap and repeat, unwrapped. Pure."""

import http.client
import socket
import ssl
from collections.abc import Iterator

from urllib3.exceptions import ProxyError
from urllib3.exceptions import TimeoutError as UrllibTimeout


def _layers(error: BaseException) -> Iterator[BaseException]:
    """Give `error` and what it wraps, the outermost first."""
    layer: object = error
    while isinstance(layer, BaseException):
        yield layer
        inner = (getattr(layer, "reason", None), getattr(layer, "original_error", None), layer.__cause__, *layer.args)
        layer = next((item for item in inner if isinstance(item, BaseException)), None)


def _words(root: BaseException, timeout_s: float) -> str:
    match root:
        case ssl.SSLCertVerificationError():
            return f"certificate not trusted: {root.verify_message}"
        case ssl.SSLError():
            return f"TLS failed: {(root.reason or str(root)).replace('_', ' ').lower()}"
        case TimeoutError() | UrllibTimeout():
            return f"timed out after {timeout_s:g} s"
        case socket.gaierror():
            return f"host not found: {root.strerror}"
        case http.client.RemoteDisconnected():
            return "connection closed without an answer"
        case http.client.IncompleteRead():
            return f"connection broke off: {str(root).removeprefix('IncompleteRead(').removesuffix(')')}"
        case http.client.HTTPException():
            return f"no HTTP answer ({type(root).__name__})"
        case UnicodeError():  # its text would show a part of them
            return "a user name or password that no header can carry"
        case OSError(strerror=str(text)):
            return text[:1].lower() + text[1:]
        case _:
            return str(root) or type(root).__name__


def cause_of(error: Exception, *, timeout_s: float) -> str:
    """Say what went wrong at the bottom of `error`; a failing proxy is named as such."""
    layers = tuple(_layers(error))
    words = _words(layers[-1], timeout_s)
    return f"no way through the proxy: {words}" if any(isinstance(layer, ProxyError) for layer in layers) else words
