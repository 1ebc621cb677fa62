"""Printed models are computed as they are meant, and nothing else is."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from testbed.evaluation.orthogonal import widen
from testbed.validation.formula import read_formula

numbers = st.floats(0.1, 3.0)

# Model texts in the forms of the NIST StRD headers, beside what they mean.
PRINTED = [
    ("y = b1*(1-exp[-b2*x])  +  e", lambda x, b, c: b * (1 - math.exp(-c * x))),
    ("y = b1 * (1-(1+2*b2*x)**(-.5))  +  e", lambda x, b, c: b * (1 - (1 + 2 * c * x) ** -0.5)),
    ("y  = b1*x**b2  +  e", lambda x, b, c: b * x**c),
    ("y = (b1/b2) * exp[-0.5*((x-b1)/b2)**2]  +  e",
     lambda x, b, c: b / c * math.exp(-0.5 * ((x - b) / c) ** 2)),
    ("y = b1 * exp( -(x-b2)**2 / b1**2 ) + e",
     lambda x, b, c: b * math.exp(-((x - c) ** 2) / b**2)),
    ("y = b1 / ((1+exp[b2-b1*x])**(1/b2))  +  e",
     lambda x, b, c: b / (1 + math.exp(c - b * x)) ** (1 / c)),
    ("y = (b1 + b2*x + b1*x**2) /\n      (1 + b2*x + b1*x**2)  +  e",
     lambda x, b, c: (b + c * x + b * x**2) / (1 + c * x + b * x**2)),
    ("pi = 3.141592653589793238462643383279E0\n y =  b1 - arctan[b2/(x+b1)]/pi  +  e",
     lambda x, b, c: b - math.atan(c / (x + b)) / math.pi),
    ("y = b1*cos( 2*pi*x/12 ) + b2*sin( 2*pi*x/b1 )\n   + b2  + e",
     lambda x, b, c: b * math.cos(2 * math.pi * x / 12) + c * math.sin(2 * math.pi * x / b) + c),
    ("y = b1*{x + ln(b2)} - log[x]*sqrt(b1)",
     lambda x, b, c: b * (x + math.log(c)) - math.log(x) * math.sqrt(b)),
]  # fmt: skip


@pytest.mark.parametrize(("text", "meant"), PRINTED)
@given(x=numbers, b=numbers, c=numbers)
def test_a_printed_model_is_computed_as_it_is_meant(text, meant, x, b, c):
    formula = read_formula(text)
    assert formula.names == {"x", "b1", "b2"}
    got = formula.predict({"x": widen([x]), "b1": np.longdouble(b), "b2": np.longdouble(c)})
    assert float(got[0]) == pytest.approx(meant(x, b, c), rel=1e-12, abs=1e-13)


def test_the_response_may_be_a_function_of_what_was_measured():
    formula = read_formula("log[y] = b1 - b2*x1 * exp[-b3*x2]  +  e")
    assert formula.names == {"b1", "b2", "b3", "x1", "x2"}
    assert float(formula.respond({"y": widen(7.0)})) == pytest.approx(math.log(7.0))


@given(st.integers(2, 9), numbers)
def test_terms_left_out_are_written_out(last, x):
    formula = read_formula(f"y = B0 + B1*x + B2*(x**2) + ... + B{last + 2}*(x**{last + 2}) + e")
    values = {f"B{k}": np.longdouble(1.0) for k in range(last + 3)}
    assert formula.names == values.keys() | {"x"}
    got = formula.predict({**values, "x": widen(x)})
    assert float(got) == pytest.approx(sum(x**k for k in range(last + 3)), rel=1e-13)


def test_decimals_are_those_that_are_printed():
    got = read_formula("y = 0.1 * b1").predict({"b1": np.longdouble(1.0)})
    assert got == np.longdouble("0.1")


@pytest.mark.parametrize(
    "text",
    [
        "y = __import__('os').system('true')",
        "y = (1).__class__",
        "y = b1[0]",
        "y = [b1, b2]",
        "y = open(b1)",
        "y = exp(b1, b2)",
        "y = exp(x=b1)",
        "y = lambda: b1",
        "y = b1 if b2 else x",
        "y = b1 and b2",
        "y = b1 < b2",
        "y = 'text' * 3",
        "y = True + b1",
        "y = (b1 := 3)",
        "y = b1 // b2",
        "y = b1 +",
        "y = b1 b2",
        "y = " + "-" * 500 + "b1",
        "y = b1\nz = b2",
        "3 Parameters",
        "",
        "y = B1*x + ... + B9*x*z",
        "y = B2*x2 + ... + B1*x1",
    ],
)
def test_what_is_no_printed_model_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        read_formula(text)


def test_a_name_without_a_value_is_refused():
    with pytest.raises(ValueError, match="nothing is known of b2"):
        read_formula("y = b1 + b2").predict({"b1": np.longdouble(1.0)})
