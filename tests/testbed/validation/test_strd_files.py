"""Made-up files in the layouts of NIST StRD: read by their headers, judged by their figures."""

import pytest

from testbed.validation.strd import cases
from testbed.validation.strd_file import AnovaSet, CurveSet, LinearSet, UnivariateSet, read_strd

UNIVARIATE = """Dataset Name:  Made
Stat Category: Univariate
Data:          Constructed
               3 Observations
                                            Certified Values
Sample Mean                                ybar:   10000002       (exact)
Sample Standard Deviation (denom. = n-1)      s:   1              (exact)
Sample Autocorrelation Coefficient (lag 1) r(1):  -0.5            (exact)

Number of Observations:                             3

Data: Y
-------------
10000001
10000003
10000002
"""

# Sums of squares of groups (1 2 3), (2 3 4): between 1.5, within 4.
ANOVA = """NIST/ITL StRD
Procedure:      Analysis of Variance
Data:           1 Factor
                2 Treatments
                3 Replicates/Cell
                6 Observations
Certified Values:

Source of                  Sums of               Mean
Variation          df      Squares              Squares             F Statistic

Between Treatment   1 1.50000000000000E+00 1.50000000000000E+00 1.50000000000000E+00
Within Treatment    4 4.00000000000000E+00 1.00000000000000E+00

                  Certified R-Squared 2.72727272727273E-01

                  Certified Residual
                  Standard Deviation  1.00000000000000E+00

Data:
{data}
"""
TABLE = """   Treatment
 1                2

 1000000000001.1  1000000000002.1
 1000000000002.1  1000000000003.1
 1000000000003.1  1000000000004.1"""
LIST = "Treatment Response\n 1 1.1\n 1 2.1\n 1 3.1\n 2 2.1\n 2 3.1\n 2 4.1"

# y = 1 + 1.9 x + (0.5, -0.5, -0.5, 0.5), which stands at right angles to 1 and x: all else by hand.
LINEAR = """NIST/ITL StRD
Procedure:     Linear Least Squares Regression
Data:          1 Response Variable (y)
               4 Observations
Model:         Linear Class
               2 Parameters (B0,B1)

               y = B0 + B1*x + e

               Certified Regression Statistics

        B0                  1.0                 0.591607978309962
        B1                  1.9                 0.316227766016838

     Residual
     Standard Deviation   0.707106781186548

     R-Squared            0.947506561679790

Regression    1     18.05     18.05    36.1
Residual      2     1.0       0.5

Data:       y        x
            1.5      0
            2.4      1
            4.3      2
            7.2      3
"""

CURVE = """NIST/ITL StRD
Procedure:     Nonlinear Least Squares Regression
Data:          4 Observations
Model:         Exponential Class
               2 Parameters (b1 and b2)

               y = b1*exp[-b2*x]  +  e

          Starting values                  Certified Values

        Start 1     Start 2           Parameter     Standard Deviation
  b1 =   {first}       3            4.0000000000E+00  0.0000000000E+00
  b2 =   0.1           1            {rate}  0.0000000000E+00

Residual Sum of Squares:                    0.0000000000E+00
Residual Standard Deviation:                0.0000000000E+00
Number of Observations:                            4

Data:  y               x
       4.0E0          0.0E0
       2.0E0          1.0E0
       1.0E0          2.0E0
       0.5E0          3.0E0
"""
CURVED = CURVE.format(first="2", rate="6.9314718056E-01")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "nist_strd").mkdir()

    def put(text, name="Made"):
        path = tmp_path / "nist_strd" / f"{name}.dat"
        path.write_text(text, encoding="utf-8")
        return path

    put.cases = lambda: list(cases(tmp_path))
    return put


def test_readings_are_read_and_judged(folder):
    assert isinstance(read_strd(folder(UNIVARIATE)), UnivariateSet)
    assert [case.holds for case in folder.cases()] == [True] * 3


@pytest.mark.parametrize("data", [TABLE, LIST])
def test_groups_are_read_as_a_table_or_as_a_list(folder, data):
    read = read_strd(folder(ANOVA.format(data=data)))
    assert isinstance(read, AnovaSet)
    assert [len(group) for group in read.groups] == [3, 3]
    assert [case.holds for case in folder.cases()] == [True] * 9


