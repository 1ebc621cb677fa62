"""``testbed runs index`` and ``search`` at the terminal."""

import json
from datetime import UTC, datetime
from pathlib import Path

from click.testing import CliRunner, Result

import runs
from testbed.cli.main import main

HOME = "--home"


def call(home: Path, *arguments: str, lang: str = "en") -> Result:
    return CliRunner().invoke(
        main, ["runs", *arguments, HOME, str(home), "--lang", lang], catch_exceptions=False
    )


def write(home: Path, run: str, specimen: str, rm: float) -> None:
    path = home / "runs" / "2026" / f"{run}.h5"
    path.parent.mkdir(parents=True, exist_ok=True)
    header = runs.Header(
        run=run,
        title="인장시험",
        started=datetime(2026, 3, 2, tzinfo=UTC),
        channels=(runs.ChannelInfo("force", "N"),),
        attributes={"method": "iso-6892-1", "specimen_name": specimen, "result_rm": rm,
                    "result_rm_unit": "MPa"},
    )  # fmt: skip
    with runs.create(path, header) as writer:
        writer.append(0.0, 1.0)


def test_files_are_indexed_searched_and_the_unreadable_ones_named(tmp_path: Path) -> None:
    write(tmp_path, "R-1", "SUS304 판재", 510.0)
    write(tmp_path, "R-2", "AL6061 봉재", 310.0)
    done = call(tmp_path, "index")
    assert (done.exit_code, "2 files: 2 read" in done.output) == (0, True)
    assert "2 files: 0 read" in call(tmp_path, "index").output
    found = json.loads(call(tmp_path, "search", "인장", "--result", "rm>=400", "--json").output)
    assert [each["row"]["number"] for each in found["runs"]] == ["R-1"]
    assert found["runs"][0]["values"] == {"rm": 510.0}
    assert found["total"] == 1
    table = call(tmp_path, "search", "--specimen", "봉재", "--result", "rm").output
    assert "R-2" in table
    assert "310" in table
    assert "R-1" not in table
    assert "No run fits." in call(tmp_path, "search", "없는말").output
    (tmp_path / "runs" / "bad.h5").write_text("nothing")
    wrong = call(tmp_path, "index", "--full")
    assert wrong.exit_code == 1
    assert "bad.h5" in wrong.output
    assert "1 files cannot be read" in wrong.output


def test_a_bad_range_is_named_with_what_is_accepted(tmp_path: Path) -> None:
    for lang, accepted in (("en", "Accepted: rp02>=300"), ("ko", "입력 예: rp02>=300")):
        refused = call(tmp_path, "search", "--result", "rm=>3", lang=lang)
        assert refused.exit_code == 1
        assert "rm=>3" in refused.output
        assert accepted in refused.output
    refused = call(tmp_path, "search", "--status", "done", "--from", "soon")
    assert "queued, running, completed" in refused.output
    assert "2026-11-24" in refused.output
