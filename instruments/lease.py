"""The right to speak to an address: one process at a time, given back by the kernel.

VISA locks do not exist in pyvisa-py, and a serial port's exclusive flag protects only against
openers that ask for it. An advisory lock on a file per address holds between all programs that
open links by this package, and ends with the process that holds it, however that ends.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import re
import tempfile
import time
from pathlib import Path

from instruments.errors import LinkLost
from instruments.readings import Identity

__all__ = ["AddressLease", "InUse"]


class InUse(LinkLost):
    """Another process speaks to the instrument at this address.

    Attributes
    ----------
    identity
        Whom that process has identified there, None where it has not yet.
    """

    identity: Identity | None = None


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
                    raise self._in_use(address) from None
                time.sleep(0.02)
            else:
                break
        self._name = f"process {os.getpid()}"
        self._write([self._name])

    def announce(self, identity: Identity) -> None:
        """Let other processes know who was identified at this address."""
        fields = (identity.maker, identity.model, identity.serial, identity.firmware)
        self._write([self._name, *fields])

    def _write(self, fields: list[str]) -> None:
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, json.dumps(fields).encode(), 0)

    def _in_use(self, address: str) -> InUse:
        text = os.pread(self._descriptor, 1000, 0)
        os.close(self._descriptor)
        try:
            name, *fields = map(str, json.loads(text))
        except ValueError:
            # It is being written at this moment.
            name, fields = "another process", []
        error = InUse(f"in use by {name}", address=address, doing="connect")
        if len(fields) == 4:
            maker, model, serial, firmware = fields
            error.identity = Identity(maker=maker, model=model, serial=serial, firmware=firmware)
        return error

    def close(self) -> None:
        """Give it back; may be called twice."""
        if self._descriptor >= 0:
            with contextlib.suppress(OSError):
                os.close(self._descriptor)
            self._descriptor = -1