@pytest.mark.parametrize("data", [TABLE + "\n 1 2", LIST[:-6], LIST + "\n 3 1.0", "nothing"])
def test_groups_that_are_not_those_of_the_header_do_not_hold(folder, data):
    folder(ANOVA.format(data=data))
    (case,) = folder.cases()
    assert not case.holds
    assert case.source == "NIST StRD Made"


def test_a_curve_is_found_from_each_start(folder):
    read = read_strd(folder(CURVED))
    assert isinstance(read, CurveSet)
    assert read.starts == 2
    found = folder.cases()
    assert [case.holds for case in found] == [True] * 12
    assert {case.source.split(", ")[1] for case in found} == {"start 1", "start 2"}


def test_a_certified_value_that_is_not_reached_does_not_hold(folder):
    folder(CURVE.format(first="2", rate="6.9324718056E-01"))
    missed = [case.source for case in folder.cases() if not case.holds]
    assert missed == ["NIST StRD Made, start 1, b2", "NIST StRD Made, start 2, b2"]


def test_a_start_from_which_nothing_is_found_is_named_and_the_other_is_still_judged(folder):
    # With a factor of exp[-9999 x] no parameter moves the model at any x but 0.
    text = CURVED.replace("exp[-b2*x]", "exp[-b2*x]*exp[-9999*x*x]")
    folder(text)
    found = folder.cases()
    assert [case.source for case in found] == [f"NIST StRD Made, start {n}" for n in (1, 2)]
    assert not any(case.holds for case in found)
    assert "no minimum found" in found[0].obtained


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no procedure"),
        ("Procedure:   Markov Chain Monte Carlo\n", "no procedure"),
        (CURVED.replace("2 Parameters", "3 Parameters"), "2 parameters certified, 3"),
        (CURVED.replace("exp[-b2*x]", "exp[-x]"), "the model is without b2"),
        (CURVED.replace("exp[-b2*x]", "open('b2')"), "no arithmetic"),
        (CURVED.replace("       1.0E0          2.0E0\n", ""), "3 rows of .2. numbers, 4"),
        (CURVED.replace("1.0E0          2.0E0", "1.0E0"), "rows of .1, 2. numbers"),
        (CURVED.replace("Residual Sum", "Sum"), "not found in the header"),
        (UNIVARIATE.replace("10000003", "1.0.3"), "1 rows"),
        (UNIVARIATE.replace("Observations", ""), "no number of observations"),
    ],
)
def test_a_file_that_cannot_be_read_does_not_hold_and_says_why(folder, text, why):
    folder(UNIVARIATE, "Good")
    folder(text, "Odd")
    odd = [case for case in folder.cases() if case.source == "NIST StRD Odd"]
    assert len(odd) == 1
    assert not odd[0].holds
    with pytest.raises(ValueError, match=why):
        read_strd(folder(text, "Odd"))
    assert len(folder.cases()) == 4


def test_a_straight_line_is_judged_as_regression_and_as_the_line_of_the_methods(folder):
    read = read_strd(folder(LINEAR))
    assert isinstance(read, LinearSet)
    assert [parameter.name for parameter in read.parameters] == ["B0", "B1"]
    found = folder.cases()
    assert [case.holds for case in found] == [True] * 16
    assert sum(case.source.endswith("of a line") for case in found) == 3


def test_a_reading_that_is_another_does_not_hold(folder):
    folder(LINEAR.replace("4.3 ", "4.30001 "))
    assert [case.holds for case in folder.cases()].count(True) == 2  # the degrees of freedom


def test_an_infinite_f_is_judged_by_its_inverse(folder):
    exact = LINEAR.replace("1.5 ", "1.0 ").replace("2.4 ", "2.9 ").replace("4.3 ", "4.8 ")
    text = exact.replace("7.2 ", "6.7 ").replace("36.1", "Infinity")
    folder(text)
    (case,) = [case for case in folder.cases() if "F statistic" in case.source]
    assert (case.published, case.holds) == ("Infinity", True)


def test_an_infinite_f_does_not_hold_where_it_is_finite(folder):
    folder(LINEAR.replace("36.1", "Infinity"))
    assert [case.source for case in folder.cases() if not case.holds] == [
        "NIST StRD Made, F statistic (its inverse)"
    ]


def test_where_there_is_no_folder_there_are_no_cases(tmp_path):
    assert list(cases(tmp_path)) == []
