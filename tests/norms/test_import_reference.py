"""Files of other machines, imported by a mapping, give what their sources publish.

Sources: tin-/tckit (MIT), bezborodow/stress-strain (public domain), lucasguesserts/
mechanical_testing (MIT), DuncanWilliamGibbons/tensile-analyzer (MIT), NASA Ames battery ageing
set; figures from ``reference/SOURCES.md``.
"""

import json
import math
from datetime import UTC, datetime

import pytest

import runs
from testbed.adapters.methods import installed_methods
from testbed.domain.conformity import Outcome
from testbed.evaluation.logged_dwell import dwells, judge_dwell, ramps
from testbed.services.import_mapping import read_mapping
from testbed.services.importing import ImportWish, import_run
from tests.norms.reference import reference

LOG = ("thermal", "hp3458abx_hp34420a_tcsweep_1vdc_nplc100_test2_oct2024.dsv")
NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)

CLIMATE = """
method = "iec-60068-2-2"

[time]
column = "date"
format = "%d/%m/%Y-%H:%M:%S"

[channels.specimen_temperature]
column = 8
unit = "degC"
offset = "1.0 K"
reason = "the author's correction of the sensor"

[channels.air_temperature]
column = 28
unit = "degC"

[channels.set_point]
column = 31
unit = "degC"

[channels.sensor_voltage]
column = 14
unit = "V"

[parameters]
temperature = 35
duration = "2.5 h"

[dwells]
set_point = "set_point"
judged = "specimen_temperature"
control = "air_temperature"
tolerances = ["2 K", 1.0]
at = 35
before = "heat"
during = "condition"
after = "recover"
"""

INSTRON = """
method = "iso-6892-1"
[time]
started = 2020-01-01T00:00:00Z
[channels.force]
column = "Load"
[channels.extension]
column = "Tensile strain (Strain 1)"
scale = "50 mm"
reason = "strain over the gauge length"
[channels.travel]
column = "Extension"
[parameters]
s0 = { label = "Specimen properties : Area" }
l0 = { label = "Specimen properties : Length" }
"""

SI = """
method = "iso-6892-1"
[time]
started = 2020-01-01T00:00:00Z
[channels.force]
column = "force"
unit = "N"
[channels.extension]
column = 1
unit = "m"
[channels.travel]
column = 1
unit = "m"
[parameters]
s0 = 78.53981633974483
l0 = "75 mm"
"""

CELL = """
method = "iec-61960-3"
[time]
column = "time_s"
started = 2008-01-01T00:00:00Z
[channels.current]
column = "current_measured_A"
unit = "A"
scale = -1
reason = "positive where it leaves the cell"
[channels.voltage]
column = 1
unit = "V"
[extra.cell_temperature]
column = "temperature_measured_C"
unit = "degC"
[parameters]
rated_capacity = "2 Ah"
end_voltage = "2700 mV"
"""


def take(parts, text, directory, **changes):
    mapping = read_mapping(text)
    wish = ImportWish(
        source=reference(*parts),
        mapping=mapping,
        method=installed_methods()[mapping.method],
        given={},
        person="Tester",
        **changes,
    )
    return import_run(wish, lambda number: directory / f"{number}.h5", now=NOW)


def by_code(report):
    return {finding.code: finding.values for finding in report.findings}


@pytest.fixture(scope="module")
def climate(tmp_path_factory):
    return take(LOG, CLIMATE, tmp_path_factory.mktemp("climate"))


def test_the_dwells_and_ramps_of_the_log_are_found(climate):
    with runs.open(climate.path, decode_times=False) as run:
        found = dwells(run.time.to_numpy(), run.set_point.to_numpy())
    assert [round(each.set_point) for each in found] == [23, 35, 23, 18]
    minutes = [each.duration / 60.0 for each in found]
    assert minutes == pytest.approx([167.4, 167.1, 334.9, 167.8], abs=0.06)
    rates = [each.rate for each in ramps(found)]
    assert rates == pytest.approx([0.0269, -0.0268, -0.0112], abs=0.00005)


def test_the_dwells_pass_two_kelvin_and_fail_one_kelvin_at_35_degrees_only(climate):
    wide, narrow = climate.dwells[:4], climate.dwells[4:]
    largest = [each.largest for each in wide]
    assert largest == pytest.approx([0.055, 1.062, 0.406, 0.391], abs=0.0006)
    assert [each.tolerance for each in climate.dwells] == [2.0] * 4 + [1.0] * 4
    assert {each.outcome for each in wide} == {Outcome.PASS}
    assert [each.outcome for each in narrow] == [
        Outcome.PASS, Outcome.FAIL, Outcome.PASS, Outcome.PASS,
    ]  # fmt: skip
    assert all(each.unknown == 0.0 for each in climate.dwells)


def test_judged_by_the_control_sensor_alone_it_would_wrongly_pass(climate):
    with runs.open(climate.path, decode_times=False) as run:
        time, air = run.time.to_numpy(), run.air_temperature.to_numpy()
        found = dwells(time, run.set_point.to_numpy())
    judged = [judge_dwell(each, time, air, tolerance=1.0, longest=63.0) for each in found]
    assert {each.outcome for each in judged} == {Outcome.PASS}
    told = by_code(climate)["dwell-control-would-pass"]
    assert (told["set_point"], told["tolerance"]) == (35.0, 1.0)


