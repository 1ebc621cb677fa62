"""Amplitude, flatness and frequency of a signal source from the waveforms of its output."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from testbed.evaluation.signal_budget import signal_budgets
from testbed.evaluation.sine import Sine, fit_sine
from testbed.procedure.results import Construction, Evaluation, Finding, Obtained

if TYPE_CHECKING:
    import xarray

__all__ = ["evaluate_signal_source"]

_NAMES = ("found_amplitude", "amplitude_error", "offset", "flatness", "frequency_error")


def evaluate_signal_source(
    tree: "xarray.DataTree",
    parameters: Mapping[str, float | str | None],
    data: Mapping[str, Any],
) -> Evaluation:
    """Fit a sine to each waveform.

    Parameters
    ----------
    tree
        `set_frequency` [Hz] in the main stream, and in the stream "waveform" for each of its rows
        a record of `voltage` [V] over `offset` [s].
    parameters
        `amplitude` [V], peak to peak, as it was set.
    data
        Method data of the signal source.
    """
    asked = float(parameters["amplitude"] or 0.0)
    frequencies = tree["set_frequency"].to_numpy()
    records = tree["waveform"]["voltage"].to_numpy().astype(np.float64)
    times = tree["waveform"]["offset"].to_numpy()
    if not len(records) or len(records) != len(frequencies):
        return _nothing("reason.no-waveform")
    sines: list[Sine] = []
    findings: list[Finding] = []
    for frequency, record in zip(frequencies, records, strict=True):
        sine = _sine(times, record, float(frequency), data)
        if sine is None:
            findings.append(Finding("no-sine", {"frequency": float(frequency)}))
        else:
            sines.append(sine)
    if findings:
        return _nothing("reason.no-sine", *findings)
    heights = np.array([2.0 * each.amplitude for each in sines])
    found = np.array([each.frequency for each in sines])
    values = {
        "found_amplitude": float(heights[0]),
        "amplitude_error": 100.0 * float(heights[0] / asked - 1.0),
        "offset": sines[0].offset,
        "flatness": 100.0 * float(np.abs(heights / heights[0] - 1.0).max()),
        "frequency_error": 100.0 * _largest(found / frequencies - 1.0),
    }
    rules = data.get("uncertainty")
    return Evaluation(
        values={name: Obtained(value) for name, value in values.items()},
        # Version 1 of the method stated no uncertainty.
        budgets={}
        if rules is None
        else signal_budgets(
            sines[0],
            values,
            asked=asked,
            samples=len(times),
            length=float(times[-1] - times[0]),
            rules=rules,
        ),
        constructions=(
            Construction("fitted-amplitude", tuple(map(float, frequencies)), tuple(heights)),
        ),
    )


def _sine(times: Any, record: Any, frequency: float, data: Mapping[str, Any]) -> Sine | None:  # noqa: ANN401
    """Fit one record, where it can tell a sine of about that frequency."""
    wanted, step = data["fit"], float(times[1] - times[0])
    periods = frequency * step * len(times)
    if periods < wanted["periods"] or 1.0 / (frequency * step) < wanted["samples"]:
        return None
    sine = fit_sine(times, record)
    if sine is None or 100.0 * sine.residual > wanted["residual"] * sine.amplitude:
        return None
    return sine


def _largest(errors: Any) -> float:  # noqa: ANN401
    """Give the error that is furthest from zero, with its sign."""
    return float(errors[np.argmax(np.abs(errors))])


def _nothing(reason: str, *findings: Finding) -> Evaluation:
    return Evaluation(values={name: Obtained(None, reason) for name in _NAMES}, findings=findings)
