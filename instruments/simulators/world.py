"""The shared world of a bench: what one instrument does, the others see.

A world consists of parts (a circuit, a chamber, a load frame, …), each described by its own table
of the bench file and made when the first instrument asks for it. Physics move on lazily, whenever
somebody asks, up to the present instant of the bench's clock.
"""

import threading
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import cached_property
from typing import Any

from instruments.simulators.accelerometer import Accelerometers
from instruments.simulators.balance import Balance, BalanceModel
from instruments.simulators.chamber import Chamber, ChamberModel
from instruments.simulators.circuit import Circuit
from instruments.simulators.clock import SimulatedClock
from instruments.simulators.excitation import Excitation
from instruments.simulators.fixture import FixtureModel
from instruments.simulators.frame import Frame
from instruments.simulators.hardness import HardnessModel, Indenter
from instruments.simulators.high_voltage import HighVoltage
from instruments.simulators.impedance import Impedance, ImpedanceModel
from instruments.simulators.insulation import Insulation, InsulationModel
from instruments.simulators.modelling import build
from instruments.simulators.mounting import mount_piece
from instruments.simulators.shaker import Shaker, ShakerModel
from instruments.simulators.signals import Signals, SignalsModel
from instruments.simulators.specimen import MetalModel
from instruments.simulators.thermometer import Probe, SensorModel

__all__ = ["PARTS", "World"]

PARTS = ("circuit", "chamber", "frame", "impedance", "insulation", "hardness", "shaker", "balance",
         "probe", "signals", "fixture")  # fmt: skip
_KEYS = (*PARTS, "world", "dut", "clock", "faults", "wiring")
# Names under which bench files called a world by its main part.
_MAIN = {"electrical": "circuit", "climatic": "chamber", "tensile": "frame"}
_ROOM = 23.0  # [degC]
_LONG_AGO = 600.0  # [s]
# What is made of a part beside itself.
_ON = {"excitation": "shaker", "accelerometers": "shaker", "contact_probe": "probe"}
_STEP = {"circuit": 1.0, "chamber": 5.0}  # [s]


