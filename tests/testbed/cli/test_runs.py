"""``testbed runs`` on a real centre with real records."""

import re
import subprocess
import sys
from pathlib import Path

import h5py
import pyarrow.parquet
import pytest
import xarray
from click.testing import CliRunner, Result

import runs as records
from testbed.cli import runs as verbs
from testbed.cli.main import main
from testbed.engine.ports import Ending
from testbed.i18n import words
from tests.testbed.centres import Centre, open_centre


@pytest.fixture
def home(tmp_path: Path) -> Path:
    with open_centre(tmp_path) as centre:
        _two_runs(centre)
    return tmp_path


def _two_runs(centre: Centre) -> None:
    centre.whole_run()
    centre.whole_run("beta", ending=Ending.ABORTED)


def call(*arguments: object, lang: str = "en") -> Result:
    return CliRunner().invoke(main, ["runs", *map(str, arguments), "--lang", lang])


def test_a_list_tells_of_every_run_newest_first(home: Path) -> None:
    result = call("list", "--home", home)
    assert result.exit_code == 0, result.output
    assert re.findall(r"R-\d{4}-\d{5}", result.output) == ["R-2026-00002", "R-2026-00001"]
    assert "Aborted" in result.output
    found = call("list", "--home", home, "--search", "alpha")
    assert re.findall(r"R-\d{4}-\d{5}", found.output) == ["R-2026-00001"]
    paged = call("list", "--home", home, "--size", 1, "--page", 2)
    assert "R-2026-00001" in paged.output
    assert "Page 2 of 2, 2 runs" in paged.output


def test_an_empty_centre_says_what_to_do(tmp_path: Path) -> None:
    assert "testbed run --help" in call("list", "--home", tmp_path / "new").output


def test_a_run_is_shown_by_number_and_by_file(home: Path) -> None:
    shown = call("show", "R-2026-00001", "--home", home)
    assert shown.exit_code == 0, shown.output
    assert "497.0234" in shown.output
    assert "≥ 500" in shown.output
    assert "provisional, not reportable" in shown.output
    file = home / "runs" / "2026" / "R-2026-00001.h5"
    assert str(file) in shown.output
    assert records.file_digest(file) in shown.output
    alone = call("show", file)
    assert alone.exit_code == 0, alone.output
    assert "force [N]" in alone.output
    korean = call("show", "R-2026-00001", "--home", home, lang="ko")
    assert "금속재료 인장시험" in korean.output
    assert "알파금속" in korean.output


def test_a_run_that_is_not_there_is_named(home: Path) -> None:
    for verb in ("show", "verify"):
        refused = call(verb, "R-2026-99999", "--home", home)
        assert refused.exit_code == 1
        assert "There is no run R-2026-99999." in refused.output


@pytest.mark.parametrize("which", ["number", "file"])
def test_exports_open_elsewhere(home: Path, which: str, tmp_path: Path) -> None:
    file = home / "runs" / "2026" / "R-2026-00001.h5"
    named = "R-2026-00001" if which == "number" else file
    out = tmp_path / "out"
    assert call("export", named, "--home", home, "-o", f"{out}.csv").exit_code == 0
    lines = Path(f"{out}.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "time_utc,time [s],force [N],extension [mm],travel [mm],phase"
    assert len(lines) == 201
    for form, suffix in (("netcdf", "nc"), ("h5", "h5")):
        made = call("export", named, "--home", home, "--format", form, "-o", f"{out}.{suffix}")
        assert made.exit_code == 0, made.output
        with xarray.open_dataset(f"{out}.{suffix}", engine="h5netcdf") as dataset:
            assert dataset.force.attrs["units"] == "N"
            assert dataset.sizes["time"] == 200
    for form in ("parquet", "matlab"):
        made = call("export", named, "--home", home, "--format", form, "-o", f"{out}.{form}")
        assert made.exit_code == 0, made.output
    assert pyarrow.parquet.read_metadata(f"{out}.parquet").num_rows == 200
    assert Path(f"{out}.matlab").read_bytes().startswith(b"MATLAB 7.3")
    refused = call("export", named, "--home", home, "--stream", "sound", "-o", f"{out}.x")
    assert refused.exit_code == 1
    assert "the main stream alone" in refused.output
    assert not Path(f"{out}.x").exists()


def test_a_changed_record_does_not_pass(home: Path) -> None:
    file = home / "runs" / "2026" / "R-2026-00001.h5"
    for which in ("R-2026-00001", file):
        assert call("verify", which, "--home", home).exit_code == 0
    with h5py.File(file, "r+") as opened:
        opened["force"][90] += 1.0
    for which in ("R-2026-00001", file):
        changed = call("verify", which, "--home", home)
        assert changed.exit_code == 1
        assert "force" in changed.output


def test_another_run_in_its_place_does_not_pass_by_number(home: Path) -> None:
    first, second = (home / "runs" / "2026" / f"R-2026-0000{n}.h5" for n in (1, 2))
    first.write_bytes(second.read_bytes())
    assert call("verify", first).exit_code == 0
    swapped = call("verify", "R-2026-00001", "--home", home)
    assert swapped.exit_code == 1
    assert "not the one on record" in swapped.output


WRITER = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
import runs
writer = runs.create(Path(sys.argv[1]), runs.Header(
    run="R-2026-00007", title="killed", started=datetime.now(UTC),
    channels=(runs.ChannelInfo("force", "N"),)))
for row in range(500):
    writer.record(row * 0.02, force=float(row))
writer.flush()
os.kill(os.getpid(), 9)
"""


@pytest.fixture
def killed(tmp_path: Path) -> Path:
    """Leave a file as a writer leaves it that is killed in mid-run."""
    path = tmp_path / "killed" / "R-2026-00007.h5"
    path.parent.mkdir()
    ended = subprocess.run([sys.executable, "-c", WRITER, path], check=False)
    assert ended.returncode == -9
    return path


def test_the_file_of_a_killed_writer_is_healed_once(killed: Path) -> None:
    healed = call("recover", killed.parent)
    assert healed.exit_code == 0, healed.output
    assert "healed, 500 rows" in healed.output
    assert "sound" in call("recover", killed).output
    assert "Interrupted" in call("show", killed).output
    assert call("verify", killed).exit_code == 0


def test_recovering_what_is_no_run_fails(tmp_path: Path) -> None:
    (tmp_path / "x.h5").write_bytes(b"nothing")
    assert call("recover", tmp_path).exit_code == 1


def test_every_sentence_of_the_verbs_is_translated() -> None:
    said = words("ko")
    source = Path(verbs.__file__).read_text(encoding="utf-8")
    sentences = re.findall(r'said\(\s*"([^"]+)"', source)
    sentences += re.findall(r'^            "([A-Z][a-z ]+)":', source, re.MULTILINE)
    assert len(sentences) > 12
    for sentence in sentences:
        assert said.knows(sentence) or ("." in sentence and sentence.islower()), sentence
