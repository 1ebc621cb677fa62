"""Mettler-Toledo balances with the Standard Interface Command Set, over RS-232.

Source: MT-SICS Reference Manual for Excellence balances, 11780711 (levels 0 to 2), and MT-SICS
Interface Commands for XPR and XSR Balances, 30324923: lines ended by CR LF; a reply repeats its
command, then a letter and the value; ES, ET and EL stand for errors of syntax, transmission and
logic. A balance that starts says ``I4 A`` unasked, has no tare and takes what lies on it for zero.
"""

import math
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from instruments import scpi
from instruments.accuracy import NOMINAL, Accuracy, Conditions, Span
from instruments.errors import BadAnswer, InstrumentError, InstrumentFault, LinkLost, NoAnswer
from instruments.line_instrument import LineInstrument
from instruments.link import Link
from instruments.model import Model
from instruments.ranges import Range
from instruments.readings import Identity, Reading
from instruments.roles import Balance
from instruments.settings import Settings
from instruments.transport import Transport

__all__ = ["MettlerSics"]

_LINEARITY, _REPEATABILITY, _DRIFT = 2e-4, 1e-4, 1.5e-4  # [g], [g], [%/K] of an XSR204
_LARGEST = 64_100.0  # [g], of the whole family; more than it takes, a balance does not show
_PATIENCE = 60.0  # [s]
_RANGES = (Range("patience", 0.5, 120.0, "s"),)
_GRAMS = {"g": 1.0, "mg": 1e-3, "kg": 1e3}
_QUOTED = re.compile(r'A "([^"]*)"')
_WEIGHT = re.compile(r"([SA]) +(-?\d+(?:\.\d+)?) +(\S+)")
_REFUSALS = {
    "I": "the balance cannot do that now: it moves, or does something else",
    "+": "the balance is overloaded",
    "-": "the balance is underloaded: the pan is lifted or missing",
    "L": "the balance does not accept the value",
}
_ERRORS = {
    "ES": "the balance does not know the command",
    "ET": "the command reached the balance garbled",
    "EL": "the balance cannot carry the command out",
}


def _specified(linearity: float, repeatability: float) -> Accuracy:
    """Give the specification [g] of a balance: a bound and a standard deviation in one.

    The half-width is that of a rectangle with the standard deviation of both together.
    """
    floor = math.sqrt(linearity**2 + 3.0 * repeatability**2)
    span = Span(top=_LARGEST, reading=0.0, floor=floor, reading_per_kelvin=_DRIFT)
    return Accuracy(
        unit="g",
        page="XSR analytical balances, data sheet, XSR204: linearity 0.2 mg, repeatability "
        "0.1 mg, temperature drift 1.5 ppm/K",
        reference=(23.0, 23.0),
        spans={365: (span,)},
    )


