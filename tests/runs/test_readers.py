"""What others read of a sealed file, with none of our code present, is what was recorded.

The scripts in `readers/` run in an environment of their own. Each tells what it sees: names,
dimensions, units and every other attribute, and values by their bits.
"""

import base64
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import runs
from tests.runs.rich_run import STARTED, Truth, Variable, counted, write_rich, write_rows

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-readers" / "bin" / "python"
SCRIPTS = Path(__file__).parent / "readers"
pytestmark = [
    pytest.mark.skipif(not PYTHON.exists(), reason="readers are not there: make readers"),
    pytest.mark.xdist_group("readers"),
]

ROWS = (0, 1, 8191, 8192, 8193)
FILES = ("rich", *(f"{count} rows" for count in ROWS))
READERS = {
    "xarray h5netcdf": ("by_xarray.py", "h5netcdf"),
    "xarray netcdf4": ("by_xarray.py", "netcdf4"),
    "netCDF4": ("by_netcdf.py",),
    "h5py": ("by_h5py.py",),
    "pyfive": ("by_pyfive.py",),
    "ncdump": ("by_ncdump.py",),
    "h5dump": ("by_h5dump.py",),
}
NEXUS = ("by_nexusformat.py",)
LINKED = "entry/"  # where NeXus looks; links to the main stream

Said = dict[str, Any]


def told(script: str, *arguments: str | Path) -> list[Said]:
    """Run a script where nothing of ours can be found; gives a line for each file."""
    ended = subprocess.run(
        [PYTHON, SCRIPTS / script, *arguments],
        capture_output=True, text=True, check=False, timeout=60, cwd="/",
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    return [json.loads(line) for line in ended.stdout.splitlines()]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Truth]]:
    home = tmp_path_factory.mktemp("readers")
    written = {"rich": (home / "rich.h5", write_rich(home / "rich.h5"))}
    for count in ROWS:
        path = home / f"rows-{count}.h5"
        written[f"{count} rows"] = (path, write_rows(path, count))
    return written


@pytest.fixture(scope="module")
def seen(files: dict[str, tuple[Path, Truth]]) -> dict[str, dict[str, Said]]:
    """What each reader says of each file."""
    paths = [path for path, _ in files.values()]
    return {
        reader: dict(zip(files, told(*command, *paths), strict=True))
        for reader, command in {**READERS, "nexusformat": NEXUS}.items()
    }


def bits(found: Said) -> bytes:
    return base64.b64decode(found["data"])


def differences(truth: Variable, found: Said) -> list[str]:
    """Say in what a variable differs from what was recorded."""
    if isinstance(truth.values, list):
        same, kind, shape = found["data"] == truth.values, "text", [len(truth.values)]
    else:
        little = truth.values.astype(truth.values.dtype.newbyteorder("<"))
        same, kind, shape = bits(found) == little.tobytes(), little.dtype.str, list(little.shape)
    wrong = [] if same else ["values"]
    for what, given in (("type", kind), ("shape", shape), ("dimensions", [*truth.dimensions])):
        if found[what] != given:
            wrong.append(f"{what} {found[what]}, not {given}")
    return wrong + missing(truth.attributes, found["attributes"])


def missing(given: Mapping[str, object], found: Mapping[str, object]) -> list[str]:
    return [
        f"attribute {name} {found.get(name)!r}, not {value!r}"
        for name, value in given.items()
        if found.get(name) != value
    ]


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("reader", READERS)
def test_names_units_attributes_and_values_are_what_was_recorded(reader, file, files, seen):
    said, truth = seen[reader][file], files[file][1]
    own = {name: each for name, each in said["variables"].items() if not name.startswith(LINKED)}
    assert set(own) == set(truth.variables)
    wrong = {name: differences(each, own[name]) for name, each in truth.variables.items()}
    assert {name: each for name, each in wrong.items() if each} == {}
    assert missing(truth.attributes, said["attributes"]) == []


@pytest.mark.parametrize("file", FILES)
def test_all_readers_see_the_same_attributes(file, seen):
    first, *others = (seen[reader][file] for reader in READERS)
    for other in others:
        assert other["attributes"] == first["attributes"]
        for name, each in first["variables"].items():
            if not name.startswith(LINKED):
                assert other["variables"][name]["attributes"] == each["attributes"], name


def instants(seconds: np.ndarray) -> np.ndarray:
    """Count nanoseconds since 1970, in whole numbers beyond the fraction of a second."""
    start = int(STARTED.timestamp()) * 10**9 + STARTED.microsecond * 1000
    whole = np.floor(seconds)
    return start + whole.astype("i8") * 10**9 + np.rint((seconds - whole) * 1e9).astype("i8")


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("engine", ["h5netcdf", "netcdf4"])
def test_xarray_decodes_every_clock_to_the_nanosecond(engine, file, files, seen):
    said, truth = seen[f"xarray {engine}"][file], files[file][1]
    clocks = {name: each for name, each in truth.variables.items() if name.endswith("time")}
    found = {name: data for name, data in said["instants"].items() if not name.startswith(LINKED)}
    assert set(found) == set(clocks)
    for name, each in clocks.items():
        decoded = np.frombuffer(base64.b64decode(found[name]), "<i8")
        assert np.abs(decoded - instants(np.asarray(each.values))).max(initial=0) <= 1, name
    assert said["plain"] == ["force", "phase", "strain"]


