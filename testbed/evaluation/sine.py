"""A sine in a record of samples: frequency, amplitude, offset and what is left over."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Sine", "fit_sine"]

Floats = NDArray[np.float64]
_STEPS = 20
_ENOUGH = 1e-12  # relative change of the frequency


@dataclass(frozen=True, slots=True)
class Sine:
    """What a fit has found.

    Attributes
    ----------
    frequency
        [1/unit of time].
    amplitude
        Half of peak to peak [unit of the samples].
    offset
        [unit of the samples].
    residual
        Standard deviation of what is left over [unit of the samples].
    """

    frequency: float
    amplitude: float
    offset: float
    residual: float


def fit_sine(times: Floats, values: Floats) -> Sine | None:
    """Fit a sine with four parameters by least squares; None where there is none to be found.

    Parameters
    ----------
    times
        Equidistant, ascending.

    References
    ----------
    IEEE Std 1057, four-parameter least-squares fit to sine-wave data by matrix operations.
    """
    span = float(times[-1] - times[0]) if len(times) > 4 else 0.0
    if span <= 0.0 or not np.isfinite(values).all() or np.ptp(values) == 0.0:
        return None
    # In units of the record's length all columns of the matrix are of like size.
    place = (times - times[0]) / span
    turns = _loudest(values)
    cosine = sine = offset = 0.0
    for step in range(_STEPS):
        angle = 2.0 * np.pi * turns * place
        columns = [np.cos(angle), np.sin(angle), np.ones_like(place)]
        if step:
            columns.append(2.0 * np.pi * place * (sine * columns[0] - cosine * columns[1]))
        found, *_ = np.linalg.lstsq(np.column_stack(columns), values, rcond=None)
        cosine, sine, offset = (float(each) for each in found[:3])
        if step:
            turns += float(found[3])
            if abs(found[3]) <= _ENOUGH * abs(turns):
                break
    angle = 2.0 * np.pi * turns * place
    rest = values - (cosine * np.cos(angle) + sine * np.sin(angle) + offset)
    return Sine(turns / span, float(np.hypot(cosine, sine)), offset, float(rest.std()))


def _loudest(values: Floats) -> float:
    """Find the strongest line of a record, in periods over its length."""
    count = len(values)
    spectrum = np.abs(np.fft.rfft((values - values.mean()) * np.hanning(count)))
    peak = int(spectrum[1:].argmax()) + 1
    shift = 0.0
    if 1 < peak < len(spectrum) - 1:
        below, at, above = np.log(np.maximum(spectrum[peak - 1 : peak + 2], 1e-300))
        bend = below - 2.0 * at + above
        shift = 0.5 * float(below - above) / float(bend) if bend else 0.0
    # From the first sample to the last there is one step less than samples.
    return (peak + shift) * (count - 1) / count