def test_the_sentinels_of_the_first_row_are_named_wherever_they_stand(climate):
    named = {
        (f.values["column"], f.values["value"], f.values["where"])
        for f in climate.findings
        if f.code.startswith("import-sentinel")
    }
    assert named == {
        ("vbl1", -1e38, "line 2"), ("vbl2", -1e38, "line 2"), ("vbl3", -1e38, "line 2"),
        ("vbl6", 9.9e37, "line 2"),
    }  # fmt: skip
    with runs.open(climate.path) as run:
        assert math.isnan(run.sensor_voltage[0])
        assert not run.sensor_voltage[1:].isnull().any()


def test_the_method_judges_the_dwell_at_its_severity_from_the_sealed_run(climate):
    assert runs.verify(climate.path).ok
    values = {row.measurand: row for row in climate.judgements}
    assert values["dwell"].value == pytest.approx(167.13 / 60.0, abs=0.001)
    assert values["max_deviation"].value == pytest.approx(1.0625, abs=1e-9)
    assert climate.outcome is Outcome.PASS
    method = installed_methods()["iec-60068-2-2"]
    with runs.open(climate.path, decode_times=False) as run:
        from testbed.procedure import method_data

        data = method_data("testbed.methods", method.id, method.version)
        assert method.evaluate(run.load(), climate.parameters, data) == climate.evaluation


def test_the_origin_is_on_record(climate):
    found = runs.describe(climate.path).attributes
    assert found["origin_file"] == LOG[1]
    assert found["origin_person"] == "Tester"
    assert found["origin_imported"] == NOW.isoformat()
    assert len(str(found["origin_sha256"])) == 64
    assert found["param_temperature"] == 35.0
    codes = {each["code"] for each in json.loads(str(found["origin_findings"]))}
    assert {"import-sentinel", "import-sentinel-beside", "dwell-control-would-pass"} <= codes
    with runs.open(climate.path) as run:
        sensor = run.specimen_temperature.attrs
        assert (sensor["origin_column"], sensor["origin_offset"]) == ("val8", 1.0)
        assert "correction" in sensor["origin_reason"]


def test_the_stale_area_of_al5005_is_named_with_its_size_and_what_would_fit(tmp_path):
    report = take(("tensile", "bezborodow", "Al5005.csv"), INSTRON, tmp_path)
    told = by_code(report)["derived-stale"]
    assert (told["column"], told["parameter"], told["value"]) == ("Tensile stress", "s0", 35.7)
    assert told["percent"] == pytest.approx(0.84, abs=0.005)
    assert told["fits"] == pytest.approx(36.0, abs=0.002)
    assert report.evaluation.values["rm"].value == pytest.approx(200.09, abs=0.02)


def test_the_stress_of_st1594_is_its_force_over_its_area(tmp_path):
    report = take(("tensile", "bezborodow", "St1594.csv"), INSTRON, tmp_path)
    ours = [f.code for f in report.findings if f.code.startswith(("import", "derived"))]
    assert ours == []
    assert report.evaluation.values["rm"].value == pytest.approx(497.0183, abs=0.02)


def test_the_check_of_a_crosshead_modulus_fires_and_no_other(tmp_path):
    name = "tensile_steel_1045{}.csv"
    crosshead = ("tensile", "lucasguesserts", name.format("_deformation_using_machine"))
    report = take(crosshead, SI, tmp_path)
    assert "modulus-from-crosshead" in by_code(report)
    assert report.evaluation.values["e_modulus"].reason == "reason.crosshead"
    sound = take(("tensile", "lucasguesserts", name.format("")), SI, tmp_path)
    assert "modulus-from-crosshead" not in by_code(sound)
    # Taken for kilonewtons and metres the modulus is one of no metal at all.
    wrong = SI.replace('unit = "N"', 'unit = "kN"')
    told = by_code(take(("tensile", "lucasguesserts", name.format("")), wrong, tmp_path / "kN"))
    assert "÷ 1000" in told["import-modulus"]["change"]


@pytest.mark.parametrize(
    ("name", "capacity"),
    [
        ("B0029_cycle001_discharge.csv", 1.697507332205763),
        ("B0029_cycle003_discharge.csv", 1.844701206961174),
        ("B0029_cycle005_discharge.csv", 1.8254376674722927),
    ],
)
def test_a_discharge_of_a_cycler_has_its_published_capacity(tmp_path, name, capacity):
    text = CELL.replace('"2 Ah"', '"20 Ah"')  # 4 A are 0.2 of that
    report = take(("battery", name), text, tmp_path)
    # The published figure also counts the ammeter's noise before the load was switched on.
    assert report.evaluation.values["capacity"].value == pytest.approx(capacity, rel=1e-5)
    assert not [f for f in report.findings if f.code.startswith(("import", "derived"))]
