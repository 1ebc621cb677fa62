"""Uncertainty of a mean hardness, in the unit of its scale (HV, HRC).

References
----------
ISO 6507-1, Annex D, and ISO 6508-1, Annex G: scatter of the indentations, resolution of the
reading, certified hardness of the block, and the machine as it was found on that block; a bias
that is not corrected is added to the expanded uncertainty.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from testbed.evaluation.reference_block import BlockCheck
from testbed.evaluation.uncertainty.budget import Budget
from testbed.evaluation.uncertainty.coverage import ABOUT_95
from testbed.evaluation.uncertainty.functions import Number
from testbed.evaluation.uncertainty.propagation import propagate
from testbed.evaluation.uncertainty.quantities import Input
from testbed.evaluation.uncertainty.sources import (
    certificate,
    observations,
    rectangular,
    resolution,
)
from testbed.procedure.results import Finding

__all__ = ["HardnessUncertainty", "hardness_uncertainty", "reading_step_vickers"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HardnessUncertainty:
    """The budget of a mean hardness, and what has to be added to it.

    Attributes
    ----------
    budget
        Rows `mean` (u_H), `reading` (u_ms), and `block` (u_CRM) with `machine` (u_HTM), or
        `machine` alone where no block was measured.
    bias
        That the result still carries; 0 where it was corrected, or is not known.
    """

    budget: Budget
    bias: float

    @property
    def expanded(self) -> float:
        """U = k u + |b|: what is stated beside the hardness."""
        return self.budget.expanded + abs(self.bias)

    @property
    def stated(self) -> Budget:
        """The budget with the bias added to its U and its interval, which k u_c then is not."""
        return replace(
            self.budget,
            expanded=self.expanded,
            low=self.budget.low - abs(self.bias),
            high=self.budget.high + abs(self.bias),
        )

    def findings(self) -> tuple[Finding, ...]:
        """Say so, where a bias was added."""
        return (Finding("bias-added", {"bias": abs(self.bias)}),) if self.bias else ()


def reading_step_vickers(hardness: float, diagonal: float, step: float) -> float:
    """Give the step of the hardness [HV] that one step of the diagonal [mm] makes: HV ~ 1/d²."""
    return 2.0 * hardness / diagonal * step


def hardness_uncertainty(
    values: Sequence[float],
    *,
    reading_step: float,
    unit: str,
    block: BlockCheck | None = None,
    block_expanded: float = 0.0,
    permissible_bias: float = 0.0,
    corrected: bool = False,
    probability: float = ABOUT_95,
) -> HardnessUncertainty:
    """Evaluate the uncertainty of the mean of several indentations.

    Parameters
    ----------
    values
        Hardness of each indentation, at least two.
    reading_step
        Step of the hardness that one step of the reading makes, not negative.
    unit
        Of the scale.
    block
        Check on a reference block with at least two indentations; None where there was none.
    block_expanded
        Expanded uncertainty of its certified hardness, k = 2.
    permissible_bias
        Half-width of what the bias of a verified machine may be, taken where there is no block.
    corrected
        Whether the estimate is corrected for the bias found on the block.

    Raises
    ------
    ValueError
        Fewer than two indentations, or a correction without a block.
    """
    inputs = [
        observations("mean", values, unit=unit, name="mean of the indentations"),
        resolution("reading", reading_step, unit=unit, name="resolution of the reading"),
    ]
    model: Callable[..., Number]
    if block is None:
        if corrected:
            raise ValueError("there is no block to correct by")
        inputs.append(
            rectangular(
                "machine", 0.0, permissible_bias, unit=unit, name="permissible bias of the machine"
            )
        )
        model = _without_block
    else:
        inputs += _of_block(block, block_expanded, unit, corrected=corrected)
        model = _with_block
    budget = propagate(
        model, inputs, measurand="hardness", unit=unit, probability=probability, draws=None
    )
    return HardnessUncertainty(
        budget=budget, bias=0.0 if block is None or corrected else block.bias
    )


def _of_block(block: BlockCheck, expanded: float, unit: str, *, corrected: bool) -> list[Input]:
    """Take block and machine as deviations, estimated as 0 unless the bias is corrected."""
    found = observations("machine", block.values, unit=unit)
    return [
        certificate(
            "block", 0.0, expanded, unit=unit, name="certified hardness of the reference block"
        ),
        Input(
            symbol="machine",
            unit=unit,
            estimate=block.bias if corrected else 0.0,
            uncertainty=found.uncertainty,
            kind=found.kind,
            degrees_of_freedom=found.degrees_of_freedom,
            name="bias of the machine on the block",
        ),
    ]


def _without_block(mean: Number, reading: Number, machine: Number) -> Number:
    return mean + reading - machine


def _with_block(mean: Number, reading: Number, block: Number, machine: Number) -> Number:
    # The bias is what was found on the block less what the block is: a block that is harder than
    # certified makes the machine seem too hard by as much.
    return mean + reading + block - machine
