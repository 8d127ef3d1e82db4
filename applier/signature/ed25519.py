"""Ed25519, verifying only. Pure.

Source: RFC 8032, sections 5.1 and 5.1.7; stricter where it leaves a choice: one encoding for each point and number,
no public key of low order, and the equation without the cofactor, as OpenSSH has it.
"""

import hashlib

_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_ROOT_OF_MINUS_ONE = pow(2, (_P - 1) // 4, _P)

_Point = tuple[int, int, int, int]
"""Extended coordinates X, Y, Z, T: x = X/Z, y = Y/Z, x*y = T/Z."""

_NEUTRAL: _Point = (0, 1, 1, 0)


def _add(first: _Point, second: _Point) -> _Point:
    """Add two points; complete, so that it holds for a point and itself too. Source: RFC 8032, 5.1.4."""
    x1, y1, z1, t1 = first
    x2, y2, z2, t2 = second
    a, b = (y1 - x1) * (y2 - x2) % _P, (y1 + x1) * (y2 + x2) % _P
    c, d = 2 * t1 * t2 * _D % _P, 2 * z1 * z2 % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(factor: int, point: _Point) -> _Point:
    result = _NEUTRAL
    while factor:
        if factor & 1:
            result = _add(result, point)
        point = _add(point, point)
        factor >>= 1
    return result


def _is_neutral(point: _Point) -> bool:
    x, y, z, _ = point
    return x % _P == 0 and (y - z) % _P == 0


def _decode(data: bytes) -> _Point | None:
    """Give the point that 32 bytes stand for; None for bytes that are not the one encoding of a point. 5.1.3."""
    number = int.from_bytes(data, "little")
    y, sign = number & ((1 << 255) - 1), number >> 255
    if y >= _P:
        return None
    u, v = (y * y - 1) % _P, (_D * y * y + 1) % _P
    x = u * pow(v, 3, _P) * pow(u * pow(v, 7, _P), (_P - 5) // 8, _P) % _P
    if (v * x * x - u) % _P:
        x = x * _ROOT_OF_MINUS_ONE % _P
    if (v * x * x - u) % _P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = _P - x
    return x, y, 1, x * y % _P


def _encode(point: _Point) -> bytes:
    x, y, z, _ = point
    inverse = pow(z, -1, _P)
    return ((y * inverse % _P) | (x * inverse % _P & 1) << 255).to_bytes(32, "little")


_BASE = _decode((4 * pow(5, -1, _P) % _P).to_bytes(32, "little"))


def is_public_key(data: bytes) -> bool:
    """Say whether `data` is the one encoding of a point that is good for a key: not of low order."""
    point = _decode(data) if len(data) == 32 else None
    return point is not None and not _is_neutral(_times(8, point))


def verify(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Say whether `signature` (64 bytes) is that key's (32 bytes) over `message`; False for any other lengths."""
    if len(signature) != 64 or not is_public_key(public_key):
        return False
    key, r, s = _decode(public_key), signature[:32], int.from_bytes(signature[32:], "little")
    if s >= _ORDER or key is None or _BASE is None:
        return False
    k = int.from_bytes(hashlib.sha512(r + public_key + message).digest(), "little") % _ORDER
    x, y, z, t = _times(k, key)
    # R has one encoding, and comparing encodings asks for that one.
    return _encode(_add(_times(s, _BASE), (-x, y, z, -t))) == r
