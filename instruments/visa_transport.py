"""Whatever PyVISA's backend can open: HiSLIP, VXI-11, USBTMC, GPIB, serial by resource name."""

import contextlib
import time
import warnings

import pyvisa
from pyvisa.constants import StatusCode
from pyvisa.resources import MessageBasedResource

from instruments.errors import BadAnswer, LinkLost, NoAnswer
from instruments.transport import QUIET, led_block, lost

__all__ = ["VisaTransport", "resources"]


class VisaTransport:
    """A VISA resource, by pyvisa-py or any installed backend.

    Parameters
    ----------
    address
        VISA resource name ("TCPIP::10.0.0.7::hislip0::INSTR").
    library
        Backend as PyVISA names it: "@py", "@ivi", or a path.
    timeout
        Longest wait for a line [s].
    end
        Line end, in both directions.
    """

    def __init__(
        self, address: str, *, library: str = "@py", timeout: float = 2.0, end: str = "\n"
    ) -> None:
        self.address = address
        self._library = library
        self._timeout = timeout
        self._end = end
        self._resource: MessageBasedResource | None = None
        self.reopen()

    def reopen(self) -> None:
        """Close and open again."""
        self.close()
        try:
            resource = pyvisa.ResourceManager(self._library).open_resource(
                self.address,
                read_termination=self._end,
                write_termination=self._end,
                timeout=self._timeout * 1000,
                open_timeout=int(self._timeout * 1000),
            )
        except Exception as error:  # backends raise what their libraries raise
            failed = lost("no link could be opened", self.address, error)
            failed.doing = "connect"
            raise failed from error
        if not isinstance(resource, MessageBasedResource):
            resource.close()
            raise LinkLost("this resource carries no text", address=self.address, doing="connect")
        self._resource = resource

    def _open(self) -> MessageBasedResource:
        if self._resource is None:
            raise LinkLost("the link is closed", address=self.address)
        return self._resource

    def send(self, line: str) -> None:
        """Send one line; the line end is added."""
        try:
            self._open().write(line)
        except pyvisa.VisaIOError as error:
            raise self._sorted(error) from error
        except (pyvisa.Error, OSError, RuntimeError) as error:
            raise lost("sending failed", self.address, error) from error

    def receive(self) -> str:
        """Receive one line without its end."""
        try:
            return self._open().read()
        except UnicodeDecodeError as error:
            raise BadAnswer(
                "the reply is not ASCII", reply=repr(error.object), address=self.address
            ) from error
        except pyvisa.VisaIOError as error:
            raise self._sorted(error) from error
        except (pyvisa.Error, OSError, RuntimeError) as error:
            raise lost("the link broke", self.address, error) from error

    def receive_block(self, lead: str = "", tail: str = "") -> bytes:
        """Receive one definite-length block, what stands before it and the end behind it."""
        try:
            resource = self._open()
            data = resource.read_raw()
            while (head := led_block(data[: len(lead) + 11], lead)) is None or len(data) < sum(
                head
            ):
                data += resource.read_raw()
        except pyvisa.VisaIOError as error:
            raise self._sorted(error) from error
        except (pyvisa.Error, OSError, RuntimeError) as error:
            raise lost("the link broke", self.address, error) from error
        start, length = head
        if data[start + length :] not in (b"", (tail or self._end).encode()):
            raise BadAnswer("the block does not end where it says", address=self.address)
        return data[start : start + length]

    def _sorted(self, error: pyvisa.VisaIOError) -> NoAnswer | LinkLost:
        if error.error_code == StatusCode.error_timeout:
            return NoAnswer("no answer in time", address=self.address)
        return lost("the link broke", self.address, error)

    def left_over(self) -> bool:
        """Tell that nothing waits: message-based protocols keep replies apart."""
        return False

    def drain(self, within: float) -> None:
        """Clear the device, then throw away what arrives until the line is silent."""
        resource = self._open()
        until = time.monotonic() + within
        kept = resource.timeout
        try:
            with contextlib.suppress(pyvisa.Error):
                resource.clear()
            resource.timeout = QUIET * 1000
            while time.monotonic() < until:
                try:
                    resource.read_raw()
                except pyvisa.VisaIOError as error:
                    if error.error_code == StatusCode.error_timeout:
                        return
                    raise lost("the link broke", self.address, error) from error
        except (OSError, RuntimeError) as error:
            raise lost("the link broke", self.address, error) from error
        finally:
            with contextlib.suppress(pyvisa.Error):
                resource.timeout = kept

    def close(self) -> None:
        """Give the resource back; may be called twice."""
        if self._resource is None:
            return
        resource, self._resource = self._resource, None
        with contextlib.suppress(pyvisa.Error, OSError, RuntimeError):
            resource.close()


def resources(library: str) -> tuple[str, ...]:
    """List the resource names that the backend finds.

    Raises
    ------
    LinkLost
        The backend is not there.
    """
    try:
        with warnings.catch_warnings():
            # pyvisa-py warns of every discovery whose optional library is not installed.
            warnings.simplefilter("ignore", UserWarning)
            return tuple(pyvisa.ResourceManager(library).list_resources("?*"))
    except (pyvisa.Error, OSError, ValueError) as error:
        raise LinkLost(f"the VISA backend {library} is not there ({error})") from error
