"""The shared world of a bench: what one instrument does, the others see.

Physics move on lazily, whenever somebody asks, up to the present instant of the bench's clock.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np

from instruments.simulators.cell import Cell, CellModel
from instruments.simulators.chamber import Chamber, ChamberModel
from instruments.simulators.clock import SimulatedClock
from instruments.simulators.curve import read_curve
from instruments.simulators.frame import Frame
from instruments.simulators.specimen import Metal, MetalModel, Played

__all__ = ["WORLDS", "ClimaticWorld", "ElectricalWorld", "TensileWorld", "World"]

Model = TypeVar("Model")
Said = Callable[..., None]
"""Writes one event to the log: role, event, further values."""


class World(Protocol):
    """What the control socket asks of any world."""

    clock: SimulatedClock
    lock: threading.RLock

    def advance(self) -> float:
        """Let physics catch up with the clock; gives the instant."""
        ...

    def truth(self) -> dict[str, object]:
        """Tell the true state, which no instrument shows exactly."""
        ...

    def outputs(self) -> dict[str, bool]:
        """Tell by role what is switched on."""
        ...

    def reset(self) -> None:
        """Mount a fresh specimen."""
        ...

    def mount(self, request: Mapping[str, Any]) -> dict[str, object]:
        """Mount what the control socket describes."""
        ...


def build(model: type[Model], values: Mapping[str, Any]) -> Model:
    """Make a model from a table; an unknown key is refused with the nearest known one."""
    known = [field.name for field in fields(model)]  # type: ignore[arg-type]
    for key in values:
        if key not in known:
            near = get_close_matches(key, known, 1)
            hint = f" (nearest: {near[0]})" if near else ""
            raise ValueError(f"{key!r} is refused; accepted: {', '.join(known)}{hint}")
    return model(**values)


class _World:
    def __init__(self, clock: SimulatedClock) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self._at = clock.now()

    def _elapse(self, seconds: float) -> None:
        raise NotImplementedError

    def advance(self) -> float:
        """Let physics catch up with the clock."""
        with self.lock:
            now = self.clock.now()
            if now > self._at:
                self._elapse(now - self._at)
                self._at = now
            return now


class ElectricalWorld(_World):
    """One node: a cell, charged by the supply, discharged by the load, watched by the meter."""

    STEP = 1.0  # [s]

    def __init__(self, clock: SimulatedClock, dut: Mapping[str, Any]) -> None:
        super().__init__(clock)
        self._model = build(CellModel, dut)
        self.cell = Cell(self._model)
        self.supply_on = False
        self.supply_voltage = 0.0
        self.supply_current = 0.0
        self.load_on = False
        self.load_current = 0.0

    def currents(self) -> tuple[float, float]:
        """Give what the supply delivers and what the load draws [A]."""
        inner, resistance = self.cell.inner_voltage, self._model.resistance
        drawn = min(self.load_current, max(inner, 0.0) / resistance) if self.load_on else 0.0
        if not self.supply_on:
            return 0.0, drawn
        to_set_point = (self.supply_voltage - inner) / resistance + drawn
        return min(max(to_set_point, 0.0), self.supply_current), drawn

    def voltage(self) -> float:
        """Give the voltage of the node [V]."""
        delivered, drawn = self.currents()
        return self.cell.voltage(drawn - delivered)

    def _elapse(self, seconds: float) -> None:
        while seconds > 0:
            step = min(self.STEP, seconds)
            delivered, drawn = self.currents()
            self.cell.pass_time(drawn - delivered, step)
            seconds -= step

    def outputs(self) -> dict[str, bool]:
        """Tell what is switched on."""
        return {"supply": self.supply_on, "load": self.load_on}

    def truth(self) -> dict[str, object]:
        """Tell charge and state of the cell."""
        return {
            "cell.true_capacity_Ah": self._model.capacity,
            "cell.discharged_Ah": self.cell.discharged / 3600.0,
            "cell.charged_Ah": self.cell.charged / 3600.0,
            "cell.soc": self.cell.soc,
            "cell.voltage_V": self.voltage(),
        }

    def reset(self) -> None:
        """Mount a fresh cell."""
        self.cell = Cell(self._model)

    def mount(self, request: Mapping[str, Any]) -> dict[str, object]:
        """Mount a cell of another model."""
        self._model = build(CellModel, request.get("model", {}))
        self.reset()
        return {}


class ClimaticWorld(_World):
    """A chamber with a specimen in it, whose sensor's transmitter the meter reads."""

    STEP = 5.0  # [s]

    def __init__(self, clock: SimulatedClock, dut: Mapping[str, Any]) -> None:
        super().__init__(clock)
        self._model = build(ChamberModel, dut)
        self.chamber = Chamber(self._model)

    def voltage(self) -> float:
        """Give the output of the temperature transmitter [V]."""
        return self.chamber.specimen * self._model.transmitter

    def _elapse(self, seconds: float) -> None:
        while seconds > 0:
            step = min(self.STEP, seconds)
            self.chamber.pass_time(step)
            seconds -= step

    def outputs(self) -> dict[str, bool]:
        """Tell whether the chamber conditions."""
        return {"chamber": self.chamber.running}

    def truth(self) -> dict[str, object]:
        """Tell both temperatures [degC]."""
        return {
            "chamber.air_degC": self.chamber.air,
            "chamber.specimen_degC": self.chamber.specimen,
            "chamber.set_point_degC": self.chamber.set_point,
        }

    def reset(self) -> None:
        """Put a specimen of room temperature into the chamber as it is."""
        self.chamber.specimen = self._model.ambient

    def mount(self, request: Mapping[str, Any]) -> dict[str, object]:
        """Change the model; the air keeps its temperature."""
        air = self.chamber.air
        self._model = build(ChamberModel, request.get("model", {}))
        self.chamber = Chamber(self._model)
        self.chamber.air = air
        return {}


