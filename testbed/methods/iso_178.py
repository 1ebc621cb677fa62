"""Flexural properties of plastics by three-point bending, ISO 178:2019.

The frame pulls upwards; a reversing cage turns its pull into bending, so that force and travel are
positive while the piece is bent, and the deflectometer is read as the frame's extension.
"""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from instruments.roles import LoadFrame
from testbed.evaluation.flexure import evaluate_flexure
from testbed.procedure import (
    Channel,
    Choice,
    Evaluation,
    Guide,
    Measurement,
    Needs,
    OptionalParam,
    Param,
    Plot,
    Procedure,
    RunContext,
    method_data,
    phase,
)

if TYPE_CHECKING:
    import xarray

__all__ = ["FlexureTest"]

_CLAUSE = "ISO 178:2019, {}"
_PERCENT = 100.0
_MINUTE = 60.0


class FlexureTest(Procedure):
    """Flexural modulus, strength and strains of one test piece."""

    id = "iso-178"
    version = "1"
    standard = "ISO 178:2019"
    channels = (
        Channel("force", "N", roles=("frame",)),
        Channel("extension", "mm", roles=("frame",), function="extension"),
        Channel("travel", "mm", roles=("frame",), function="travel"),
    )
    plots = (Plot("extension", "force"), Plot("time", "force"), Plot("travel", "force"))

    width = Param("mm", low=0.1, high=500.0)
    thickness = Param("mm", low=0.1, high=100.0)
    span = Param("mm", low=1.0, high=2_000.0, default=64.0)
    speed = Param("mm/min", low=0.01, high=500.0, default=2.0)
    rate = Param("Hz", low=1.0, high=1_000.0, default=50.0)
    # Flexural strain at which a piece that does not break is relieved.
    strain_limit = Param("%", low=0.1, high=50.0, default=5.0)
    deflection = Choice("deflectometer", "crosshead")
    compliance = OptionalParam("mm/N", low=0.0, high=0.1)
    modulus = Choice("regression", "secant")
    # From mid-span to where the piece broke.
    break_distance = OptionalParam("mm", low=0.0, high=1_000.0)

    frame = Needs(LoadFrame)  # type: ignore[type-abstract]

    e_modulus = Measurement(
        "MPa", symbol="Ef", clause=_CLAUSE.format("9.2"), resolution=10.0, required=False
    )
    e_regression = Measurement(
        "MPa", symbol="Ef,r", clause=_CLAUSE.format("9.2"), resolution=10.0, required=False
    )
    e_secant = Measurement(
        "MPa", symbol="Ef,s", clause=_CLAUSE.format("9.2"), resolution=10.0, required=False
    )
    e_r_squared = Measurement(
        "1", symbol="R²", clause=_CLAUSE.format("9.2"), resolution=0.00001, required=False
    )
    sigma_fm = Measurement("MPa", symbol="σfM", clause=_CLAUSE.format("3.4"), resolution=0.1)
    epsilon_fm = Measurement(
        "%", symbol="εfM", clause=_CLAUSE.format("3.8"), resolution=0.01, required=False
    )
    sigma_fc = Measurement(
        "MPa", symbol="σfC", clause=_CLAUSE.format("3.5"), resolution=0.1, required=False
    )
    sigma_fb = Measurement(
        "MPa", symbol="σfB", clause=_CLAUSE.format("3.3"), resolution=0.1, required=False
    )
    epsilon_fb = Measurement(
        "%", symbol="εfB", clause=_CLAUSE.format("3.9"), resolution=0.01, required=False
    )

    @phase(limit=24 * 3600.0)
    def mount(self, run: RunContext) -> None:
        """Let the operator lay the test piece on its supports, then zero the frame (8)."""
        run.on_exit("frame", self.frame.make_safe)
        self.frame.stop()
        run.show(
            "prompt.iso-178.mount",
            "mount.svg",
            width=self.width,
            thickness=self.thickness,
            span=self.span,
        )
        self.frame.zero()

    @phase(limit=8 * 3600.0)
    def bend(self, run: RunContext) -> None:
        """Bend until the piece breaks or its strain reaches the limit (8)."""
        began = run.elapsed()
        speed, limit = self.speed / _MINUTE, self._deflection_limit
        self.frame.start(speed, rate=self.rate)
        run.on_pause(self.frame.stop, lambda: self.frame.start(speed, rate=self.rate))
        for _ in run.every(float(self._data["acquisition"]["poll"])):
            # Asked before the buffer is emptied, so that the last samples are not left in it.
            broken = self.frame.broken()
            standing = broken or not self.frame.is_moving()
            bent, travel = self._drain(run, began)
            run.progress(min(max(bent / limit, 0.0), 1.0))
            if broken:
                break
            too_far = travel >= float(self._data["end"]["travel"]) * limit
            if standing or bent >= limit or too_far:
                run.note("note.iso-178.stopped-unbroken", deflection=bent)
                break
        self.frame.stop()
        self._drain(run, began)
        if self.frame.broken():
            # The buffer ends with the break; that nothing carries any more is a row of its own.
            run.record(force=self.frame.force(), extension=math.nan, travel=math.nan)

    @phase(limit=3600.0)
    def finish(self, run: RunContext) -> None:
        """Have the place of the break looked at, while the piece lies there."""
        run.progress(1.0, remaining=0.0)
        if self.frame.broken() and self.break_distance is None:
            inside = run.ask_choice(
                "prompt.iso-178.break", "option.iso-178.inside", "option.iso-178.outside"
            )
            if inside == "option.iso-178.outside":
                run.note("note.iso-178.outside")

    @staticmethod
    def evaluate(
        dataset: "xarray.Dataset",
        parameters: Mapping[str, float | str | None],
        data: Mapping[str, Any],
    ) -> Evaluation:
        """Obtain modulus, strength and strains: see `testbed.evaluation.flexure`."""
        return evaluate_flexure(dataset, parameters, data)

    @classmethod
    def guides(cls, parameters: Mapping[str, float | str | None]) -> tuple[Guide, ...]:
        """Show the conventional deflection over the live curve."""
        data = method_data("testbed.methods", cls.id, cls.version)
        deflection = float(data["conventional"]["deflection"]) * float(parameters["thickness"] or 0)
        return (Guide("extension", deflection, "conventional-deflection"),)

    def forecast(self) -> float:
        """Take the time to the limit of strain [s]; brittle pieces break before."""
        return self._deflection_limit / (self.speed / _MINUTE)

    @property
    def _data(self) -> Mapping[str, Any]:
        return method_data("testbed.methods", self.id, self.version)

    @property
    def _deflection_limit(self) -> float:
        """Deflection at the limit of strain [mm]."""
        return self.strain_limit / _PERCENT * self.span**2 / (6.0 * self.thickness)

    def _drain(self, run: RunContext, began: float) -> tuple[float, float]:
        """Record what the frame has buffered; gives the greatest deflection and travel [mm]."""
        bent = travel = 0.0
        while samples := self.frame.samples():
            run.record_block(
                [began + sample.time for sample in samples],
                force=[sample.force for sample in samples],
                extension=[sample.extension for sample in samples],
                travel=[sample.travel for sample in samples],
            )
            travel = samples[-1].travel
            by_crosshead = self.deflection == "crosshead"
            bent = travel if by_crosshead else samples[-1].extension
        return bent, travel
