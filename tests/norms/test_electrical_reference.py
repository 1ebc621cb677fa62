"""Published values of an inverter, a cell's impedance and a voltmeter's temperature coefficients.

pvlib-python `inverter_fit_snl_*` (BSD-3), impedance.py `exampleData.csv` (MIT), tin-/tckit log of
October 2024 (MIT): origins and printed values are on the SOURCES page of the reference folder.
"""

import pytest

from testbed.validation.electrical import impedance, inverter, temperature_coefficient
from tests.norms.reference import reference

ANY_FILE = {
    inverter: ("inverter", "inverter_fit_snl_meas.csv"),
    impedance: ("eis", "exampleData.csv"),
    temperature_coefficient: (
        "thermal",
        "hp3458abx_hp34420a_tcsweep_1vdc_nplc100_test2_oct2024.dsv",
    ),
}
COUNTS = {inverter: 19, impedance: 10, temperature_coefficient: 7}


@pytest.mark.parametrize("section", ANY_FILE, ids=lambda section: section.__name__)
def test_every_published_value_is_obtained(section):
    folder = reference(*ANY_FILE[section]).parents[1]
    cases = list(section(folder))
    assert len(cases) == COUNTS[section]
    assert [case for case in cases if not case.holds] == []


@pytest.mark.parametrize("section", ANY_FILE, ids=lambda section: section.__name__)
def test_a_folder_without_the_data_has_no_cases(section, tmp_path):
    assert list(section(tmp_path)) == []
