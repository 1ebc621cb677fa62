"""Registers over Modbus, in the same order and with the same errors as lines of text.

An RTU reply says neither which register it belongs to nor which request. After any failure the
line is therefore emptied, and the registers that never change are read twice, in two different
lengths, before anything else: a late reply to one of the two cannot pass for the other.

Units of one RTU port share the port and one lock; a failure of one makes the others prove
themselves as well. No other process can open the port.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from instruments.errors import InstrumentError, InstrumentFault, LinkLost
from instruments.lease import AddressLease, InUse
from instruments.link import Watcher
from instruments.modbus_request import Request, has_none, shown
from instruments.modbus_transport import (
    ModbusPlace,
    ModbusTransport,
    RegisterTransport,
    modbus_place,
)
from instruments.readings import Identity

__all__ = ["Known", "ModbusLine", "ModbusLink", "open_modbus"]

_BUDGET = 4.0  # [s] within which a suspect link is trusted again, or given up
_BETWEEN = 0.2  # [s] between two attempts to open what is gone
_PATIENCE = 0.5  # [s] to wait for a process that is just ending

Known = tuple[int, int]
"""First register and number of the registers that never change."""


@dataclass(slots=True, eq=False)
class ModbusLine:
    """A port or connection, with the lock that its units share.

    Attributes
    ----------
    upsets
        How often an exchange failed, so that every unit knows whether it has proven itself since.
    """

    transport: RegisterTransport
    lock: threading.RLock = field(default_factory=threading.RLock)
    upsets: int = 0


class ModbusLink:
    """Reads and writes the holding registers of one unit, one exchange at a time.

    Parameters
    ----------
    known
        The registers that never change, which prove the link; None where none are known.
    timeout
        Longest wait for a reply [s].
    proven
        Whether it may be trusted from the beginning; a late reply to somebody who has closed the
        port may still be on its way.
    """

    def __init__(
        self,
        address: str,
        line: ModbusLine,
        unit: int,
        *,
        known: Known | None,
        timeout: float = 2.0,
        proven: bool = True,
    ) -> None:
        self.address = address
        self.known = known
        self._line = line
        self._unit = unit
        self._timeout = timeout
        self._proof: tuple[int, ...] | None = None
        self._proven_at = line.upsets if proven else -1
        self._watcher: Watcher | None = None
        self.closed = False
        self.give_back: Callable[[], None] | None = None
        self.announce: Callable[[Identity], None] = lambda _: None

    @property
    def suspect(self) -> bool:
        """Whether the link has to prove itself before the next exchange."""
        return self._proven_at != self._line.upsets

    def read(self, register: int, count: int, *, doing: str) -> tuple[int, ...]:
        """Read `count` holding registers from `register` on (function 3)."""
        return self.carry(Request(register, count), doing=doing)

    def write(self, register: int, values: Sequence[int], *, doing: str) -> None:
        """Write holding registers from `register` on (function 16, or 6 for one)."""
        self.carry(Request.writing(register, values), doing=doing)

    def carry(self, request: Request, *, doing: str) -> tuple[int, ...]:
        """Carry a request; gives the registers that were read, none for a write.

        Raises
        ------
        InstrumentError
            Of the family in `instruments.errors`, with address, request and `doing` filled in.
        """
        with self._line.lock:
            try:
                self._in_step()
                return self._carried(request)
            except BaseException as error:
                if not isinstance(error, InstrumentFault):
                    self._line.upsets += 1
                if isinstance(error, InstrumentError):
                    error.doing = error.doing or doing
                    error.command = error.command or str(request)
                    error.address = error.address or self.address
                raise

    def _in_step(self) -> None:
        if self.closed:
            raise LinkLost("the link is closed")
        if self._line.transport.left_over():
            self._line.upsets += 1
        if self.suspect:
            self._resynchronise()

    def _carried(self, request: Request) -> tuple[int, ...]:
        tell = self._watcher or (lambda kind, text: None)
        tell("send", str(request))
        try:
            reply = self._line.transport.carry(self._unit, request, self._timeout)
        except InstrumentFault as fault:
            tell("receive", fault.reply)
            raise
        tell("receive", shown(reply))
        return reply

    def distrust(self) -> None:
        """Say that an answer made no sense: the link has to prove itself."""
        with self._line.lock:
            self._line.upsets += 1

    def ask_known(self, accept: Callable[[tuple[int, ...]], None]) -> tuple[int, ...]:
        """Read the registers that never change, let `accept` judge them, and keep them as proof."""
        if self.known is None:
            raise ValueError("no registers are known that could be asked")
        found = self.read(*self.known, doing="identify the instrument")
        accept(found)
        self._proof = found
        return found

    def _resynchronise(self) -> None:
        until = time.monotonic() + _BUDGET
        error: InstrumentError | None = None
        while time.monotonic() < until:
            try:
                if error is not None:
                    self._line.transport.reopen()
                self._line.transport.drain(within=1.0)
                if self._proven():
                    self._proven_at = self._line.upsets
                    return
                error = None
            except InstrumentError as failed:
                error = failed
                if self._proof is None and isinstance(failed, InstrumentFault) and has_none(failed):
                    # Nobody was identified here before: this is another instrument.
                    raise
            # A plug is put back, an instrument starts again: neither happens at once.
            time.sleep(_BETWEEN)
        raise LinkLost(
            "the link could not be brought back in step after an earlier failure"
            + (f" ({error.what})" if error else ""),
            address=self.address,
        ) from error

    def _proven(self) -> bool:
        if self.known is None:
            return True
        first, count = self.known
        whole = self._line.transport.carry(self._unit, Request(first, count), self._timeout)
        # An even number, as two registers may be one value.
        part = Request(first, max(count // 4 * 2, 1))
        again = self._line.transport.carry(self._unit, part, self._timeout)
        return again == whole[: part.count] and self._proof in (None, whole)

    def watch(self, watcher: Watcher | None) -> None:
        """Have every request and reply told to `watcher`; None ends it."""
        with self._line.lock:
            self._watcher = watcher

    def close(self) -> None:
        """Give the line back, once its last user has; may be called twice."""
        if self.give_back is not None:
            self.give_back()


@dataclass(slots=True, eq=False)
class _Held:
    """An open line of this process with its links by unit, each with the number of its users."""

    line: ModbusLine
    transport: ModbusTransport
    lease: AddressLease
    links: dict[int, tuple[ModbusLink, AddressLease, int]] = field(default_factory=dict)


class _Shared:
    """The lines of this process."""

    def __init__(self) -> None:
        self._lines: dict[str, _Held] = {}
        self._lock = threading.Lock()

    def take(
        self, place: ModbusPlace, known: Known | None, baud: int, timeout: float
    ) -> ModbusLink:
        with self._lock:
            held = self._lines.get(place.shared)
            if held is not None and place.unit in held.links:
                return self._again(place, held, known)
            # The unit's own lease tells other processes whom this one has identified there.
            lease = _leased(f"{place.shared}#{place.unit}", place)
            try:
                held = self._opened(place, baud, timeout) if held is None else held
                held.transport.same_settings(place, baud)
            except BaseException:
                lease.close()
                raise
            link = ModbusLink(
                place.address, held.line, place.unit, known=known, timeout=timeout, proven=False
            )
            link.announce = lease.announce
            link.give_back = lambda: self._give_back(place, link)
            held.links[place.unit] = (link, lease, 1)
            self._lines[place.shared] = held
            return link

    def _again(self, place: ModbusPlace, held: _Held, known: Known | None) -> ModbusLink:
        link, lease, users = held.links[place.unit]
        if link.known != known:
            raise InUse("another driver uses this link", address=place.address, doing="connect")
        held.links[place.unit] = (link, lease, users + 1)
        return link

    def _opened(self, place: ModbusPlace, baud: int, timeout: float) -> _Held:
        lease = _leased(place.shared, place)
        try:
            transport = ModbusTransport(place, baud=baud, timeout=timeout)
        except BaseException:
            lease.close()
            raise
        return _Held(ModbusLine(transport), transport, lease)

    def _give_back(self, place: ModbusPlace, link: ModbusLink) -> None:
        with self._lock:
            held = self._lines.get(place.shared)
            if held is None or place.unit not in held.links:
                return
            current, lease, users = held.links[place.unit]
            if current is not link:
                return
            if users > 1:
                held.links[place.unit] = (link, lease, users - 1)
                return
            link.closed = True
            del held.links[place.unit]
            if not held.links:
                del self._lines[place.shared]
                with held.line.lock:
                    held.transport.close()
                held.lease.close()
            lease.close()


def _leased(name: str, place: ModbusPlace) -> AddressLease:
    try:
        return AddressLease(name, within=_PATIENCE)
    except InUse as busy:
        busy.address = place.address
        raise


_SHARED = _Shared()


def open_modbus(
    address: str, *, known: Known | None, baud: int = 9600, timeout: float = 2.0
) -> ModbusLink:
    """Open a link by its address, or share the one that is open.

    Parameters
    ----------
    baud
        Bits per second [1/s] of an RTU port whose address does not say.

    Raises
    ------
    LinkLost
        Nothing could be opened at `address`; `InUse` where another process speaks to it.
    """
    return _SHARED.take(modbus_place(address), known, baud, timeout)
