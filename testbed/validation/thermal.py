"""Dwells of a log of 38 h from an air bath, judged on the sensor of the device under test."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from testbed.domain.conformity import Outcome
from testbed.evaluation.logged_dwell import dwells, judge_dwell, ramps
from testbed.validation.cases import Case
from testbed.validation.measured import columns_of

__all__ = ["thermal"]

_LOG = Path("thermal/hp3458abx_hp34420a_tcsweep_1vdc_nplc100_test2_oct2024.dsv")
_SPECIMEN, _CONTROL, _SET_POINT = 8, 28, 31
_SHIFT = 1.0  # [K] that the author adds to the sensor of the specimen
_GAP = 63.0  # [s]: three of the log's periods
_MINUTE = 60.0
# Set-point [degC], duration [min], largest deviation [K].
_DWELLS = (
    (23, "167.4", "0.055"),
    (35, "167.1", "1.062"),
    (23, "334.9", "0.406"),
    (18, "167.8", "0.391"),
)
_RAMPS = ("0.0269", "-0.0268", "-0.0112")  # [K/min]


def thermal(reference: Path) -> Iterator[Case]:
    """Hold the evaluation of logs against durations and deviations that were read off by hand."""
    path = reference / _LOG
    if not path.is_file():
        return
    lines = path.read_text(encoding="utf-8").splitlines()[1:]
    # The log names no zone; only differences are taken.
    stamps = [_read(line.split(";", 1)[0]) for line in lines]
    time = np.array([(stamp - stamps[0]).total_seconds() for stamp in stamps])
    specimen, control, set_point = columns_of(path, (_SPECIMEN, _CONTROL, _SET_POINT), ";")
    specimen = specimen + _SHIFT
    found = dwells(time, set_point)
    for dwell, (at, minutes, largest) in zip(found, _DWELLS, strict=True):
        where = f"air bath, dwell at {at} °C"
        wide, narrow, led = (
            judge_dwell(dwell, time, value, tolerance=tolerance, longest=_GAP)
            for value, tolerance in ((specimen, 2.0), (specimen, 1.0), (control, 1.0))
        )
        # A log of one row each 21 s tells a duration to about that.
        yield _near(f"{where}, duration [min]", minutes, (dwell.end - dwell.start) / _MINUTE, 0.4)
        yield _near(f"{where}, deviation [K]", largest, wide.largest or np.nan, 1e-3)
        yield _judged(f"{where}, ±2 K", Outcome.PASS, wide.outcome)
        expected = Outcome.FAIL if at == 35 else Outcome.PASS
        yield _judged(f"{where}, ±1 K", expected, narrow.outcome)
        # What the control sensor says is not what the device has seen.
        yield _judged(f"{where}, ±1 K on the control sensor", Outcome.PASS, led.outcome)
    for ramp, rate in zip(ramps(found), _RAMPS, strict=True):
        yield _near("air bath, ramp [K/min]", rate, ramp.rate, 1e-4)


def _read(stamp: str) -> datetime:
    return datetime.strptime(stamp, "%d/%m/%Y-%H:%M:%S").replace(tzinfo=UTC)


def _near(source: str, published: str, obtained: float, within: float) -> Case:
    off = abs(obtained - float(published))
    return Case(
        source=source,
        published=published,
        obtained=f"{obtained:.5g}",
        asked=f"within {within:g}",
        reached=f"{off:.1g}",
        holds=off <= within,
    )


def _judged(source: str, expected: Outcome, obtained: Outcome) -> Case:
    return Case(
        source=source,
        published=expected,
        obtained=obtained,
        asked="the same verdict",
        holds=obtained is expected,
    )
