"""The side of a session that PyMeasure's instruments speak to; imported once one is used."""

from pymeasure.adapters import Adapter

from instruments.foreign.session import Session

__all__ = ["SessionAdapter"]


class SessionAdapter(Adapter):  # type: ignore[misc]
    """Passes lines on to our link."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session

    def _write(self, command: str, **_: object) -> None:
        self._session.send(command)

    def _read(self, **_: object) -> str:
        return self._session.receive()

    def _write_bytes(self, content: bytes, **_: object) -> None:
        # A link carries text: bytes beyond ASCII are refused before anything is sent.
        self._session.send(content.decode("ascii"))

    def _read_bytes(self, count: int, break_on_termchar: bool, **_: object) -> bytes:
        if break_on_termchar:
            return self._session.receive().encode() + b"\n"
        return self._session.receive_bytes(count)

    def flush_read_buffer(self) -> None:
        """Throw away what has come and was not asked for."""
        self._session.discard()

    def __repr__(self) -> str:
        return f"<SessionAdapter {self._session.address}>"
