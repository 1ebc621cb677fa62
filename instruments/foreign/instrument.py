"""A driver of another library in a role of ours, over our link and in our terms."""

import inspect
import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar, Protocol

import numpy as np
import pyvisa
from pyvisa.constants import StatusCode

from instruments import scpi
from instruments.accuracy import NOMINAL, Conditions
from instruments.errors import (
    BadAnswer,
    InstrumentError,
    InstrumentFault,
    LinkLost,
    NoAnswer,
    SettingRefused,
)
from instruments.foreign.overlay import Confirmed, Method, Overlay, Step
from instruments.foreign.overlay_file import methods_of
from instruments.foreign.session import Session
from instruments.link import Link
from instruments.ranges import Range
from instruments.readings import Reading
from instruments.scpi_instrument import ScpiInstrument
from instruments.settings import Setting, Settings

__all__ = ["ForeignInstrument", "Library", "playing"]

_QUEUE = 50  # entries; a longer error queue does not empty
_UNREADABLE = (ValueError, TypeError, LookupError, AttributeError)  # of a reply
_SAME = 1e-6  # relative, of two numbers that went through text


class Library(Protocol):
    """A library of drivers."""

    name: str

    def driver_class(self, what: str) -> type[Any]:
        """Find a class of the library; LookupError says why it is not there."""
        ...

    def build(self, kind: type[Any], session: Session, arguments: Mapping[str, Any]) -> object:
        """Make the driver; whatever it sends goes through `session`."""
        ...

    def has(self, driver: object, place: str) -> bool:
        """Tell whether the driver has what `place` names, without asking the instrument."""
        ...

    def get(self, driver: object, place: str) -> object:
        """Read a property or parameter."""
        ...

    def set(self, driver: object, place: str, value: object) -> None:
        """Set a property or parameter."""
        ...

    def call(self, driver: object, place: str, *values: object) -> object:
        """Call a method."""
        ...

    def close(self, driver: object) -> None:
        """Let go of the driver; nothing is sent."""
        ...


