"""Why there was no answer, told once and in few words."""

import errno
import http.client
import socket
import ssl
import zlib

import pytest
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import (
    ConnectTimeoutError,
    DecodeError,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    ProxyError,
    ResponseError,
    SSLError,
)

from locks.index.cause import cause_of

POOL = HTTPConnectionPool("host.example")
CONNECTION = HTTPConnection("host.example")
REFUSED = ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")
UNKNOWN_HOST = socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def distrust(message: str) -> ssl.SSLCertVerificationError:
    """What OpenSSL says of a certificate."""
    error = ssl.SSLCertVerificationError(1, f"[SSL: CERTIFICATE_VERIFY_FAILED] {message} (_ssl.c:1006)")
    error.verify_message = message
    return error


def caused(error: Exception, cause: BaseException) -> Exception:
    """Chain two errors, as `raise ... from` does."""
    error.__cause__ = cause
    return error


def no_tls() -> ssl.SSLError:
    """What OpenSSL says of a server that speaks no TLS."""
    incoming = ssl.MemoryBIO()
    incoming.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    client = ssl.create_default_context().wrap_bio(incoming, ssl.MemoryBIO(), server_hostname="host.example")
    with pytest.raises(ssl.SSLError) as caught:
        client.do_handshake()
    return caught.value


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        pytest.param(
            caused(NewConnectionError(CONNECTION, "Failed to establish"), REFUSED), "connection refused", id="refused"
        ),
        pytest.param(
            caused(NameResolutionError("host.example", CONNECTION, UNKNOWN_HOST), UNKNOWN_HOST),
            "host not found: Name or service not known",
            id="no such host",
        ),
        pytest.param(ConnectTimeoutError(CONNECTION, "timed out"), "timed out after 15 s", id="connecting too slow"),
        pytest.param(
            SSLError(distrust("self-signed certificate")),
            "certificate not trusted: self-signed certificate",
            id="certificate",
        ),
        pytest.param(SSLError(no_tls()), "TLS failed: wrong version number", id="no TLS"),
        pytest.param(
            ProtocolError("Connection aborted.", http.client.RemoteDisconnected("Remote end closed connection")),
            "connection closed without an answer",
            id="hung up",
        ),
        pytest.param(
            ProtocolError("Connection aborted.", ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")),
            "connection reset by peer",
            id="reset",
        ),
        pytest.param(
            ProtocolError("Connection aborted.", http.client.BadStatusLine("SSH-2.0")),
            "no HTTP answer (BadStatusLine)",
            id="another protocol",
        ),
        pytest.param(ResponseError("too many redirects"), "too many redirects", id="in circles"),
        pytest.param(
            ProxyError("Unable to connect to proxy", caused(NewConnectionError(CONNECTION, "no"), REFUSED)),
            "no way through the proxy: connection refused",
            id="proxy",
        ),
        pytest.param(
            ProxyError(
                "Unable to connect to proxy", OSError("Tunnel connection failed: 407 Proxy Authentication Required")
            ),
            "no way through the proxy: Tunnel connection failed: 407 Proxy Authentication Required",
            id="proxy that wants a password",
        ),
    ],
)
def test_cause_after_all_attempts(reason: Exception, words: str) -> None:
    """What every attempt ended in is told without the attempts, the pool and the address."""
    assert cause_of(MaxRetryError(POOL, "/demo/", reason), timeout_s=15.0) == words


@pytest.mark.parametrize(
    ("error", "words"),
    [
        pytest.param(
            ProtocolError("Connection broken", http.client.IncompleteRead(b"abc", 7)),
            "connection broke off: 3 bytes read, 7 more expected",
            id="cut short",
        ),
        pytest.param(
            DecodeError("failed to decode it", zlib.error("Error -3: incorrect header check")),
            "Error -3: incorrect header check",
            id="not compressed",
        ),
        pytest.param(TimeoutError("timed out"), "timed out after 15 s", id="reading too slow"),
        pytest.param(ValueError("Invalid IPv6 URL"), "Invalid IPv6 URL", id="no address"),
        pytest.param(ValueError(), "ValueError", id="nothing said"),
        pytest.param(
            UnicodeEncodeError("latin-1", "ann:s3cret\u20ac", 10, 11, "ordinal not in range(256)"),
            "a user name or password that no header can carry",
            id="password with a euro sign",
        ),
    ],
)
def test_cause_of_one_error(error: Exception, words: str) -> None:
    """An error that was not tried again is told by what is at its bottom."""
    assert cause_of(error, timeout_s=15.0) == words
