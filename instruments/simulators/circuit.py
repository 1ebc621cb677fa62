"""The circuit of a bench: what supplies deliver, the device under test, what loads draw.

A two-pole (cell, resistor) has one node, to which everything is connected. A converter has two: its
input ``in``, where supplies are connected, and its output ``out`` for loads and meters.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from instruments.simulators.cell import Cell, CellModel
from instruments.simulators.converter import Converter, ConverterModel
from instruments.simulators.modelling import build
from instruments.simulators.resistor import Resistor, ResistorModel
from instruments.simulators.thermal import ThermalMass

__all__ = ["Circuit", "Load", "Source"]

_STIFF = 1e-6  # [ohm], inside an ideal source
_CELL_RESISTANCE, _CELL_TAU = 3.0, 600.0  # [K/W] and [s] of a cell to its air


@dataclass(slots=True)
class Source:
    """A source with a limit of current, as it stands on the bench.

    Attributes
    ----------
    voltage, limit
        Voltage to hold [V] and largest current on the way there [A].
    sinks
        Whether it also draws current to come down to its voltage.
    leads
        Between its terminals and the device [ohm], where it does not sense at the device.
    """

    on: bool = False
    voltage: float = 0.0
    limit: float = 0.0
    sinks: bool = False
    leads: float = 0.0
    delivered: float = 0.0


@dataclass(slots=True)
class Load:
    """A sink of constant current [A]."""

    on: bool = False
    current: float = 0.0
    drawn: float = 0.0


class _CellPole:
    def __init__(self, model: CellModel, ambient: float) -> None:
        self._model = model
        self.cell = Cell(model)
        self._heat = ThermalMass(ambient, thermal_resistance=_CELL_RESISTANCE, tau=_CELL_TAU)
        self.dissipated = 0.0

    @property
    def temperature(self) -> float:
        return self._heat.temperature

    def thevenin(self) -> tuple[float, float]:
        return self.cell.inner_voltage, self._model.resistance

    def pass_time(self, drawn: float, seconds: float, ambient: float) -> None:
        self.dissipated = drawn**2 * (self._model.resistance + self._model.polarisation)
        self._heat.pass_time(self.dissipated, seconds, ambient)
        self.cell.pass_time(drawn, seconds)

    def truth(self) -> dict[str, object]:
        return {
            "cell.true_capacity_Ah": self._model.capacity,
            "cell.discharged_Ah": self.cell.discharged / 3600.0,
            "cell.charged_Ah": self.cell.charged / 3600.0,
            "cell.soc": self.cell.soc,
            "cell.temperature_degC": self._heat.temperature,
        }


class _ResistorPole:
    def __init__(self, model: ResistorModel, ambient: float) -> None:
        self.resistor = Resistor(model, ambient)
        self.dissipated = 0.0

    @property
    def temperature(self) -> float:
        return self.resistor.temperature

    def thevenin(self) -> tuple[float, float]:
        return self.resistor.thevenin()

    def pass_time(self, drawn: float, seconds: float, ambient: float) -> None:
        self.dissipated = drawn**2 * self.resistor.resistance
        self.resistor.pass_time(drawn, seconds, ambient)

    def truth(self) -> dict[str, object]:
        return {
            "resistor.resistance_ohm": self.resistor.resistance,
            "resistor.temperature_degC": self.resistor.temperature,
        }


class Circuit:
    """Sources and loads by role around one device under test.

    Parameters
    ----------
    settings
        Table of the device: ``kind`` ("cell", "resistor", "converter") and the model's values.
    """

    def __init__(self, settings: Mapping[str, Any], ambient: float) -> None:
        self.sources: dict[str, Source] = {}
        self.loads: dict[str, Load] = {}
        self._ambient = ambient
        self.mount(settings)

    def mount(self, settings: Mapping[str, Any]) -> None:
        """Connect another device."""
        self._settings = dict(settings)
        values = {key: value for key, value in settings.items() if key != "kind"}
        self._converter: Converter | None = None
        self._pole: _CellPole | _ResistorPole | None = None
        match settings.get("kind", "cell"):
            case "cell":
                self._pole = _CellPole(build(CellModel, values), self._ambient)
            case "resistor":
                self._pole = _ResistorPole(build(ResistorModel, values), self._ambient)
            case "converter":
                self._converter = Converter(build(ConverterModel, values), self._ambient)
            case other:
                raise ValueError(f"kind {other!r} is refused; accepted: cell, resistor, converter")
        self._nodes = {"in": 0.0, "out": 0.0}
        self.settle()

    def remount(self) -> None:
        """Connect a fresh device of the same kind."""
        self.mount(self._settings)

    def source(self, role: str) -> Source:
        """Give the source of a role, connected on first use."""
        return self.sources.setdefault(role, Source())

    def load(self, role: str) -> Load:
        """Give the load of a role, connected on first use."""
        return self.loads.setdefault(role, Load())

    def voltage(self, node: str = "out") -> float:
        """Give the voltage of a node [V]."""
        return self._nodes[node]

    def current(self, node: str = "out") -> float:
        """Give the current through a node [A]: into the device at ``in``, to loads at ``out``."""
        if node == "in":
            return sum(source.delivered for source in self.sources.values())
        return sum(load.drawn for load in self.loads.values())

    def ripple(self, node: str, times: ArrayLike, *, at: float) -> NDArray[np.float64]:
        """Give what rides on the voltage of a node [V], `times` [s] after the instant `at` [s]."""
        if self._converter is None or node != "out" or not self._nodes["out"] > 0:
            return np.zeros(np.shape(times))
        return self._converter.ripple(self._nodes["in"], times, at=at)

    @property
    def resistance(self) -> float:
        """What an ohmmeter finds [ohm]; infinite where the device is a source of its own."""
        if isinstance(self._pole, _ResistorPole):
            return self._pole.resistor.resistance
        return float("inf")

    @property
    def lead_resistance(self) -> float:
        """What two-wire measurement adds [ohm]."""
        if isinstance(self._pole, _ResistorPole):
            return self._pole.resistor.two_wire - self._pole.resistor.resistance
        return 0.0

    @property
    def temperature(self) -> float:
        """Of the device [degC]."""
        if self._converter is not None:
            return self._converter.temperature
        assert self._pole is not None
        return self._pole.temperature

    @property
    def dissipated(self) -> float:
        """Heat that the device gives to its air [W]."""
        if self._converter is not None:
            return max(self._nodes["in"] * self.current("in")
                       - self._nodes["out"] * self.current("out"), 0.0)  # fmt: skip
        return self._pole.dissipated if self._pole else 0.0

    def pass_time(self, seconds: float, ambient: float) -> None:
        """Let charge and heat flow for a short while."""
        self.settle()
        if self._converter is not None:
            self._converter.pass_time(self._nodes["in"], self.current("out"), seconds, ambient)
        elif self._pole is not None:
            drawn = self.current("out") - self.current("in")
            if isinstance(self._pole, _ResistorPole):
                drawn = -drawn
            self._pole.pass_time(drawn, seconds, ambient)
        self.settle()

    def settle(self) -> None:
        """Find voltages and currents at this instant."""
        if self._converter is not None:
            self._settle_converter(self._converter)
            return
        assert self._pole is not None
        emf, inner = self._pole.thevenin()
        on = [source for source in self.sources.values() if source.on]
        for load in self.loads.values():
            load.drawn = min(load.current, max(emf, 0.0) / inner) if load.on else 0.0
        if len(on) <= 1:
            volts = self._one_source(emf, inner, on)
        else:
            volts = self._many_sources(emf, inner, on)
        self._nodes = {"in": volts, "out": volts}

    def _one_source(self, emf: float, inner: float, on: list[Source]) -> float:
        for source in self.sources.values():
            source.delivered = 0.0
        # A device without a voltage of its own feeds its loads from the source alone.
        drawn = sum(load.current for load in self.loads.values() if load.on and emf <= 0 and on)
        for load in self.loads.values():
            drawn += load.drawn if emf > 0 else 0.0
        for source in on:
            wanted = ((source.voltage - emf) / inner + drawn) * inner / (inner + source.leads)
            lowest = -source.limit if source.sinks else 0.0
            source.delivered = min(max(wanted, lowest), source.limit)
            if emf <= 0:
                given = max(source.delivered, 0.0)
                for load in self.loads.values():
                    load.drawn = min(load.current, given) if load.on else 0.0
        return emf + inner * (self.current("in") - sum(load.drawn for load in self.loads.values()))

    def _many_sources(self, emf: float, inner: float, on: list[Source]) -> float:
        def excess(volts: float) -> float:
            given = sum(_share(source, volts) for source in on)
            drawn = sum(load.current for load in self.loads.values() if load.on and volts > 0)
            return given - drawn - (volts - emf) / inner

        low = min(emf, *(source.voltage for source in on)) - 1e3 * inner - 1.0
        high = max(emf, *(source.voltage for source in on)) + 1e3 * inner + 1.0
        for _ in range(80):
            middle = (low + high) / 2
            low, high = (middle, high) if excess(middle) > 0 else (low, middle)
        for source in self.sources.values():
            source.delivered = _share(source, low) if source.on else 0.0
        for load in self.loads.values():
            load.drawn = load.current if load.on and low > 0 else 0.0
        return low

    def _settle_converter(self, converter: Converter) -> None:
        wanted = sum(load.current for load in self.loads.values() if load.on)
        best = max(
            (source for source in self.sources.values() if source.on),
            key=lambda source: source.voltage,
            default=None,
        )
        for source in self.sources.values():
            source.delivered = 0.0
        volts = best.voltage if best is not None else 0.0
        output = converter.output_voltage(volts, wanted) if volts > 0 else 0.0
        needed = converter.input_current(volts, wanted) if volts > 0 else 0.0
        if best is not None:
            if needed > best.limit:
                # A supply in its limit lets the input collapse below the lock-out.
                volts, output, needed = 0.0, 0.0, best.limit
            best.delivered = needed
        for load in self.loads.values():
            load.drawn = load.current if load.on and output > 0 else 0.0
        self._nodes = {"in": volts, "out": output}

    def truth(self) -> dict[str, object]:
        """Tell the device's true state."""
        self.settle()
        found = self._pole.truth() if self._pole else {}
        volts = self._nodes
        if isinstance(self._pole, _CellPole):
            return {**found, "cell.voltage_V": volts["out"]}
        return {
            **found,
            "circuit.in_V": volts["in"],
            "circuit.in_A": self.current("in"),
            "circuit.out_V": volts["out"],
            "circuit.out_A": self.current("out"),
        }


def _share(source: Source, volts: float) -> float:
    lowest = -source.limit if source.sinks else 0.0
    inside = source.leads or _STIFF
    return min(max((source.voltage - volts) / inside, lowest), source.limit)
