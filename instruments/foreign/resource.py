"""The side of a session that QCoDeS' instruments speak to: what they use of a VISA resource."""

from collections.abc import Sequence
from typing import Any

from pyvisa.util import BINARY_DATATYPES, from_ieee_block

from instruments.foreign.session import Session

__all__ = ["SessionResource"]


class SessionResource:
    """Passes lines on to our link, under the names of PyVISA's message-based resource.

    Terminators and the timeout [ms] can be set as there; the link has its own.
    """

    visalib = None

    def __init__(self, session: Session) -> None:
        self._session = session
        self.session: int | None = 0
        self.resource_name = session.address
        self.read_termination = self.write_termination = "\n"
        self.timeout: float | None = 5000.0

    def write(self, message: str, *_: object) -> int:
        """Send one line."""
        self._session.send(message)
        return len(message)

    def read(self, *_: object) -> str:
        """Receive one line."""
        return self._session.receive()

    def query(self, message: str, delay: float | None = None) -> str:
        """Send one line and receive one."""
        return self._session.query(message)

    def read_raw(self, size: int | None = None) -> bytes:
        """Receive one line as bytes."""
        return self._session.receive().encode() + b"\n"

    def query_binary_values(
        self,
        message: str,
        datatype: BINARY_DATATYPES = "f",
        is_big_endian: bool = False,
        container: type[Any] = list,
        *_: object,
        **__: object,
    ) -> Sequence[int | float]:
        """Send one line and receive a block of numbers."""
        self._session.send(message)
        data = self._session.receive_bytes()
        return from_ieee_block(data, datatype, is_big_endian, container)

    def clear(self) -> None:
        """Throw away what has come and was not asked for."""
        self._session.discard()

    def close(self) -> None:
        """Do nothing but say that it is closed: the link is ours."""
        self.session = None
