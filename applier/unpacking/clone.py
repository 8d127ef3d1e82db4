"""A clone: a file of its own that has another's bytes without a copy, until one of the two is written to.

btrfs, XFS and APFS have that, ext4 and NTFS have not. `clone` makes one, of a file that is open.
"""

import os
import sys

from .sink import create

if sys.platform == "linux":
    import fcntl

    # Source: ioctl_ficlone(2). Its number is the same on x86-64 and aarch64.
    _FICLONE = 0x40049409

    def clone(source: int, target: str, mode: int) -> bool:
        """Clone the file open as `source` to `target`; False, and nothing made, where that cannot be done."""
        made = create(target, mode)
        try:
            fcntl.ioctl(made, _FICLONE, source)
        except OSError:
            os.unlink(target)  # noqa: PTH108  # a path in text: there are tens of thousands
            return False
        finally:
            os.close(made)
        return True

elif sys.platform == "darwin":
    import ctypes

    # Source: clonefile(2), sys/fcntl.h.
    _AT_FDCWD = -2
    _fclonefileat = ctypes.CDLL(None, use_errno=True).fclonefileat

    def clone(source: int, target: str, mode: int) -> bool:
        """Clone the file open as `source` to `target`; False, and nothing made, where that cannot be done."""
        umask = os.umask(0o022)
        os.umask(umask)
        if _fclonefileat(source, _AT_FDCWD, os.fsencode(target), 0) != 0:
            return False
        os.chmod(target, mode & ~umask)  # noqa: PTH101  # a clone has its source's
        return True

else:

    def clone(source: int, target: str, mode: int) -> bool:  # noqa: ARG001
        """Windows clones by itself what is copied on ReFS, and NTFS cannot."""
        return False
