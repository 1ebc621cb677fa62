"""Spectral density of a random record, and how well it is known.

The estimate is that of Welch: modified periodograms of segments that overlap by one half, under a
Hann window, averaged. What it scatters about the true density is a multiple of chi-square, whose
degrees of freedom follow from the number of segments and how much neighbours have in common.

References
----------
P. D. Welch, The use of fast Fourier transform for the estimation of power spectra, IEEE Trans.
Audio Electroacoust. AU-15 (1967) 70-73: variance of overlapped segments.
IEC 60068-2-64:2008: acceleration spectral density, statistical degrees of freedom.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from testbed.evaluation.integration import Floats

__all__ = [
    "Spectrum",
    "degrees_of_freedom",
    "finite_runs",
    "interval_db",
    "segment_length",
    "spectrum",
    "welch_ratio",
]

_OVERLAP = 0.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spectrum:
    """A one-sided spectral density, line by line.

    Attributes
    ----------
    frequencies
        Of the lines [Hz], from 0 to half the sampling rate, equally spaced.
    densities
        [unit of the record squared per Hz], not negative.
    resolution
        Distance of the lines [Hz].
    segments
        How many were averaged.
    degrees_of_freedom
        Of each line but the first and the last, which have half of them.
    """

    frequencies: Floats
    densities: Floats
    resolution: float
    segments: int
    degrees_of_freedom: float

    def effective(self, low: float, high: float) -> float:
        """Give the effective value [unit of the record] of the band from `low` to `high` [Hz].

        The density is taken as straight between lines.
        """
        inside = (self.frequencies > low) & (self.frequencies < high)
        places = np.concatenate(([low], self.frequencies[inside], [high]))
        levels = np.interp(places, self.frequencies, self.densities)
        return float(np.sqrt(np.trapezoid(levels, places)))

    def scatter(self, low: float, high: float) -> float:
        """Give the relative standard deviation [1] of `effective` by statistics.

        For Gaussian noise over a time T the mean square scatters by ∫S² df/T; its root by half
        the share.
        """
        inside = (self.frequencies >= low) & (self.frequencies <= high)
        levels = self.densities[inside]
        power = float(levels.sum())
        seconds = 0.5 * (self.segments + 1.0) / self.resolution
        if not power > 0.0:
            return 0.0
        squares = float((levels**2).sum()) / (self.resolution * seconds)
        return 0.5 * float(np.sqrt(squares)) / power


def segment_length(rate: float, resolution: float) -> int:
    """Give the samples of a segment whose lines lie no further apart than asked.

    Parameters
    ----------
    rate
        Samples per second [Hz].
    resolution
        Largest distance of two lines [Hz].

    Raises
    ------
    ValueError
        One of them is not above 0, or a segment would have fewer than eight samples.
    """
    if not (rate > 0.0 and resolution > 0.0):
        raise ValueError(f"{rate:g} Hz, lines of {resolution:g} Hz; accepted: both above 0")
    # A quotient that rounding has put just above a whole number is that number.
    count = int(np.ceil(rate / resolution * (1.0 - 1e-12)))
    count += count % 2
    if count < 8:
        raise ValueError(f"lines of {resolution:g} Hz at {rate:g} Hz; accepted: 8 samples and more")
    return count


def spectrum(records: Sequence[npt.ArrayLike], rate: float, resolution: float) -> Spectrum | None:
    """Estimate the spectral density of one or more records of the same signal.

    What is not finite is missing: segments lie wholly on either side of it, and none spans two
    records.

    Parameters
    ----------
    records
        Samples of one rate, each of any length.
    rate, resolution
        See `segment_length`.

    Returns
    -------
    Spectrum or None
        None where no run of finite samples is as long as a segment.
    """
    # Loaded with the first spectrum: its tables are slow to import.
    from scipy.signal import welch

    length = segment_length(rate, resolution)
    runs = [run for record in records for run in finite_runs(record) if len(run) >= length]
    if not runs:
        return None
    counts = [_segments(len(run), length) for run in runs]
    total = sum(counts)
    found = [
        welch(run, rate, "hann", length, int(_OVERLAP * length), detrend="constant") for run in runs
    ]
    frequencies = np.asarray(found[0][0], np.float64)
    if len(found) == 1:
        densities = np.asarray(found[0][1], np.float64)
    else:
        weighted = [each[1] * (count / total) for each, count in zip(found, counts, strict=True)]
        # Added from the smallest on, so that the order of the records leaves no trace.
        densities = np.sort(np.asarray(weighted, np.float64), axis=0).sum(axis=0)
    variance = sum((n / total) ** 2 * 2.0 / degrees_of_freedom(n, length) for n in counts)
    return Spectrum(
        frequencies=frequencies,
        densities=densities,
        resolution=rate / length,
        segments=total,
        degrees_of_freedom=2.0 / variance,
    )


def finite_runs(record: npt.ArrayLike) -> list[Floats]:
    """Cut a record at what is not finite; gives the stretches between, in their order."""
    values = np.asarray(record, np.float64)
    finite = np.isfinite(values)
    if finite.all():
        return [values] if len(values) else []
    bounds = np.flatnonzero(np.diff(np.concatenate(([False], finite, [False]))))
    return [values[first:last] for first, last in bounds.reshape(-1, 2)]


def degrees_of_freedom(segments: int, length: int) -> float:
    """Give the statistical degrees of freedom of one line.

    Parameters
    ----------
    segments
        How many were averaged, each overlapping its neighbours by one half; at least 1.
    length
        Samples of a segment.

    References
    ----------
    Welch (1967): variance over squared mean = (1/K) [1 + 2 sum_j (1 - j/K) rho_j], with rho_j the
    squared correlation of two windows j steps apart; chi-square of the same variance has twice its
    reciprocal as degrees of freedom. At one half only neighbours overlap.
    """
    common = _common(length)
    return 2.0 * segments / (1.0 + 2.0 * (1.0 - 1.0 / segments) * common)


def interval_db(freedom: float, probability: float = 0.95) -> tuple[float, float]:
    """Give the interval of the true density about its estimate [dB], lower and upper end.

    Parameters
    ----------
    freedom
        Degrees of freedom, above 0.
    probability
        That the interval holds the true density (0..1), the same on both sides.

    References
    ----------
    Estimate over truth is distributed as chi-square over its degrees of freedom: at 120 the
    interval of 95 % is -1.03 dB to +1.17 dB.
    """
    from scipy.special import chdtri

    tail = 0.5 * (1.0 - probability)
    ends = np.array([chdtri(freedom, tail), chdtri(freedom, 1.0 - tail)])
    low, high = 10.0 * np.log10(freedom / ends)
    return float(low), float(high)


def welch_ratio(samples: int = 10_000_000, times: int = 3) -> tuple[float, float]:
    """Measure `spectrum` beside `scipy.signal.welch` alone, in turns.

    Returns
    -------
    tuple
        Shortest processor time of either [s], first that of `spectrum`.
    """
    from scipy.signal import welch

    rate, resolution = 8192.0, 2.0
    record = np.random.default_rng(1).normal(size=samples)
    length = segment_length(rate, resolution)
    ours, alone = [], []
    for _ in range(times):
        began = time.process_time()
        spectrum([record], rate, resolution)
        middle = time.process_time()
        welch(record, rate, "hann", length, length // 2)
        ours.append(middle - began)
        alone.append(time.process_time() - middle)
    return min(ours), min(alone)


def _segments(samples: int, length: int) -> int:
    step = length - int(_OVERLAP * length)
    return (samples - length) // step + 1


@cache
def _common(length: int) -> float:
    """Give the squared correlation of two Hann windows that overlap by one half."""
    window = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(length) / length)
    step = length - int(_OVERLAP * length)
    both = float(window[step:] @ window[: length - step])
    return (both / float(window @ window)) ** 2