class TensileWorld(_World):
    """A load frame with its specimen."""

    def __init__(self, clock: SimulatedClock, dut: Mapping[str, Any]) -> None:
        super().__init__(clock)
        self.frame = Frame(build(MetalModel, dut))

    def advance(self) -> float:
        """Let the frame take the samples that are due."""
        with self.lock:
            now = self.clock.now()
            self.frame.advance(now)
            return now

    def outputs(self) -> dict[str, bool]:
        """Tell whether the crosshead moves."""
        return {"frame": self.frame.moving}

    def truth(self) -> dict[str, object]:
        """Tell what was delivered, and what the buffer had no room for."""
        return {
            "frame.samples_delivered": self.frame.delivered,
            "frame.samples_lost": self.frame.lost,
            "frame.broken": self.frame.broken,
            "frame.force_N": self.frame.force,
        }

    def reset(self) -> None:
        """Mount a fresh piece."""
        self.frame.remount()

    def mount(self, request: Mapping[str, Any]) -> dict[str, object]:
        """Mount a metal by model, or a measured curve from CSV or as columns."""
        if "csv" in request:
            curve = read_curve(
                Path(request["csv"]), request.get("columns", ""), request.get("gauge_length")
            )
            played = Played(
                time=curve.time,
                force=curve.force,
                extension=curve.extension,
                travel=curve.travel,
            )
            self.frame.mount(lambda piece: played)
            return {"rows": len(curve.force), "columns": dict(curve.units)}
        if "curve" in request:
            given = {
                name: None if values is None else np.asarray(values, float)
                for name, values in request["curve"].items()
            }
            given_curve = Played(
                time=given.get("time"),
                force=given["force"],  # type: ignore[arg-type]
                extension=given["extension"],  # type: ignore[arg-type]
                travel=given.get("travel"),
            )
            self.frame.mount(lambda piece: given_curve)
            return {"rows": len(request["curve"]["force"])}
        model = build(MetalModel, request.get("model", {}))
        self.frame.mount(lambda piece: Metal(model, seed=piece))
        return {}


WORLDS: Mapping[str, Callable[[SimulatedClock, Mapping[str, Any]], World]] = {
    "electrical": ElectricalWorld,
    "climatic": ClimaticWorld,
    "tensile": TensileWorld,
}
