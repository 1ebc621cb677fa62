"""``testbed import FILE --mapping M.toml``: what it prints, writes and refuses."""

import json
import re
import string
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

import runs as records
from runs.imports.problems import SENTENCES
from testbed.adapters.methods import installed_methods
from testbed.cli.main import main
from testbed.i18n import words
from testbed.services.import_mapping import read_mapping
from testbed.services.import_rules import Amount, MappingRefused
from testbed.services.import_units import difference_in, same_size, straight

ROOT = Path(__file__).parents[3]
HEAD = "Machine;UTM-1;\nArea;40,0;mm^2\n\n"
MAPPING = """
method = "iso-6892-1"

[origin]
maker = "Zwick"

[time]
column = "Zeit"
started = 2026-03-02T18:00:00+09:00

[channels.force]
column = "Kraft"

[channels.extension]
column = "Weg"
unit = "in"
expected = ["0 mm", "10 mm"]

[parameters]
s0 = { label = "Area" }

[limits.rm]
low = "0.2 GPa"
source = "order 7"
"""


def table(rows: int = 200, area: float = 40.0) -> str:
    """Make a bilinear tensile test of 200 GPa and 300 MPa on 40 mm2, gauge length 50 mm."""
    lines = ["Zeit [s];Kraft [kN];Weg;Spannung [MPa]"]
    for row in range(rows):
        strain = row * 5e-5
        stress = min(200e3 * strain, 300.0 + 1e3 * (strain - 0.0015))
        cells = (row * 0.5, stress * 0.04, strain * 50.0 / 25.4, stress * 40.0 / area)
        lines.append(";".join(f"{cell:.8f}".replace(".", ",") for cell in cells))
    return HEAD + "\n".join(lines) + "\n"


def call(directory: Path, *options: object, lang: str = "en", content: str = "",
         mapping: str = MAPPING, out: bool = True) -> Result:  # fmt: skip
    (directory / "zug.csv").write_text(content or table(), "utf-8")
    (directory / "m.toml").write_text(mapping, "utf-8")
    place = ("-o", directory / "run.h5") if out else ()
    arguments = ["import", directory / "zug.csv", "--mapping", directory / "m.toml"]
    typed = [str(each) for each in (*arguments, *place, *options, "--lang", lang)]
    return CliRunner().invoke(main, typed)


def test_a_machines_file_becomes_a_judged_run_with_its_origin(tmp_path: Path) -> None:
    done = call(tmp_path, "--by", "김시험", "--specimen", "S-7")
    assert done.exit_code == 0, done.output
    assert "The file has nothing of travel" in done.output
    row = next(line for line in done.output.splitlines() if line.startswith("Rm"))
    assert "≥ 200" in row
    assert row.endswith("Pass")
    assert records.verify(tmp_path / "run.h5").ok
    found = records.describe(tmp_path / "run.h5").attributes
    version = installed_methods()["iso-6892-1"].version
    assert (found["method"], found["method_version"]) == ("iso-6892-1", version)
    assert (found["origin_person"], found["origin_maker"]) == ("김시험", "Zwick")
    assert (found["specimen"], found["param_s0"]) == ("S-7", 40.0)
    assert len(str(found["origin_mapping_sha256"])) == 64
    with records.open(tmp_path / "run.h5", decode_times=False) as run:
        assert run.force.values[40] == pytest.approx(12020.0)
        assert run.extension.values[40] == pytest.approx(0.1)
        assert run.force.attrs["origin_scale"] == 1000.0
        assert run.force.attrs["origin_unit"] == "kN"


def test_without_a_place_it_lies_in_the_centre_and_a_dry_run_writes_nothing(
    tmp_path: Path,
) -> None:
    home = ("--home", tmp_path / "home")
    dry = call(tmp_path, *home, "--dry-run", out=False)
    assert dry.exit_code == 0, dry.output
    assert "Nothing was written" in dry.output
    assert not (tmp_path / "home").exists()
    done = call(tmp_path, *home, out=False)
    (file,) = (tmp_path / "home" / "runs" / "imported").iterdir()
    assert f"Run file: {file}" in done.output
    # Both tell the same findings and results.
    cut = dry.output.index("Column"), done.output.index("Column")
    ends = dry.output.index("Nothing was written"), done.output.index("Run file")
    assert dry.output[cut[0] : ends[0]] == done.output[cut[1] : ends[1]]
    again = call(tmp_path, *home, out=False)
    assert again.exit_code == 1
    assert "is there already" in again.output