class ForeignInstrument(ScpiInstrument):
    """An instrument whose commands another library knows.

    Parameters
    ----------
    channel
        Output that the bench uses, where the overlay has channels.
    """

    overlay: ClassVar[Overlay]
    library: ClassVar[Library]

    def __init__(
        self,
        link: Link,
        ranges: Mapping[str, Range],
        conditions: Conditions = NOMINAL,
        serial: str = "",
        channel: int | None = None,
    ) -> None:
        super().__init__(link, ranges, conditions, serial)
        self._channel = self._chosen(channel)
        self._session = Session(link)
        self._driver: object = None

    @classmethod
    def _chosen(cls, channel: int | None) -> int:
        channels = cls.overlay.channels
        if channel is None:
            return channels[0] if channels else 0
        if channel not in channels:
            raise SettingRefused("channel", channel, ", ".join(map(str, channels)) or "none")
        return channel

    @classmethod
    def ranges_of(cls, channel: int | None = None) -> tuple[Range, ...]:
        """Give what the chosen output accepts."""
        return cls.overlay.ranges[cls._chosen(channel)]

    def begin(self) -> None:
        """Empty the error queue, then let the foreign driver set itself up."""
        super().begin()
        _, _, what = self.overlay.driver.partition(":")
        kind, doing = self.library.driver_class(what), f"set up {self.library.name}'s driver"
        with self._session.exchange(doing):
            self._driver = self._foreign(
                partial(self.library.build, kind, self._session, self.overlay.arguments)
            )
            self._check_queue()
        for place in self._places():
            if not self.library.has(self._driver, place):
                raise LookupError(f"the overlay names {place!r}, which {what} does not have")

    def _places(self) -> set[str]:
        safe = (self.overlay.safe,) if self.overlay.safe else ()
        places = {place for _, place in self.overlay.settings.values()}
        for method in (*self.overlay.methods.values(), *safe):
            places |= {each.place for each in (*method.do, *method.confirm)}
            places |= {method.get} if method.get else set()
        return {self._at(place) for place in places}

    def _at(self, place: str) -> str:
        return place.replace("{channel}", str(self._channel))

    def play(self, method: Method, given: Mapping[str, Any], doing: str) -> object:
        """Carry out a method of the role; gives what was read, as the library has it."""
        for argument, quantity in method.arguments.items():
            size = abs(given[argument]) if quantity in self.overlay.either_sign else given[argument]
            self.accepted(quantity, size)
        expected = [(each, _filled(each.value, given)) for each in method.confirm]
        try:
            with self._session.exchange(doing):
                for step in method.do:
                    self._take(step, given)
                read = self._read(method.get) if method.get else None
                found = [self._read(each.place) for each in method.confirm]
                self._check_queue()
        except NoAnswer as silence:
            raise self._explained(silence, silence.command, doing) from silence
        for (confirmed, wanted), value in zip(expected, found, strict=True):
            if not _same(value, wanted, confirmed):
                where = self._at(confirmed.place)
                raise self.fault(f"{where} is {value!r}, not {wanted!r}", doing=doing)
        return read

    def _take(self, step: Step, given: Mapping[str, Any]) -> None:
        act = self.library.call if step.calls else self.library.set
        values = [_filled(value, given) for value in step.values]
        place = self._at(step.place)
        try:
            self._foreign(partial(act, self._driver, place, *values))
        except SettingRefused as refusal:
            # What the overlay itself says, nobody at the bench can put right.
            raise refusal if given else InstrumentFault(str(refusal)) from refusal

    def _read(self, place: str) -> object:
        return self._foreign(partial(self.library.get, self._driver, self._at(place)))

    def _foreign(self, action: Callable[[], object]) -> object:
        """Do something with the foreign driver; its errors become ours."""
        self._session.begin_step()
        try:
            return action()
        except Exception as error:  # of any kind that another library raises
            raise self._translated(error) from error

    def _translated(self, error: Exception) -> Exception:
        session = self._session
        if session.failure is not None:
            return session.failure
        if isinstance(error, InstrumentError | SettingRefused):
            return error
        said = f"{self.library.name} says {type(error).__name__}: {error}"
        if isinstance(error, pyvisa.VisaIOError) and error.error_code == StatusCode.error_timeout:
            return NoAnswer(said, command=session.sent)
        if isinstance(error, pyvisa.Error | OSError):
            return LinkLost(said, command=session.sent)
        if not session.sent and isinstance(error, ValueError | TypeError | KeyError):
            return SettingRefused("setting", said, f"what {self.library.name} takes")
        if not session.sent:
            return InstrumentFault(said)
        sent, reply = session.sent, session.reply
        self._check_queue()
        if reply and isinstance(error, _UNREADABLE):
            return BadAnswer(said, command=sent, reply=reply)
        return InstrumentFault(said, command=sent)

    def _check_queue(self) -> None:
        """Read the error queue within the exchange.

        Raises
        ------
        InstrumentFault
            There was something in it; every entry is named.
        """
        sent = self._session.sent
        entries = []
        for _ in range(_QUEUE):
            reply = self._session.query(self.overlay.error_query)
            entry = scpi.queued_error(reply)
            if entry.code == 0:
                break
            entries.append(entry)
        if entries:
            raise InstrumentFault("the instrument reports " + "; ".join(map(str, entries)),
                                  command=sent)  # fmt: skip

    def measured(self, name: str, value: object, doing: str) -> Reading:
        """Give what was read as a reading with its standard uncertainty."""
        accuracy = self.overlay.methods[name].accuracy[self._channel]
        return self.reading(self._number(value, doing), accuracy)

    def _number(self, value: object, doing: str) -> float:
        # A number that a library could not read is left as text, or becomes a list.
        try:
            return scpi.number(str(value).strip())
        except InstrumentError as error:
            raise self._completed(error, self._session.sent, str(value), doing) from None

    def switched(self, value: object, doing: str) -> bool:
        """Give what was read as a switch."""
        found = _flag(value)
        if found is None:
            raise self.nonsense("the reply is neither on nor off", doing=doing, reply=str(value))
        return found

    def settings(self) -> Mapping[str, Setting]:
        """Read back the settings that the overlay names."""
        return Settings(
            **{
                name: partial(self._setting, name, kind, place)
                for name, (kind, place) in self.overlay.settings.items()
            }
        )

    def _setting(self, name: str, kind: str, place: str) -> Setting:
        doing = f"read the setting {name}"
        value = self.play(Method(name=name, get=place), {}, doing)
        if kind == "number":
            return self._number(value, doing)
        return self.switched(value, doing) if kind == "switch" else str(value)

    def make_safe(self) -> None:
        """Switch off what the overlay says, and read that back."""
        if self.overlay.safe is not None:
            self.play(self.overlay.safe, {}, "switch all outputs off")

    def close(self) -> None:
        """Let go of the foreign driver and give the link back."""
        driver, self._driver = self._driver, None
        try:
            if driver is not None:
                self.library.close(driver)
        finally:
            super().close()