@pytest.mark.parametrize("file", FILES)
def test_netcdf_decodes_every_clock_to_the_microsecond(file, files, seen):
    said, truth = seen["netCDF4"][file]["microseconds"], files[file][1]
    for name, each in truth.variables.items():
        if name.endswith("time"):
            found = np.array(said[name], "M8[us]").astype("i8")
            assert np.abs(found - instants(np.asarray(each.values)) / 1e3).max(initial=0) <= 1, name


@pytest.mark.parametrize("file", FILES)
def test_nexus_finds_the_plot_of_every_stream_and_the_same_values(file, files, seen):
    said, truth = seen["nexusformat"][file], files[file][1]
    force = truth.variables["force"]
    main = {"signal": "force", "axes": ["time"], "shape": [len(force.values)], "units": "N"}
    assert said["class"] == "NXroot"
    assert said["default"] == main
    assert said["title"] == truth.attributes["title"]
    assert said["plots"].pop("entry/data") == main
    for stream, plot in said["plots"].items():
        signal = truth.variables[f"{stream}/{plot['signal']}"]
        assert plot["axes"] == [*signal.dimensions]
        assert plot["shape"] == [*np.shape(signal.values)]
        assert plot["units"] == signal.attributes["units"]
    streams = {name.partition("/")[0] for name in truth.variables if "/" in name}
    assert set(said["plots"]) == streams - {"events"}
    for name, each in truth.variables.items():
        found = said["variables"][name]
        values = each.values
        assert (
            found["data"] == values if isinstance(values, list) else bits(found) == values.tobytes()
        )


def test_a_difference_is_seen(files, seen):
    said, truth = seen["xarray netcdf4"]["rich"], files["rich"][1]
    given, found = truth.variables["force"], said["variables"]["force"]
    assert differences(given, found) == []
    values = np.array(given.values)
    values[5] = np.nextafter(values[5], 1)
    assert differences(replace(given, values=values), found) == ["values"]
    assert len(differences(replace(given, dimensions=("t",)), found)) == 1
    assert len(differences(replace(given, attributes={"units": "kN"}), found)) == 1


@pytest.mark.parametrize("file", FILES)
def test_a_cf_checker_at_its_strictest_has_nothing_against_it(file, files, tmp_path):
    named = tmp_path / "run.nc"  # CF wants that ending, HDF5's own readers the other
    named.symlink_to(files[file][0])
    (said,) = told("check_cf.py", "cf:1.11", named)
    assert not said["failed"]
    assert said["checks"] > 15
    assert [text for texts in said["against"].values() for text in texts] == []


def test_an_append_by_netcdf_harms_nothing_and_is_found(files, tmp_path):
    path, truth = tmp_path / "run.h5", files["rich"][1]
    shutil.copy(files["rich"][0], path)
    assert runs.verify(path).ok
    assert told("append_by_netcdf.py", path) == []
    for command in READERS.values():
        (said,) = told(*command, path)
        later = said["variables"]["later"]
        assert later["dimensions"] == ["time"]
        assert bits(later) == np.arange(1000.0).tobytes()
        assert said["attributes"]["remark_later"] == "나중에"
        wrong = [
            differences(each, said["variables"][name]) for name, each in truth.variables.items()
        ]
        assert not any(wrong)
    problems = runs.verify(path).problems
    assert problems
    # What was recorded is as it was sealed; what is new, and that something is, is named.
    assert not any(f"{name} was changed" in each for each in problems for name in truth.variables)


WRITER = """
import sys
from pathlib import Path
import runs
import numpy as np
from tests.runs.rich_run import counted, header
wave = runs.Axis("sample", "s", np.arange(500.0))
scope = runs.Blocks("scope", (runs.ChannelInfo("ch1", "V"),), (wave,))
writer = runs.create(Path(sys.argv[1]), header("growing", scope))
for line in sys.stdin:
    for row in zip(*counted(writer.rows, int(line))):
        writer.append(*row)
    writer.stream("scope").append(float(line), np.full(500, float(line)))
    writer.flush()
    print(writer.rows, flush=True)
"""


def test_the_growing_file_is_read_beside_its_writer_and_after_its_death(tmp_path):
    path = tmp_path / "growing.h5"
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    with writer:
        counts = (0, 1, 8191, 20_000)
        for number, count in enumerate(counts, 1):
            print(count, file=writer.stdin, flush=True)
            rows = int(writer.stdout.readline())
            assert rows == sum(counts[:number])
            assert_recorded(path, rows, counts[:number])
        writer.kill()
    assert_recorded(path, rows, counts)
    assert runs.describe(path).status == "interrupted"


def assert_recorded(path: Path, rows: int, blocks: tuple[int, ...]) -> None:
    (said,) = told("growing_by_xarray.py", path)
    times, force, strain = counted(0, rows)
    wanted = {"time": times, "force": force, "strain": strain, "phase": np.zeros(rows, "<i2")}
    assert said["attributes"]["status"] == "recording"
    for name, values in wanted.items():
        assert said["variables"][name]["dimensions"] == ["time"]
        assert bits(said["variables"][name]) == values.tobytes(), name
    scope = said["groups"]["scope"]
    assert bits(scope["scope_time"]) == np.array(blocks, "<f8").tobytes()
    assert scope["ch1"]["dimensions"] == ["scope_time", "sample"]
    assert bits(scope["ch1"]) == np.repeat(np.array(blocks, "<f4"), 500).tobytes()


def test_nothing_of_ours_was_there():
    code = (
        "import importlib.util as u; print([u.find_spec(n) is None for n in ('runs', 'testbed')])"
    )
    said = subprocess.run(
        [PYTHON, "-c", code], capture_output=True, text=True, check=True, cwd="/"
    ).stdout
    assert said.strip() == "[True, True]"
