"""Records that are no tensile test: every value says why there is none, and nothing raises."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from testbed.domain.conformity import Outcome
from testbed.evaluation import judge
from testbed.methods.iso_6892_1 import TensileTest
from tests.testbed.evaluation.curves import bilinear, codes, evaluate, record

ALL = set(TensileTest.declared_measurements())


def assert_all_told(evaluation):
    assert set(evaluation.values) == ALL
    for name, got in evaluation.values.items():
        assert (got.value is None) == bool(got.reason), name
        assert got.value is None or np.isfinite(got.value), name


@pytest.mark.parametrize(
    ("force", "extension"),
    [
        ([], []),
        ([1.0, 2.0, 3.0], [0.1, 0.2, 0.3]),
        ([0.0] * 50, [0.0] * 50),
        ([np.nan] * 50, [np.nan] * 50),
        ([-5.0] * 50, [0.1] * 50),
        (np.linspace(0, 100, 50), [0.0] * 50),
        (np.linspace(0, 100, 50), [np.nan] * 50),
        ([500.0] * 50, np.linspace(0, 1, 50)),
        (np.linspace(100, 0, 50), np.linspace(0, 1, 50)),
    ],
    ids=[
        "empty",
        "three",
        "zeros",
        "nan",
        "compression",
        "no-extension",
        "nan-extension",
        "flat",
        "falling",
    ],
)
def test_a_record_that_is_no_test_gives_reasons(force, extension):
    assert_all_told(evaluate(record(force, extension)))


def test_an_empty_record_fails_the_required_measurements():
    outcome, rows = judge(TensileTest, evaluate(record([], [])), ())
    assert outcome is Outcome.FAIL
    assert {r.measurand for r in rows if r.outcome is Outcome.FAIL} == {"rm", "fm"}


def test_rows_that_are_not_numbers_are_left_out_and_told():
    stress, strain, truth = bilinear()
    force, extension = stress * 40.0, strain * 50.0
    force[100], extension[200] = np.nan, np.inf
    found = evaluate(record(force, extension))
    assert found.values["rp02"].value == pytest.approx(truth, rel=1e-3)
    assert "rows-unusable" in codes(found)


def test_rows_of_one_instant_and_out_of_order_are_accepted():
    stress, strain, truth = bilinear()
    time = np.repeat(np.arange(len(stress) // 2 + 1) * 0.1, 2)[: len(stress)]
    turned = np.r_[np.arange(2000, len(stress)), np.arange(2000)]
    ordered = record(stress * 40.0, strain * 50.0, time=time)
    found = evaluate(ordered.isel(time=turned))
    assert found.values["rp02"].value == pytest.approx(truth, rel=1e-3)


def test_a_length_after_fracture_below_the_original_is_refused():
    stress, strain, _ = bilinear()
    found = evaluate(record(stress * 40.0, strain * 50.0), lu=45.0)
    assert found.values["a"].reason == "reason.lu-below-l0"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(
            st.floats(-1e5, 1e5) | st.just(float("nan")),
            st.floats(-10, 100) | st.just(float("nan")),
        ),
        max_size=60,
    )
)
def test_no_record_makes_the_evaluation_raise(rows):
    force = [r[0] for r in rows]
    extension = [r[1] for r in rows]
    assert_all_told(evaluate(record(force, extension)))