def test_findings_are_a_table_in_both_languages_and_change_no_exit_code(tmp_path: Path) -> None:
    content = table(area=41.0).replace("\n10,00000000;", "\n10,10000000;")
    lines = content.splitlines()
    lines[50] = lines[50].replace(lines[50].split(";")[1], "9,9E37")
    content = "\n".join(lines)
    done = call(tmp_path, "--dry-run", content=content)
    assert done.exit_code == 0
    assert re.search(
        r"Spannung \[MPa\] +Spannung \[MPa\] is not force / s0: s0 of 40 mm2", done.output
    )
    assert "2.50 %; 41 mm2 would fit" in done.output
    assert (
        "9.9e+37 of force (Kraft [kN]) stand for no value and became gaps: line 51." in done.output
    )
    korean = call(tmp_path, "--dry-run", content=content, lang="ko")
    assert "41 mm2이면 맞습니다" in korean.output
    assert "51행" in korean.output
    assert "line 51" not in korean.output


def test_the_persons_parameters_win_over_the_mapping(tmp_path: Path) -> None:
    done = call(tmp_path, "--dry-run", "--param", "s0=41 mm2")
    assert "s0 of 41 mm2 is off by -2.44 %; 40 mm2 would fit" in done.output


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('"Kraft"', '"Krafft"'), ["'Krafft'", "Kraft [kN]"]),
        (('column = "Kraft"', "column = 9"), ["9", "0 to 3", "Kraft [kN]"]),
        (('column = "Kraft"', 'column = "Kraft"\nunit = "N"'), ["N", "kN", "Kraft [kN]"]),
        (('column = "Kraft"', 'column = "Kraft"\nunit = "mm"'), ["mm", "accepted: a unit like N"]),
        (('unit = "in"', ""), ["Weg has no unit", "accepted: one like mm"]),
        (('column = "Kraft"', 'column = "Kraft"\nscale = 2'), ["channels.force", "reason"]),
        (('column = "Kraft"', 'colum = "Kraft"'), ["channels.force.colum", "nearest: column"]),
        (("[channels.force]", "[channels.forse]"), ["forse", "nearest: force"]),
        (('{ label = "Area" }', '"40 N"'), ["N", "mm2"]),
        (('{ label = "Area" }', "-1"), ["s0", "-1", "0.01…"]),
        (('{ label = "Area" }', '{ label = "Fläche" }'), ["Fläche", "Area"]),
        (("s0 =", "s1 ="), ["s1", "nearest: s0"]),
        (("[limits.rm]", "[limits.rn]"), ["rn", "nearest: rm"]),
        (('low = "0.2 GPa"', 'low = "0.2 GPa"\nhigh = 100'), ["limits.rm"]),
        (("started = 2026", 'started = "soon" #'), ["time.started", "'soon'", "ISO 8601"]),
        (("started = 2026", '# '), ["--started"]),
        (('[origin]', '[origin'), ["no TOML"]),
        (('method = "iso-6892-1"', 'method = "iso-1"'), ["iso-1", "iso-6892-1"]),
        (('method = "iso-6892-1"', ""), ["--method", "iso-6892-1"]),
        (("[time]", "[time]\ntimezone = \"Mars\""), ["time.timezone", "Mars"]),
    ],
)  # fmt: skip
def test_a_mapping_that_does_not_fit_is_named_and_nothing_is_written(
    tmp_path: Path, change: tuple[str, str], said: list[str]
) -> None:
    mapping = MAPPING.replace(*change)
    assert mapping != MAPPING
    done = call(tmp_path, mapping=mapping)
    assert done.exit_code == 1, done.output
    for part in said:
        assert part in done.output
    assert "Traceback" not in done.output
    assert not (tmp_path / "run.h5").exists()
    korean = call(tmp_path, mapping=mapping, lang="ko")
    assert korean.exit_code == 1
    assert korean.output != done.output


def test_text_where_a_number_belongs_is_named_by_row_column_and_value(tmp_path: Path) -> None:
    content = table()
    first = content.splitlines()[30]
    content = content.replace(first, first.replace(first.split(";")[1], "viel"))
    done = call(tmp_path, content=content)
    assert done.exit_code == 1
    assert "line 31: Kraft [kN]: 'viel' is no number" in done.output
    korean = call(tmp_path, content=content, lang="ko")
    assert "31행: Kraft [kN]: 'viel'은(는) 숫자가 아닙니다" in korean.output


