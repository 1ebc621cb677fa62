"""Evaluation of a tensile test of metals."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray

from testbed.procedure.results import Evaluation, Obtained

__all__ = ["evaluate_tensile"]


def evaluate_tensile(
    dataset: xarray.Dataset,
    parameters: Mapping[str, float | str | None],
    data: Mapping[str, Any],
) -> Evaluation:
    """Obtain the maximum force and the tensile strength."""
    force = dataset["force"].to_numpy()
    if not np.isfinite(force).any():
        return Evaluation(values={n: Obtained(None, "reason.no-record") for n in ("fm", "rm")})
    fm = float(np.nanmax(force))
    return Evaluation(
        values={"fm": Obtained(fm), "rm": Obtained(fm / float(parameters["s0"] or 0.0))}
    )
