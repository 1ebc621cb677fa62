"""Regression, integration, rounding and judgement that several methods need."""

from testbed.evaluation.integration import trapezoid
from testbed.evaluation.judgement import judge
from testbed.evaluation.regression import Line, fit_line, fit_linear
from testbed.evaluation.rounding import round_to

__all__ = ["Line", "fit_line", "fit_linear", "judge", "round_to", "trapezoid"]