def _filled(value: object, given: Mapping[str, Any]) -> object:
    """Put an argument where an overlay says "$name", or what stands for it where it says `of`."""
    if isinstance(value, Mapping):
        return value[_filled(value["of"], given)]
    return given[value[1:]] if isinstance(value, str) and value.startswith("$") else value


def _flag(value: object) -> bool | None:
    if isinstance(value, str):
        return {"1": True, "ON": True, "0": False, "OFF": False}.get(value.strip().upper())
    if isinstance(value, bool | int | float | np.generic) and value in (0, 1):
        return bool(value)
    return None


def _same(found: object, wanted: object, confirmed: Confirmed) -> bool:
    if isinstance(wanted, bool):
        return _flag(found) is wanted
    if isinstance(wanted, int | float):
        try:
            value = float(str(found))
        except ValueError:
            return False
        return math.isclose(value, wanted, rel_tol=_SAME, abs_tol=max(confirmed.within, 1e-12))
    return str(found).strip().strip("\"'").upper() == str(wanted).upper()


def playing(overlay: Overlay, library: Library) -> type[ForeignInstrument]:
    """Make the class of an overlay: its role's methods, with the role's own signatures."""
    members: dict[str, Any] = {
        "__doc__": f"{overlay.driver} as {overlay.role.__name__}.",
        "about": overlay.about,
        "overlay": overlay,
        "library": library,
        "error_query": overlay.error_query,
    }
    for name, signature in methods_of(overlay.role).items():
        members[name] = _method(overlay, name, signature)
    return type(overlay.driver.rpartition(".")[2], (ForeignInstrument,), members)


def _method(overlay: Overlay, name: str, signature: inspect.Signature) -> Callable[..., object]:
    role_doc = inspect.getdoc(getattr(overlay.role, name)) or name
    words = role_doc.partition("\n")[0].rstrip(".")
    words, method = words[:1].lower() + words[1:], overlay.methods[name]

    def carry_out(self: ForeignInstrument, *args: object, **kwargs: object) -> object:
        bound = signature.bind(self, *args, **kwargs)
        bound.apply_defaults()
        given = dict(list(bound.arguments.items())[1:])
        values = ", ".join(f"{value:g}" if isinstance(value, float) else str(value)
                           for value in given.values())  # fmt: skip
        doing = f"{words} ({values})" if values else words
        read = self.play(method, given, doing)
        if signature.return_annotation is Reading:
            return self.measured(name, read, doing)
        return self.switched(read, doing) if signature.return_annotation is bool else None

    carry_out.__name__, carry_out.__doc__ = name, role_doc
    carry_out.__signature__ = signature  # type: ignore[attr-defined]
    return carry_out
