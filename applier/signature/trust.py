"""Whether a bundle is signed by somebody whom this machine trusts; the bundle has no say in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from locks import Problem
from locks.problem import printable

from ..errors import BundleDamaged, damaged
from .keys import TrustedKey
from .sshsig import Signature, SignatureInvalid, fingerprint, read_signature


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """The keys that this machine trusts, at one moment."""

    where: str
    """The file that they are from."""
    keys: tuple[TrustedKey, ...]
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Who signed: the signature is sound, and whose it is depends on this machine."""

    public_key: bytes
    principals: str = ""
    """Whom the machine's own file says the key belongs to; empty for a key that is not trusted here."""

    @property
    def fingerprint(self) -> str:
        """The key as SSH tools show it."""
        return fingerprint(self.public_key)

    def __str__(self) -> str:
        return f"{self.principals} ({self.fingerprint})" if self.principals else self.fingerprint


def _read_all(signatures: Mapping[str, bytes], message: bytes) -> dict[str, Signature]:
    """Read and verify each signature, by its own key; one that does not hold spoils the bundle."""
    read, problems = {}, []
    for name, data in signatures.items():
        try:
            read[name] = read_signature(data)
        except SignatureInvalid as error:
            problems.append(_invalid(name, str(error)))
            continue
        if not read[name].is_over(message):
            problems.append(_invalid(name, f"one of {fingerprint(read[name].public_key)} over other bytes"))
    if problems:
        raise BundleDamaged(problems)
    return read


def _invalid(name: str, found: str) -> Problem:
    problem = damaged(name, "a signature over the bundle.json that is here", found)
    return Problem(code="signature-invalid", where=problem.where, expected=problem.expected, found=problem.found)


def identify(public_key: bytes, trust: Trust | None) -> Signer:
    """Say whose key that is here, by the first line for it that counts now."""
    names = [
        printable(key.principals)
        for key in (trust.keys if trust else ())
        if trust and key.public_key == public_key and key.objection(trust.now) is None
    ]
    return Signer(public_key=public_key, principals=names[0] if names else "")


def _objections(signer: Signer, trust: Trust) -> list[str]:
    """Say why each of the machine's lines for that key does not count; that there is none is said by the key alone."""
    lines = [key for key in trust.keys if key.public_key == signer.public_key]
    return [f"{signer.fingerprint}, {key.objection(trust.now)}" for key in lines] or [signer.fingerprint]


def judge_signatures(
    signatures: Mapping[str, bytes], message: bytes, trust: Trust | None, *, bundle: str
) -> tuple[Signer, ...]:
    """Give who signed `message`, the bytes of `bundle.json`; `signatures` are the members that say so, by name.

    `trust` is None where no keys are set up: then nobody need have signed, and it is not known who did. Else one
    signature by a key that counts now is enough, so that keys can be replaced one after the other.

    Raises:
        BundleDamaged: a signature does not hold (signature-invalid), there is none though keys are set up
            (signature-missing), or none is by a key that counts (signature-unknown).
    """
    read = _read_all(signatures, message)
    signers = tuple(identify(signature.public_key, trust) for signature in read.values())
    if trust is None or any(signer.principals for signer in signers):
        return signers
    objections = "; ".join(text for signer in signers for text in _objections(signer, trust))
    raise BundleDamaged(
        Problem(
            code="signature-unknown" if signers else "signature-missing",
            where=bundle,
            expected=f"a signature by a key in {trust.where}",
            found=printable(objections) or "none",
            hint="ask its maker to sign it; or, if you know better, have the key added to that file",
        )
    )
