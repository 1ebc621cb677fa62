"""Tensile testing of metals at room temperature, ISO 6892-1:2019."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from instruments.roles import LoadFrame
from testbed.evaluation.tensile import evaluate_tensile
from testbed.procedure import (
    Channel,
    Evaluation,
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

__all__ = ["TensileTest"]

_CLAUSE = "ISO 6892-1:2019, {}"


class TensileTest(Procedure):
    """Strength, yield, modulus and elongation of one metallic test piece."""

    id = "iso-6892-1"
    version = "2"
    standard = "ISO 6892-1:2019"
    channels = (
        Channel("force", "N", roles=("frame",)),
        Channel("extension", "mm", roles=("frame",), function="extension"),
        Channel("travel", "mm", roles=("frame",), function="travel"),
    )
    plots = (Plot("extension", "force"), Plot("time", "force"), Plot("travel", "force"))

    # Original cross-section S0, original gauge length L0, extensometer gauge length Le (L0 where
    # not given), gauge length after fracture Lu.
    s0 = Param("mm2", low=0.01, high=100_000.0)
    l0 = Param("mm", low=1.0, high=5_000.0, default=50.0)
    le = OptionalParam("mm", low=1.0, high=5_000.0)
    lu = OptionalParam("mm", low=1.0, high=10_000.0)
    speed = Param("mm/s", low=1e-5, high=20.0, default=0.05)
    rate = Param("Hz", low=0.1, high=1_000.0, default=50.0)
    travel_limit = Param("mm", low=0.1, high=2_000.0, default=200.0)

    frame = Needs(LoadFrame)  # type: ignore[type-abstract]

    rm = Measurement("MPa", symbol="Rm", clause=_CLAUSE.format("3.10.1"), resolution=1.0)
    rp02 = Measurement(
        "MPa", symbol="Rp0.2", clause=_CLAUSE.format(13), resolution=1.0, required=False
    )
    reh = Measurement(
        "MPa", symbol="ReH", clause=_CLAUSE.format(11), resolution=1.0, required=False
    )
    rel = Measurement(
        "MPa", symbol="ReL", clause=_CLAUSE.format(12), resolution=1.0, required=False
    )
    e_modulus = Measurement(
        "GPa", symbol="E", clause=_CLAUSE.format("G"), resolution=1.0, required=False
    )
    e_r_squared = Measurement(
        "1", symbol="R²", clause=_CLAUSE.format("G"), resolution=0.00001, required=False
    )
    e_slope_deviation = Measurement(
        "%", symbol="Sm(rel)", clause=_CLAUSE.format("G"), resolution=0.01, required=False
    )
    e_window_low = Measurement(
        "MPa", symbol="R1", clause=_CLAUSE.format("G"), resolution=1.0, required=False
    )
    e_window_high = Measurement(
        "MPa", symbol="R2", clause=_CLAUSE.format("G"), resolution=1.0, required=False
    )
    a = Measurement("%", symbol="A", clause=_CLAUSE.format(20), resolution=0.5, required=False)
    agt = Measurement("%", symbol="Agt", clause=_CLAUSE.format(18), resolution=0.5, required=False)
    ag = Measurement("%", symbol="Ag", clause=_CLAUSE.format(17), resolution=0.5, required=False)
    fm = Measurement("N", symbol="Fm", clause=_CLAUSE.format("3.9.1"), resolution=10.0)

    @phase(limit=24 * 3600.0)
    def mount(self, run: RunContext) -> None:
        """Let the operator mount the test piece, then zero the frame (clause 10.1)."""
        run.on_exit("frame", self.frame.make_safe)
        self.frame.stop()
        run.show("prompt.iso-6892-1.mount", "mount.svg", s0=self.s0, l0=self.l0)
        self.frame.zero()

    @phase(limit=4 * 3600.0)
    def pull(self, run: RunContext) -> None:
        """Pull until the piece breaks or the crosshead reaches its limit."""
        began = run.elapsed()
        self.frame.start(self.speed, rate=self.rate)
        run.on_pause(self.frame.stop, lambda: self.frame.start(self.speed, rate=self.rate))
        poll = method_data("testbed.methods", self.id, self.version)["acquisition"]["poll"]
        for _ in run.every(poll):
            # Asked before the buffer is emptied, so that the last samples are not left in it.
            broken = self.frame.broken()
            standing = broken or not self.frame.is_moving()
            travel = self._drain(run, began)
            run.progress(min(travel / self.travel_limit, 1.0))
            if broken:
                break
            if standing or travel >= self.travel_limit:
                run.note("note.iso-6892-1.stopped-unbroken", travel=travel)
                break
        self.frame.stop()
        self._drain(run, began)

    @phase(limit=3600.0)
    def finish(self, run: RunContext) -> None:
        """Leave the frame standing; the halves may be taken out and measured."""
        run.progress(1.0, remaining=0.0)
        if self.lu is None:
            run.note("note.iso-6892-1.no-lu")

    @staticmethod
    def evaluate(
        dataset: "xarray.Dataset",
        parameters: Mapping[str, float | str | None],
        data: Mapping[str, Any],
    ) -> Evaluation:
        """Obtain strengths and elongations: see `testbed.evaluation.tensile`."""
        return evaluate_tensile(dataset, parameters, data)

    def forecast(self) -> float:
        """Estimate the pull from a fifth of elongation [s]; ductile metals take longer."""
        return min(0.2 * self.l0, self.travel_limit) / self.speed

    def _drain(self, run: RunContext, began: float) -> float:
        """Record what the frame has buffered; gives the last travel [mm]."""
        travel = 0.0
        while samples := self.frame.samples():
            run.record_block(
                [began + sample.time for sample in samples],
                force=[sample.force for sample in samples],
                extension=[sample.extension for sample in samples],
                travel=[sample.travel for sample in samples],
            )
            travel = samples[-1].travel
        return travel
