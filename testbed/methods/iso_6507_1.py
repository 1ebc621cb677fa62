"""Vickers hardness of metals, ISO 6507-1:2023, with the daily check on a reference block."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from instruments.roles import HardnessTester
from testbed.evaluation.hardness import evaluate_vickers
from testbed.evaluation.integration import Floats
from testbed.evaluation.vickers import check_vickers_block
from testbed.procedure import (
    Channel,
    Choice,
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

__all__ = ["VickersHardness"]

_CLAUSE = "ISO 6507-1:2023, {}"
_LONGEST = 12 * 3600.0


class VickersHardness(Procedure):
    """Mean hardness of several indentations, on a machine that was checked on a block."""

    id = "iso-6507-1"
    version = "1"
    standard = "ISO 6507-1:2023"
    channels = (
        Channel("indentation", "1"),
        Channel("indicated_hardness", "HV", roles=("hardness",), function="hardness"),
        Channel("diagonal_1", "mm", roles=("hardness",), function="diagonal"),
        Channel("diagonal_2", "mm", roles=("hardness",), function="diagonal"),
        Channel("test_force", "N", roles=("hardness",), function="force"),
        Channel("on_block", "1"),
    )
    plots = (
        Plot("indentation", "indicated_hardness"),
        Plot("indentation", "diagonal_1"),
        Plot("indentation", "diagonal_2"),
    )

    scale = Choice(
        "HV10", "HV5", "HV20", "HV30", "HV50", "HV100", "HV3", "HV2", "HV1", "HV0.5", "HV0.3",
        "HV0.2", "HV0.1", "HV0.05", "HV0.025", "HV0.02", "HV0.015", "HV0.01",
    )  # fmt: skip
    dwell = Param("s", low=2.0, high=99.0, default=14.0)
    count = Param("1", low=3.0, high=100.0, default=5.0)
    # Steel stands for copper and its alloys as well: it decides how much room an indentation takes.
    material = Choice("steel", "light-metal")
    # Between the centres of neighbours, to the edge, and of the piece under the indentations.
    spacing = OptionalParam("mm", low=0.0, high=1000.0)
    edge = OptionalParam("mm", low=0.0, high=1000.0)
    thickness = OptionalParam("mm", low=0.0, high=1000.0)
    surface = Choice(
        "flat", "sphere-convex", "sphere-concave", "cylinder-convex", "cylinder-concave"
    )
    diameter = OptionalParam("mm", low=0.1, high=10_000.0)
    # Hardness and expanded uncertainty (k = 2) of the reference block, as certified.
    block_hardness = OptionalParam("HV", low=5.0, high=3000.0)
    block_uncertainty = OptionalParam("HV", low=0.0, high=300.0)
    block_count = Param("1", low=2.0, high=10.0, default=5.0)
    # Step of the system that measures the diagonals.
    resolution = Param("mm", low=1e-6, high=0.01, default=1e-4)

    hardness = Needs(HardnessTester)  # type: ignore[type-abstract]

    mean_hardness = Measurement("HV", symbol="HV", clause=_CLAUSE.format(4), resolution=1.0)
    hardness_range = Measurement("HV", symbol="R", clause=_CLAUSE.format(9), resolution=0.1)
    hardness_deviation = Measurement("HV", symbol="s", clause=_CLAUSE.format("D"), resolution=0.1)
    block_bias = Measurement(
        "HV", symbol="b", clause=_CLAUSE.format("C"), resolution=0.1, required=False
    )
    block_repeatability = Measurement(
        "%", symbol="rrel", clause="ISO 6507-2:2018, 5", resolution=0.01, required=False
    )

    _unfit = False

    @phase(limit=600.0)
    def prepare(self, run: RunContext) -> None:
        """Choose test force and dwell (6.1, 7.5)."""
        run.on_exit("hardness", self.hardness.make_safe)
        self.hardness.set_force(float(self._data["forces"][self.scale]))
        self.hardness.set_dwell(self.dwell)

    @phase(limit=_LONGEST)
    def check(self, run: RunContext) -> None:
        """Make indentations on the reference block; a machine that fails is not used (Annex C)."""
        if self.block_hardness is None:
            run.note("note.iso-6507-1.no-block")
            return
        run.ask(
            "prompt.iso-6507-1.block",
            "option.done",
            hardness=self.block_hardness,
            scale=self.scale,
        )
        diagonals = self._indent(run, round(self.block_count), on_block=True)
        force = float(self._data["forces"][self.scale])
        found = check_vickers_block(diagonals, self.block_hardness, force, self._data)
        self._unfit = not found.in_order
        if self._unfit:
            run.note("note.iso-6507-1.unfit", bias=found.bias, range=found.repeatability)

    @phase(limit=_LONGEST)
    def indent(self, run: RunContext) -> None:
        """Make the indentations on the test piece, unless the machine has failed its check."""
        if self._unfit:
            return
        run.ask("prompt.iso-6507-1.mount", "option.done", scale=self.scale, count=self.count)
        self._indent(run, round(self.count), on_block=False)
        run.progress(1.0, remaining=0.0)

    @staticmethod
    def evaluate(
        dataset: "xarray.Dataset",
        parameters: Mapping[str, float | str | None],
        data: Mapping[str, Any],
    ) -> Evaluation:
        """Obtain the hardness from the diagonals: see `testbed.evaluation.hardness`."""
        return evaluate_vickers(dataset, parameters, data)

    def forecast(self) -> float:
        """Add up the indentations [s]."""
        cycle = self._data["cycle"]
        return self._number * (self.dwell + float(cycle["seconds"]) + float(cycle["settling"]))

    @property
    def _number(self) -> int:
        on_block = 0 if self.block_hardness is None else round(self.block_count)
        return on_block + round(self.count)

    @property
    def _data(self) -> Mapping[str, Any]:
        return method_data("testbed.methods", self.id, self.version)

    def _indent(self, run: RunContext, count: int, *, on_block: bool) -> Floats:
        """Make and record indentations; gives their mean diagonals [mm]."""
        before = self._number - round(self.count) if not on_block else 0
        found = []
        for number in range(before + 1, before + count + 1):
            made = self.hardness.indent()
            run.sleep(float(self._data["cycle"]["settling"]))
            first, second = made.diagonals
            run.record(
                indentation=float(number),
                indicated_hardness=made.hardness,
                diagonal_1=first,
                diagonal_2=second,
                test_force=made.force,
                on_block=float(on_block),
            )
            found.append(0.5 * (first.value + second.value))
            run.progress(number / self._number)
        return np.array(found)