def test_what_the_mapping_says_is_not_said_beside_it(tmp_path: Path) -> None:
    done = call(tmp_path, "--decimal", ",")
    assert done.exit_code == 1
    assert "--decimal" in done.output
    alone = CliRunner().invoke(main, ["import", str(tmp_path / "zug.csv"), "--dry-run"])
    assert alone.exit_code == 1
    assert "--mapping" in alone.output


def test_the_two_names_of_the_command_are_one(tmp_path: Path) -> None:
    helps = [CliRunner().invoke(main, [*path, "--help"]).output for path in
             (["import"], ["runs", "import"])]  # fmt: skip
    assert helps[0].split("Options", 1)[1] == helps[1].split("Options", 1)[1]


SAFE = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.floats(allow_nan=False), SAFE),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(SAFE, inner, max_size=3)),
    max_leaves=8,
)


@given(st.dictionaries(
    st.sampled_from(["method", "file", "time", "channels", "extra", "parameters", "derived",
                     "dwells", "limits", "origin", "other"]), VALUES, max_size=4))  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_no_mapping_brings_anything_but_an_objection(values: dict[str, object]) -> None:
    try:
        read_mapping(_toml(values))
    except MappingRefused as refused:
        for objection in refused.refused.objections:
            for locale in ("ko", "en"):
                assert words(locale).objection(objection)


def _toml(values: dict[str, object]) -> str:
    def value(each: object) -> str:
        if isinstance(each, dict):
            return "{" + ", ".join(f"{json.dumps(k)} = {value(v)}" for k, v in each.items()) + "}"
        if isinstance(each, list):
            return "[" + ", ".join(value(v) for v in each) + "]"
        if isinstance(each, float):
            return repr(each)
        return '""' if each is None else json.dumps(each)

    return "\n".join(f"{key} = {value(each)}" for key, each in values.items())


@pytest.mark.parametrize(
    ("unit", "target", "at_two"),
    [
        ("kN", "N", 2000.0), ("mA", "A", 0.002), ("min", "s", 120.0), ("in", "mm", 50.8),
        ("°C", "degC", 2.0), ("C", "degC", 2.0), ("K", "degC", -271.15), ("°F", "degC", -50 / 3),
        ("F", "degC", -50 / 3), ("degC", "K", 275.15), ("%", "1", 0.02), ("kgf", "N", 19.6133),
        ("㎜", "mm", 2.0), ("mm^2", "mm2", 2.0), ("mAh", "A*h", 0.002), ("psi", "MPa", 0.01378951),
    ],
)  # fmt: skip
def test_units_are_converted_as_they_are_spelled(unit: str, target: str, at_two: float) -> None:
    line = straight(unit, target, Amount(1.0), Amount(0.0))
    assert line.scale * 2.0 + line.offset == pytest.approx(at_two, rel=1e-6, abs=1e-9)


def test_a_scale_has_a_unit_and_an_offset_is_a_difference() -> None:
    strain = straight("mm/mm", "mm", Amount(50.0, "mm"), Amount(0.0))
    assert (strain.scale, strain.offset) == (50.0, 0.0)
    percent = straight("%", "mm", Amount(2.0, "in"), Amount(0.0))
    assert percent.scale == pytest.approx(0.508)
    assert straight("degC", "degC", Amount(1.0), Amount(1.0, "K")).offset == 1.0
    assert difference_in(Amount(9.0, "°F"), "degC") == pytest.approx(5.0)
    assert same_size("N/mm2", "MPa")
    assert same_size("kN", "N") is False
    assert same_size("kN", "mm") is None


def test_every_problem_finding_and_objection_has_words_in_both_languages() -> None:
    source = "".join(path.read_text("utf-8") for path in (ROOT / "testbed/services").glob("*.py"))
    codes = {f"import.{code}" for code in SENTENCES}
    codes |= {f"objection.{code}" for code in re.findall(r'"(mapping-[a-z-]+)"', source)}
    codes |= {f"finding.{code}" for code in re.findall(r'Finding\(\s*"([a-z-]+)"', source)}
    checks = "".join(
        (ROOT / f"testbed/evaluation/{name}.py").read_text("utf-8")
        for name in ("import_checks", "derived_columns")
    )
    codes |= {f"finding.{code}" for code in re.findall(r'"((?:import|derived)-[a-z-]+)"', checks)}
    codes |= {"finding.import-more", "place.line", "place.row"}
    assert len(codes) > 60

    def fields(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    for code in sorted(codes):
        assert all(words(locale).knows(code) for locale in ("ko", "en")), code
        assert fields(words("ko")(code)) == fields(words("en")(code)), code
    for code, sentence in SENTENCES.items():
        assert words("en")(f"import.{code}") == sentence