class World:
    """All that stands on one bench.

    Parameters
    ----------
    settings
        The table ``simulator`` of the bench file: a table for each part, or ``world`` with the
        main part's name and ``dut`` with its values.

    Raises
    ------
    ValueError
        A part or a value is unknown; the message lists what is accepted.
    """

    def __init__(self, clock: SimulatedClock, settings: Mapping[str, Any]) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self._at = clock.now()
        self.interlock_closed = True
        self._outputs: dict[str, Callable[[], bool]] = {}
        for key in settings:
            if key not in _KEYS:
                near = get_close_matches(key, _KEYS, 1)
                hint = f" (nearest: {near[0]})" if near else ""
                accepted = ", ".join(_KEYS)
                raise ValueError(f"simulator.{key} is refused; accepted: {accepted}{hint}")
        named = settings.get("world")
        self._main = _MAIN.get(str(named), str(named or ""))
        self._tables = {key: settings[key] for key in PARTS if isinstance(settings.get(key), dict)}
        if named is not None and self._main not in PARTS:
            accepted = ", ".join((*_MAIN, *PARTS))
            raise ValueError(f"simulator.world {named!r} is refused; accepted: {accepted}")
        if self._main:
            self._tables.setdefault(self._main, dict(settings.get("dut", {})))
        elif self._tables:
            self._main = next(iter(self._tables))
        # A wrong value is to be named when the simulator starts, not at the first question.
        for part in self._tables:
            getattr(self, part)

    def _table(self, part: str) -> dict[str, Any]:
        return dict(self._tables.get(part, {}))

    def has(self, part: str) -> bool:
        """Tell whether the bench file describes a part, or an instrument has asked for it."""
        return part in self._tables or part in self.__dict__

    @cached_property
    def circuit(self) -> Circuit:
        """Supplies, loads and the device between them."""
        return Circuit(self._table("circuit"), self.ambient)

    @cached_property
    def chamber(self) -> Chamber:
        """A climatic chamber with a specimen."""
        return Chamber(build(ChamberModel, self._table("chamber")))

    @cached_property
    def frame(self) -> Frame:
        """A load frame with a piece in its grips."""
        table = self._table("frame")
        values = {key: value for key, value in table.items() if key != "kind"}
        brittle = table.get("kind") == "brittle"
        frame = Frame(build(MetalModel, {} if brittle else values))
        if brittle:
            mount_piece(frame, {"model": table})
        return frame

    @cached_property
    def impedance(self) -> Impedance:
        """A two-pole for an LCR meter."""
        return Impedance(build(ImpedanceModel, self._table("impedance")))

    @cached_property
    def fixture(self) -> FixtureModel:
        """What clamps and leads add to the two-pole."""
        return build(FixtureModel, self._table("fixture"))

    @cached_property
    def insulation(self) -> Insulation:
        """Insulation between two circuits."""
        return Insulation(build(InsulationModel, self._table("insulation")))

    @cached_property
    def high_voltage(self) -> HighVoltage:
        """High voltage on the insulation, under the interlock of the bench."""
        return HighVoltage(lambda: self.insulation, lambda: self.interlock_closed)

    @cached_property
    def hardness(self) -> Indenter:
        """A polished piece under an indenter."""
        return Indenter(build(HardnessModel, self._table("hardness")), 1)

    @cached_property
    def shaker(self) -> Shaker:
        """A shaker with a resonating specimen."""
        return Shaker(build(ShakerModel, self._table("shaker")))

    @cached_property
    def excitation(self) -> Excitation:
        """What drives the shaker, standing at first."""
        return Excitation(self.shaker)

    @cached_property
    def accelerometers(self) -> Accelerometers:
        """What is glued to the shaker's table and to its specimen."""
        return Accelerometers(self.excitation)

    @cached_property
    def balance(self) -> Balance:
        """A balance with what lies on its pan."""
        values = self._table("balance")
        load = float(values.pop("load", 0.0))
        balance = Balance(build(BalanceModel, values))
        if load:
            # What the bench file lays there has long come to rest.
            balance.load(load)
            balance.pass_time(_LONG_AGO)
        return balance

    @cached_property
    def probe(self) -> Probe:
        """A platinum probe, in the chamber where there is one, unless it hangs in the room."""
        return Probe(self._sensor, self._felt)

    @cached_property
    def contact_probe(self) -> Probe:
        """A second one of its kind, at the specimen in the chamber where there is one."""
        return Probe(self._sensor, self._touched)

    @cached_property
    def _sensor(self) -> SensorModel:
        values = self._table("probe")
        values.pop("place", None)
        return build(SensorModel, values)

    @cached_property
    def _in_the_room(self) -> bool:
        place = self._table("probe").get("place", "device")
        if place not in ("device", "room"):
            raise ValueError(f"probe.place = {place!r} is refused; accepted: device, room")
        return bool(place == "room")

    @property
    def _felt(self) -> float:
        return _ROOM if self._in_the_room else self.ambient

    @property
    def _touched(self) -> float:
        return self.chamber.specimen if self.has("chamber") else _ROOM

    @cached_property
    def signals(self) -> Signals:
        """Lines from generators to oscilloscopes."""
        model = build(SignalsModel, self._table("signals"))
        return Signals(
            model,
            lambda: self.circuit if self.has("circuit") else None,
            lambda: self.accelerometers if self.has("shaker") else None,
        )

    @property
    def ambient(self) -> float:
        """Temperature around the device under test [degC]."""
        return self.chamber.air if self.has("chamber") else _ROOM

    def advance(self) -> float:
        """Let physics catch up with the clock; gives the instant."""
        with self.lock:
            now = self.clock.now()
            left = now - self._at
            self._at = max(now, self._at)
            if "frame" in self.__dict__:
                self.frame.advance(now)
            if "high_voltage" in self.__dict__:
                self.high_voltage.advance(now)
            if left > 0:
                self._elapse(left)
            elif "circuit" in self.__dict__:
                self.circuit.settle()
            return now

    def _elapse(self, seconds: float) -> None:
        made = self.__dict__
        if "balance" in made:
            # It stands beside the chamber.
            self.balance.pass_time(seconds, _ROOM)
        if "excitation" in made:
            self.excitation.pass_time(seconds)
        if not ("circuit" in made or "chamber" in made or "probe" in made):
            return
        most = min((step for part, step in _STEP.items() if part in made), default=seconds)
        while seconds > 1e-9:
            step = min(most, seconds)
            seconds -= step
            heat = self.circuit.dissipated if "circuit" in made else 0.0
            if "chamber" in made:
                self.chamber.pass_time(step, heat)
            if "circuit" in made:
                self.circuit.pass_time(step, self.ambient)
            if "probe" in made:
                self.probe.pass_time(self._felt, step)
            if "contact_probe" in made:
                self.contact_probe.pass_time(self._touched, step)

    def watch(self, role: str, is_on: Callable[[], bool]) -> None:
        """Add an output to those that must be off at the end of a run."""
        self._outputs[role] = is_on

    def outputs(self) -> dict[str, bool]:
        """Tell by role what is switched on."""
        return {role: is_on() for role, is_on in self._outputs.items()}

    def truth(self) -> dict[str, object]:
        """Tell the true state, which no instrument shows exactly."""
        found: dict[str, object] = {}
        if self.has("circuit"):
            found |= self.circuit.truth()
        if self.has("chamber"):
            found |= {
                "chamber.air_degC": self.chamber.air,
                "chamber.specimen_degC": self.chamber.specimen,
                "chamber.set_point_degC": self.chamber.set_point,
                "chamber.humidity_percent": self.chamber.humidity,
            }
        if self.has("frame"):
            found |= {
                "frame.samples_delivered": self.frame.delivered,
                "frame.samples_lost": self.frame.lost,
                "frame.broken": self.frame.broken,
                "frame.force_N": self.frame.force,
            }
        if "high_voltage" in self.__dict__:
            found |= {
                "insulation.broken": self.insulation.broken,
                "insulation.applied_V": self.high_voltage.applied,
                "interlock.closed": self.interlock_closed,
            }
        if self.has("probe"):
            found["probe.temperature_degC"] = self.probe.temperature
        if self.has("contact_probe"):
            found["probe.contact_degC"] = self.contact_probe.temperature
        if self.has("hardness"):
            found["hardness.metal_HV"] = self.hardness.model.hardness
        if self.has("shaker"):
            found |= self.excitation.truth()
        if self.has("balance"):
            found["balance.load_g"] = self.balance.lying
        if self.has("signals"):
            found |= self.signals.truth()
        return found

    def reset(self) -> None:
        """Put a fresh specimen into every part."""
        if self.has("circuit"):
            self.circuit.remount()
        if self.has("chamber"):
            self.chamber.specimen = self.chamber.model.ambient
        if self.has("frame"):
            self.frame.remount()
        for part in ("impedance", "insulation", "hardness", "shaker"):
            self._take_away(part)

    def _take_away(self, part: str) -> None:
        """Have a part made anew, and what hangs on it, when it is asked for next."""
        for each in (part, *(follower for follower, leader in _ON.items() if leader == part)):
            self.__dict__.pop(each, None)

    def mount(self, request: Mapping[str, Any]) -> dict[str, object]:
        """Mount what the control socket describes, in the main part or the one it names."""
        part = request.get("part", self._main)
        if part not in PARTS:
            raise ValueError(f"part {part!r} is refused; accepted: {', '.join(PARTS)}")
        if part == "frame":
            return mount_piece(self.frame, request)
        model = dict(request.get("model", {}))
        if part == "circuit":
            self.circuit.mount(model)
        elif part == "chamber":
            fresh = Chamber(build(ChamberModel, model))
            fresh.go_on(self.chamber)
            self.__dict__["chamber"] = fresh
        elif part == "signals":
            # Generators keep hold of their outputs.
            self.signals.clip(build(SignalsModel, model))
        elif part == "balance" and set(model) == {"load"}:
            self.balance.load(float(model["load"]))
        else:
            self._tables[part] = model
            self._take_away(part)
            getattr(self, part)
        return {}