class MettlerSics(LineInstrument):
    """A balance: waits, within bounds, for an indication that stands still.

    Silence and unrest are kept apart: the immediate value (``SI``) is answered at once, and only
    where it moves the slow question (``S``) is asked and waited for. What is given up is
    cancelled, so that no late answer is left.

    A balance that was without power has lost tare and zero. After a lost link, an unanswered
    question or an answer that makes no sense it weighs no more until it was tared or zeroed. Who
    connects anew has to tare first: nothing tells what happened before.

    Parameters
    ----------
    model
        First word of the balance's data (``I2``).
    linearity, repeatability
        From its data sheet: largest deviation and standard deviation [g].
    patience
        Longest wait for an indication that stands still [s].
    """

    about = Model(
        maker="METTLER TOLEDO",
        name="XSR204",
        manual="MT-SICS Reference Manual for Excellence balances, 11780711",
        plays=(Balance,),
        outputs=0,
        ranges=_RANGES,
        accuracy={"mass": _specified(_LINEARITY, _REPEATABILITY)},
        line="text",
        baud=9600,
    )
    sentinel = "I4"
    line_end = "\r\n"

    def __init__(
        self,
        link: Link,
        ranges: Mapping[str, Range],
        conditions: Conditions = NOMINAL,
        serial: str = "",
        model: str = "XSR204",
        linearity: float = _LINEARITY,
        repeatability: float = _REPEATABILITY,
        patience: float = _PATIENCE,
    ) -> None:
        super().__init__(link, ranges, conditions, serial)
        self._model = model
        self._accuracy = _specified(linearity, repeatability)
        self._patience = self.accepted("patience", patience)
        self._sure = True
        self._tare: float | None = None

    @classmethod
    def ranges_of(
        cls,
        model: str = "XSR204",
        linearity: float = _LINEARITY,
        repeatability: float = _REPEATABILITY,
        patience: float = _PATIENCE,
    ) -> tuple[Range, ...]:
        """Give what can be chosen; another model comes with the values of its data sheet."""
        return _RANGES

    @classmethod
    def identified(cls, reply: str) -> Identity:
        """Read the answer to ``I4``: the serial number; the model is asked for afterwards."""
        head, _, rest = reply.partition(" ")
        if head != "I4":
            raise BadAnswer("no serial number", reply=reply)
        return Identity(maker=cls.about.maker, model=cls.about.name, serial=_quoted(rest))

    def begin(self) -> None:
        """Make sure of the model, and note the tare."""
        found = self.identity()
        if found.model != self._model:
            raise self.nonsense(
                f"another balance answers: {found.model}, expected {self._model}",
                doing="identify the balance",
                reply=found.model,
            )
        self._link.announce(found)
        self._tare = self._present_tare()

    @contextmanager
    def _exchange(self, doing: str) -> Iterator[Transport]:
        try:
            with self._link.exchange(doing) as line:
                yield line
        except (LinkLost, NoAnswer, BadAnswer):
            self._sure = False
            raise

    def _ask(self, line: Transport, question: str) -> str:
        try:
            line.send(question)
            return self._judged(line.receive(), question)
        except InstrumentError as error:
            error.command = question
            raise

    def _judged(self, reply: str, question: str) -> str:
        """Give what follows the head of a reply, unless it is a refusal or no reply to this."""
        head, _, rest = reply.partition(" ")
        if reply in _ERRORS:
            raise InstrumentFault(_ERRORS[reply], reply=reply)
        if head == "I4" and question != "I4":
            self._sure = False
            self._link.distrust()
            raise InstrumentFault("the balance started anew", reply=reply)
        if head != question.removesuffix("I") or not rest:
            raise BadAnswer(f"no answer to {question}", reply=reply)
        if rest in _REFUSALS:
            raise InstrumentFault(_REFUSALS[rest], reply=reply)
        return rest

    def _patiently(self, line: Transport, question: str) -> str:
        """Ask what is answered once the indication stands still, and give up in time."""
        until = time.monotonic() + self._patience
        line.send(question)
        while True:
            try:
                return self._judged(line.receive(), question)
            except NoAnswer:
                if time.monotonic() < until:
                    continue
            self._cancel(line)
            raise InstrumentFault(
                f"the indication did not stand still within {self._patience:g} s", command=question
            )

    def _cancel(self, line: Transport) -> None:
        """Have the balance drop what it waits for; it says so by its serial number."""
        line.send("@")
        # What it waited for may have come at the same instant.
        for _ in range(2):
            reply = line.receive()
            if reply.startswith("I4 A"):
                return
        raise BadAnswer("the balance does not confirm that it gave up", command="@", reply=reply)

    def mass(self) -> Reading:
        """Wait until the indication is stable and read it [g], net of the tare.

        Raises
        ------
        InstrumentFault
            It does not stand still within the patience, or is out of range; or zero and tare
            are not certain any more.
        """
        with self._exchange("weigh") as line:
            rest = self._ask(line, "SI")
            if not self._sure:
                raise InstrumentFault(
                    "the balance may have started anew, without tare and zero: tare it"
                )
            if rest.startswith("D"):
                rest = self._patiently(line, "S")
            grams = _grams(rest, "S")
            tare = _grams(self._ask(line, "TA"), "A")
            if self._tare is not None and tare != self._tare:
                raise InstrumentFault(
                    f"the tare changed from {self._tare:g} g to {tare:g} g: tare it",
                    command="TA",
                )
        return self._weighed(grams)

    def _weighed(self, grams: float) -> Reading:
        uncertainty = self._accuracy.standard_uncertainty(grams, conditions=self._conditions)
        return Reading(value=grams, unit=self._accuracy.unit, standard_uncertainty=uncertainty)

    def tare(self) -> None:
        """Wait until the indication is stable and take the present load for zero."""
        with self._exchange("tare") as line:
            self._ask(line, "SI")
            self._tare = _grams(self._patiently(line, "T"), "S")
            self._sure = True

    def zero(self) -> None:
        """Wait until the indication is stable and set a new zero; the tare is forgotten."""
        with self._exchange("zero") as line:
            self._ask(line, "SI")
            rest = self._patiently(line, "Z")
            if rest != "A":
                raise BadAnswer("no confirmation", command="Z", reply=rest)
            self._tare = _grams(self._ask(line, "TA"), "A")
            self._sure = True

    def identity(self) -> Identity:
        """Ask for model, serial number and software."""
        with self._exchange("identify the balance") as line:
            data, _ = self._data(line)
            software = _quoted(self._ask(line, "I3"))
            serial = _quoted(self._ask(line, "I4"))
        return Identity(maker=self.about.maker, model=data, serial=serial, firmware=software)

    def _data(self, line: Transport) -> tuple[str, float]:
        """Ask for the model and the capacity [g]."""
        rest = self._ask(line, "I2")
        words = _quoted(rest).split()
        if len(words) < 3 or words[-1] not in _GRAMS:
            raise BadAnswer("model, capacity and unit were expected", command="I2", reply=rest)
        return words[0], scpi.number(words[-2]) * _GRAMS[words[-1]]

    def _capacity(self) -> float:
        with self._exchange("read the capacity") as line:
            return self._data(line)[1]

    def _present_tare(self) -> float:
        with self._exchange("read the tare") as line:
            return _grams(self._ask(line, "TA"), "A")

    def settings(self) -> Mapping[str, str | float | bool]:
        """Read back the capacity [g] and the tare [g]."""
        return Settings(capacity=self._capacity, tare=self._present_tare)


def _quoted(rest: str) -> str:
    """Read a text in quotes behind its A."""
    match = _QUOTED.fullmatch(rest)
    if match is None:
        raise BadAnswer("a text in quotes was expected", reply=rest)
    return match[1]


def _grams(rest: str, letter: str) -> float:
    """Read a weight [g] behind its letter: S of an indication at rest, A of a setting."""
    match = _WEIGHT.fullmatch(rest)
    if match is None or match[1] != letter:
        raise BadAnswer("a weight was expected", reply=rest)
    if match[3] not in _GRAMS:
        raise InstrumentFault("the balance does not show grams", reply=rest)
    return float(match[2]) * _GRAMS[match[3]]
