"""The kernel against the plainest loop that says the same."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from runs.looking.pyramid import PIECE, Bins, bins_of, merge, shrink
from tests.runs.columns import noise

_FLOATS = st.sampled_from(["f2", "f4", "f8"])
_WHOLE = st.sampled_from(["i1", "u1", "i2", "u2", "i4", "i8"])


@st.composite
def samples(draw):
    if draw(st.booleans()):
        return draw(arrays(draw(_WHOLE), st.integers(0, 200)))
    dtype = draw(_FLOATS)
    width = np.dtype(dtype).itemsize * 8
    few = st.floats(allow_infinity=False, allow_nan=False, width=width) | st.just(np.nan)
    return draw(arrays(dtype, st.integers(0, 200), elements=few))


def plainly(groups) -> list[tuple[float, float, bool]]:
    found = []
    for group in groups:
        values = [value for value in group.tolist() if value == value]
        low, high = (min(values), max(values)) if values else (np.nan, np.nan)
        found.append((low, high, len(values) < len(group)))
    return found


def same(bins: Bins, groups) -> bool:
    expected = plainly(groups)
    low, high = np.array([each[0] for each in expected]), np.array([each[1] for each in expected])
    flags = [each[2] for each in expected]
    return (
        np.array_equal(bins.low, low.astype(bins.low.dtype), equal_nan=bins.low.dtype.kind == "f")
        and np.array_equal(
            bins.high, high.astype(bins.high.dtype), equal_nan=bins.high.dtype.kind == "f"
        )
        and bins.gap.tolist() == flags
    )


@given(samples(), st.integers(1, 20))
def test_a_bin_holds_the_lowest_the_highest_and_whether_there_is_a_gap(values, factor: int):
    bins = bins_of(values, factor)
    assert bins.low.dtype == bins.high.dtype == values.dtype
    assert same(bins, [values[start : start + factor] for start in range(0, len(values), factor)])


@given(samples(), st.integers(1, 20), st.integers(1, 20))
def test_bins_of_bins_are_bins_of_their_samples(values, lower: int, upper: int):
    size = lower * upper
    bins = shrink(bins_of(values, lower), upper)
    assert same(bins, [values[start : start + size] for start in range(0, len(values), size)])


@given(samples(), st.sets(st.integers(1, 199)))
def test_runs_of_any_length_are_merged(values, cuts: set[int]):
    if len(values):
        starts = np.array([0, *sorted(cut for cut in cuts if cut < len(values))])
        assert same(merge(Bins.of_raw(values), starts), np.split(values, starts[1:]))


@pytest.mark.parametrize("rows", [PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 17])
def test_pieces_of_the_cache_leave_no_seam(rows: int):
    values = noise(rows, gaps=0.001)
    values[PIECE - 1 :: PIECE] = 1e9
    values[PIECE::PIECE] = -1e9
    assert same(bins_of(values), [values[start : start + 16] for start in range(0, rows, 16)])
