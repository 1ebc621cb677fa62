"""Regression, statistics, integration, rounding and judgement that several methods need."""

from testbed.evaluation.integration import trapezoid
from testbed.evaluation.judgement import judge
from testbed.evaluation.regression import (
    Line,
    Regression,
    fit_line,
    fit_linear,
    fit_polynomial,
    regress,
)
from testbed.evaluation.rounding import round_to
from testbed.evaluation.statistics import analyse_variance, describe

__all__ = [
    "Line",
    "Regression",
    "analyse_variance",
    "describe",
    "fit_line",
    "fit_linear",
    "fit_polynomial",
    "judge",
    "regress",
    "round_to",
    "trapezoid",
]
