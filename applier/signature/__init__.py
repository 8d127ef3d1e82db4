"""Who made a bundle: SSH signatures over the bytes of `bundle.json`, held against the keys that this machine trusts.

Pure Python, for an offline machine has no compiled library to verify with. Everything handled here is public, so that
it does not matter how long a computation takes; nothing is ever signed here.
"""

from .keys import TrustedKey
from .sshsig import NAMESPACE, Signature, SignatureInvalid, read_signature
from .trust import Signer, Trust, identify, judge_signatures

__all__ = [
    "NAMESPACE",
    "Signature",
    "SignatureInvalid",
    "Signer",
    "Trust",
    "TrustedKey",
    "identify",
    "judge_signatures",
    "read_signature",
]
