"""What the control socket mounts in a load frame: a metal, a brittle piece, or a measured curve."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from instruments.simulators.curve import read_curve
from instruments.simulators.frame import Frame
from instruments.simulators.modelling import build
from instruments.simulators.specimen import Brittle, BrittleModel, Metal, MetalModel, Played

__all__ = ["mount_piece"]


def mount_piece(frame: Frame, request: Mapping[str, Any]) -> dict[str, object]:
    """Mount what a request describes; tells the rows of a measured curve."""
    if "csv" in request:
        curve = read_curve(
            Path(request["csv"]), request.get("columns", ""), request.get("gauge_length")
        )
        played = Played(
            time=curve.time, force=curve.force, extension=curve.extension, travel=curve.travel
        )
        frame.mount(lambda _: played)
        return {"rows": len(curve.force), "columns": dict(curve.units)}
    if "curve" in request:
        given = {
            name: None if values is None else np.asarray(values, float)
            for name, values in request["curve"].items()
        }
        piece = Played(
            time=given.get("time"),
            force=given["force"],  # type: ignore[arg-type]
            extension=given["extension"],  # type: ignore[arg-type]
            travel=given.get("travel"),
        )
        frame.mount(lambda _: piece)
        return {"rows": len(request["curve"]["force"])}
    values = dict(request.get("model", {}))
    if values.pop("kind", "metal") == "brittle":
        brittle = build(BrittleModel, values)
        frame.mount(lambda number: Brittle(brittle, seed=number))
    else:
        metal = build(MetalModel, values)
        frame.mount(lambda number: Metal(metal, seed=number))
    return {}
