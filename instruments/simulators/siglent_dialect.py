"""How Siglent's older oscilloscopes speak: replies under a header, errors in two registers.

Source: Siglent Programming Guide SDS1000 Series, SDS2000X and SDS2000X-E, PG01-E02E: COMM_HEADER
decides whether a reply carries the short header, the long one, or neither header nor unit. There
is no error queue: CMR and EXR keep the last command and execution error until they are read.
"""

from collections.abc import Callable
from functools import partial

from instruments.simulators.scpi_device import Call, ScpiDevice

__all__ = ["ENVIRONMENT", "Read", "SiglentDevice"]

_HEADER, _MISSING, _SYNTAX, _PARAMETER = 1, 4, 12, 25  # codes of the registers
_PERMISSION, ENVIRONMENT = 21, 22
Read = Callable[[int], tuple[str, str]]
"""From the number of an input to a value and its unit."""


class SiglentDevice(ScpiDevice):
    """Answers under headers and keeps errors in registers."""

    # An input that is overdriven shows in the samples, not in an answer.
    overload = ""
    error_headers = ("CMR", "EXR")
    busy = (ENVIRONMENT, "Environment error")
    locked = (_PERMISSION, "Permission error")

    def __init__(self, identity: str) -> None:
        self._registers = {"CMR": 0, "EXR": 0}
        super().__init__(identity)

    def _common(self) -> None:
        self.on("*IDN?", lambda _: self.identity)
        self.on("*RST", lambda _: self.reset())
        self.on("*CLS", lambda _: self._cleared())
        self.on("*OPC?", lambda _: "1")
        for header in ("*OPC", "*WAI", "WAIT", "ASET", "AUTO_SETUP", "CLSW", "CLEAR_SWEEPS"):
            self.on(header, lambda _: None)
        self.on("*TST?", lambda _: "0")
        self.on("*ESR?", lambda _: self._event_status())
        self.on("*STB?", lambda _: "0")
        self.choice("header", "CHDR", "OFF|SHORT|LONG", "SHORT")
        self.both("CHDR", "COMM_HEADER", self.word("header"))
        for name in ("CMR", "EXR"):
            self.on(f"{name}?", partial(self._register, name))

    def both(self, short: str, long: str, read: Read) -> None:
        """Answer a question under both its headers, and take a setting under the long one."""
        stem = short.rpartition(":")[0]
        full = f"{stem}:{long}" if stem else long
        setting = next((each for form, each in reversed(self._commands)
                        if form.fullmatch(short.replace("#", "1"))), None)  # fmt: skip
        if setting is not None and full != short:
            self.on(full, setting)

        def answer(call: Call) -> str:
            place = self.place(call)
            prefix = f"C{place}:" if stem else ""
            body, unit = read(place)
            return self.written(prefix + short.rpartition(":")[2], prefix + long, body, unit)

        self.on(f"{short}?", answer)
        if full != short:
            self.on(f"{full}?", answer)

    def written(self, short: str, long: str, body: str, unit: str = "") -> str:
        """Write a reply as COMM_HEADER says; without a header there is no unit either."""
        header = self.value("header")
        if header == "OFF":
            return body
        return f"{short if header == 'SHORT' else long} {body}{unit}"

    def quantity(self, name: str, unit: str) -> Read:
        """Make what tells a setting that is a number."""
        return lambda place: (f"{self.amount(name, place):.2E}", unit)

    def word(self, name: str) -> Read:
        """Make what tells a setting that is a word."""
        return lambda place: (str(self.value(name, place)), "")

    def place(self, call: Call) -> int:
        """Tell which input a call means."""
        return call.suffixes[-1] if call.suffixes else 1

    def complain(self, code: int, text: str) -> None:
        """Keep an error in its register; a later one replaces it."""
        known = {-113: ("CMR", _HEADER), -109: ("CMR", _MISSING), -104: ("CMR", _SYNTAX),
                 -131: ("CMR", _SYNTAX), -222: ("EXR", _PARAMETER)}  # fmt: skip
        name, kept = known.get(code, ("EXR", code if code > 0 else _PARAMETER))
        self._registers[name] = kept

    def _register(self, name: str, _: Call) -> str:
        found, self._registers[name] = self._registers[name], 0
        return self.written(name, name, str(found))

    def _cleared(self) -> None:
        self._registers.update(CMR=0, EXR=0)
        self._clear()

    def reset(self) -> None:
        """Go to the default set-up; the way of replying stays."""
        kept = self.value("header")
        super().reset()
        self.values["header", 1] = kept

    def power_on(self) -> None:
        """Reply with short headers again."""
        super().power_on()
        self.values["header", 1] = "SHORT"
        self._registers.update(CMR=0, EXR=0)
