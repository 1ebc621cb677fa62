"""Rockwell hardness of metals, ISO 6508-1:2016, on a machine that is read by its operator."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from testbed.evaluation.integration import Floats
from testbed.evaluation.rockwell import (
    check_rockwell_block,
    depth_of,
    evaluate_rockwell,
    rockwell_hardness,
)
from testbed.procedure import (
    Channel,
    Choice,
    Evaluation,
    Measurement,
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

__all__ = ["RockwellHardness"]

_CLAUSE = "ISO 6508-1:2016, {}"
_LONGEST = 12 * 3600.0


class RockwellHardness(Procedure):
    """Mean hardness of several indentations, on a machine that was checked on a block.

    No instrument is needed: the operator enters what the machine shows, and its depth goes on
    record.
    """

    id = "iso-6508-1"
    version = "1"
    standard = "ISO 6508-1:2016"
    channels = (
        Channel("indentation", "1"),
        Channel("hardness_number", "1"),
        Channel("depth", "mm"),
        Channel("on_block", "1"),
    )
    plots = (Plot("indentation", "hardness_number"), Plot("indentation", "depth"))

    scale = Choice(
        "HRC", "HRA", "HRD", "HRBW", "HREW", "HRFW", "HRGW", "HRHW", "HRKW",
        "HR15N", "HR30N", "HR45N", "HR15TW", "HR30TW", "HR45TW",
    )  # fmt: skip
    # What is read at the machine: the hardness, or the permanent depth.
    reading = Choice("hardness", "depth")
    count = Param("1", low=3.0, high=100.0, default=5.0)
    thickness = OptionalParam("mm", low=0.0, high=1000.0)
    # Hardness and expanded uncertainty (k = 2) of the reference block, as certified.
    block_hardness = OptionalParam("1", low=0.0, high=130.0)
    block_uncertainty = OptionalParam("1", low=0.0, high=20.0)
    block_count = Param("1", low=2.0, high=10.0, default=5.0)
    # Step of the hardness that the machine shows.
    resolution = Param("1", low=0.001, high=1.0, default=0.1)

    mean_hardness = Measurement("1", symbol="HR", clause=_CLAUSE.format(4), resolution=0.1)
    hardness_range = Measurement("1", symbol="R", clause=_CLAUSE.format(9), resolution=0.1)
    hardness_deviation = Measurement("1", symbol="s", clause=_CLAUSE.format("G"), resolution=0.01)
    block_bias = Measurement(
        "1", symbol="b", clause=_CLAUSE.format("E"), resolution=0.01, required=False
    )
    block_repeatability = Measurement(
        "1", symbol="r", clause="ISO 6508-2:2015, 5", resolution=0.01, required=False
    )

    _unfit = False

    @phase(limit=_LONGEST)
    def check(self, run: RunContext) -> None:
        """Indent the reference block; a machine that fails is not used (Annex E)."""
        if self.block_hardness is None:
            run.note("note.iso-6508-1.no-block")
            return
        run.ask(
            "prompt.iso-6508-1.block",
            "option.done",
            hardness=self.block_hardness,
            scale=self.scale,
        )
        depths = self._indent(run, round(self.block_count), on_block=True)
        found = check_rockwell_block(depths, self.block_hardness, self._scale)
        self._unfit = not found.in_order
        if self._unfit:
            run.note("note.iso-6508-1.unfit", bias=found.bias, range=found.repeatability)

    @phase(limit=_LONGEST)
    def indent(self, run: RunContext) -> None:
        """Indent the test piece, unless the machine has failed its check."""
        if self._unfit:
            return
        run.ask("prompt.iso-6508-1.mount", "option.done", scale=self.scale, count=self.count)
        self._indent(run, round(self.count), on_block=False)
        run.progress(1.0, remaining=0.0)

    @staticmethod
    def evaluate(
        dataset: "xarray.Dataset",
        parameters: Mapping[str, float | str | None],
        data: Mapping[str, Any],
    ) -> Evaluation:
        """Obtain the hardness from the depths: see `testbed.evaluation.rockwell`."""
        return evaluate_rockwell(dataset, parameters, data)

    @property
    def _number(self) -> int:
        on_block = 0 if self.block_hardness is None else round(self.block_count)
        return on_block + round(self.count)

    @property
    def _data(self) -> Mapping[str, Any]:
        return method_data("testbed.methods", self.id, self.version)

    @property
    def _scale(self) -> Mapping[str, Any]:
        scale: Mapping[str, Any] = self._data["scales"][self.scale]
        return scale

    def _indent(self, run: RunContext, count: int, *, on_block: bool) -> Floats:
        """Have indentations made and record what the operator reads; gives their depths [mm]."""
        before = 0 if on_block else self._number - round(self.count)
        depths = []
        for number in range(before + 1, before + count + 1):
            hardness, depth = self._read(run, number - before, count)
            run.record(
                indentation=float(number),
                hardness_number=hardness,
                depth=depth,
                on_block=float(on_block),
            )
            depths.append(depth)
            run.progress(number / self._number)
        return np.array(depths)

    def _read(self, run: RunContext, number: int, count: int) -> tuple[float, float]:
        """Ask for one indentation; gives its hardness and depth [mm]."""
        deepest = depth_of(0.0, self._scale)
        if self.reading == "depth":
            depth = run.ask_number(
                "prompt.iso-6508-1.depth", "mm", low=0.0, high=deepest, number=number, count=count
            )
            return float(rockwell_hardness(np.array([depth]), self._scale)[0]), depth
        hardness = run.ask_number(
            "prompt.iso-6508-1.hardness",
            "1",
            low=0.0,
            high=float(self._scale["number"]),
            number=number,
            count=count,
            scale=self.scale,
        )
        return hardness, depth_of(hardness, self._scale)
