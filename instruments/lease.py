"""The right to speak to an address: one process at a time, given back by the kernel.

VISA locks do not exist in pyvisa-py, and a serial port's exclusive flag protects only against
openers that ask for it. An advisory lock on a file per address holds between all programs that
open links by this package, and ends with the process that holds it, however that ends.
"""

import contextlib
import fcntl
import hashlib
import os
import re
import sys
import tempfile
import time
from pathlib import Path

from instruments.errors import LinkLost

__all__ = ["AddressLease", "InUse"]


class InUse(LinkLost):
    """Another process speaks to the instrument at this address."""


def _file_of(address: str) -> Path:
    plain = re.sub(r"^(TCPIP|GPIB|USB|ASRL)0::", r"\1::", address.upper())
    plain = address if "/" in address else plain
    shared = Path("/run/lock") if os.access("/run/lock", os.W_OK) else Path(tempfile.gettempdir())
    return shared / f"testbed-link-{hashlib.sha256(plain.encode()).hexdigest()[:16]}"


class AddressLease:
    """The lease of one address, held until closed.

    Parameters
    ----------
    within
        How long [s] to wait for another process to let go.

    Raises
    ------
    InUse
        Another process holds it; the message names that process.
    """

    def __init__(self, address: str, *, within: float = 0.0) -> None:
        # Other users of this computer have to be able to take the same lock.
        mask = os.umask(0)
        try:
            self._descriptor = os.open(_file_of(address), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC,
                                       0o666)  # fmt: skip
        finally:
            os.umask(mask)
        until = time.monotonic() + within
        while True:
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= until:
                    holder = os.pread(self._descriptor, 200, 0).decode("utf-8", "replace")
                    os.close(self._descriptor)
                    raise InUse(
                        f"the instrument is in use by {holder.strip() or 'another process'}",
                        address=address,
                        doing="connect",
                    ) from None
                time.sleep(0.02)
            else:
                break
        name = f"process {os.getpid()} ({Path(sys.argv[0]).name})"
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, name.encode(), 0)

    def close(self) -> None:
        """Give it back; may be called twice."""
        if self._descriptor >= 0:
            with contextlib.suppress(OSError):
                os.close(self._descriptor)
            self._descriptor = -1
