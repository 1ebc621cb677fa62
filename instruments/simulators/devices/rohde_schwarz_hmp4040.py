"""Simulated Rohde & Schwarz HMP4040.

Source: R&S HMP Series SCPI Programmers Manual, 5800.4730.02.
"""

from functools import partial

from instruments.simulators.bench_supply import BenchSupply
from instruments.simulators.scpi_device import Call, ScpiDevice
from instruments.simulators.site import Site

__all__ = ["make"]

_RATING = dict.fromkeys((1, 2, 3, 4), (32.05, 10.0))


class _Supply(BenchSupply):
    def __init__(self, site: Site) -> None:
        identity = f"ROHDE&SCHWARZ,HMP4040,{site.serial},HW50020001/SW2.62"
        super().__init__(site, identity, _RATING, no_error='0,"No error"', form=".3f")
        level = "[SOURce#:]CURRent[:LEVel][:IMMediate][:AMPLitude]"
        self.number("current", level, 0.1, 0.0, 10.0, form=".4f")
        self.flag("general", "OUTPut:GENeral")
        self.flag("output", "OUTPut:SELect")
        self.on("OUTPut[:STATe]", self._both)
        self.on("OUTPut[:STATe]?", lambda _: str(int(self.delivers(self.selected))))
        self.on("INSTrument[:SELect]", lambda call: self.select(call.text[-1:]))
        self.on("INSTrument[:SELect]?", lambda _: f"OUTP{self.selected}")
        self.on("MEASure[:SCALar]:VOLTage[:DC]?", lambda _: f"{self.volts(self.selected):.3f}")
        self.on("MEASure[:SCALar]:CURRent[:DC]?", lambda _: f"{self.amperes(self.selected):.4f}")
        self.on("SYSTem:MIX", lambda _: None)
        self.flag("fuse", "FUSE[:STATe]")
        self.number("ovp", "VOLTage:PROTection[:LEVel]", 33.0, 0.0, 33.0)
        self.on("VOLTage:PROTection:TRIPped?", lambda _: "0")
        self.on("FUSE:TRIPped?", lambda _: "0")
        for name, header in (("voltage", "VOLTage"), ("current", "CURRent")):
            highest = max(each[name == "current"] for each in _RATING.values())
            self.number(f"{name} step", f"{header}:STEP[:INCRement]", 0.1, 0.0, highest)
            self.on(
                f"[SOURce#:]{header}[:LEVel][:IMMediate][:AMPLitude]", partial(self._step, name)
            )
        self.on("APPLy", self._apply)
        self.on("APPLy?", lambda _: ", ".join(self._levels()))
        self._sequencer()

    def _sequencer(self) -> None:
        """Declare the generator of voltage sequences, which stores and does not play them."""
        self.text("sequence", "ARBitrary:DATA")
        self.number("repetitions", "ARBitrary:REPetitions", 0, 0, 255, form="d")
        for command in ("CLEar", "STARt", "STOP", "TRANsfer", "SAVE", "RESTore"):
            self.on(f"ARBitrary:{command}", lambda _: None)

    def _step(self, name: str, call: Call) -> None:
        """Set a level, or move it by one step."""
        setting, channel = self._settings[name], self.selected
        direction = {"UP": 1.0, "DOWN": -1.0}.get(call.text.upper())
        if direction is None:
            return self._set(name, setting, call)
        moved = self.amount(name, channel) + direction * self.amount(f"{name} step", channel)
        self.put(name, setting.read(f"{moved:.4f}"), channel)
        return None

    def _levels(self) -> list[str]:
        return [
            self._settings[name].write(self.value(name, self.selected))
            for name in ("voltage", "current")
        ]

    def _apply(self, call: Call) -> None:
        for name, text in zip(("voltage", "current"), call.words, strict=False):
            value = self._settings[name].read(text)
            self.check(name, value, self.selected)
            self.put(name, value, self.selected)

    def delivers(self, channel: int) -> bool:
        """Need the channel's own switch and the general one."""
        return bool(self.value("output", channel)) and bool(self.value("general"))

    def _both(self, call: Call) -> None:
        on = self._settings["output"].read(call.text)
        self.put("output", on, self.selected)
        if on:
            self.put("general", True)


def make(site: Site) -> ScpiDevice:
    """Put a supply on the bench, wired at the channel that the bench file names."""
    return _Supply(site)
