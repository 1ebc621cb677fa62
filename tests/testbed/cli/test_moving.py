"""``testbed runs import`` at the terminal: what it took, from where, and what it asks for."""

from pathlib import Path

from click.testing import CliRunner, Result

import runs as records
from testbed.cli.main import main
from testbed.i18n import words


def call(*arguments: object, lang: str = "en") -> Result:
    return CliRunner().invoke(main, ["runs", *map(str, arguments), "--lang", lang])


CONTENT = "시간;하중 [N];온도 [C]\r\n0;1,5;20\r\n0,5;9,9e37;21\r\n"


def test_a_foreign_file_lies_in_the_centre_and_is_found(tmp_path: Path) -> None:
    source = tmp_path / "kraft.csv"
    source.write_bytes(CONTENT.encode("cp949"))
    channel = ("--channel", "하중=force", "--channel", "온도=temperature [degC]")
    began = ("--started", "2026-03-02T18:00", "--method", "iso-6892-1", "--title", "외부 인장시험")
    done = call("import", source, *channel, *began, "--home", tmp_path / "home")
    assert done.exit_code == 0, done.output
    assert "encoding cp949, delimiter ;, decimal ," in done.output
    assert "1 values 9.9e+37 of force stand for none" in done.output
    (file,) = (tmp_path / "home" / "runs" / "imported").iterdir()
    found = records.describe(file)
    assert found.started.isoformat() == "2026-03-02T09:00:00+00:00"
    assert found.attributes["method"] == "iso-6892-1"
    assert call("verify", file).exit_code == 0
    assert found.run in call("search", "외부", "--home", tmp_path / "home").output
    again = call("import", source, *channel, *began, "--home", tmp_path / "home", lang="ko")
    assert again.exit_code == 1
    assert words("ko")("It cannot be done: {cause}", cause="")[:6] in again.output


def test_open_questions_are_asked_at_once(tmp_path: Path) -> None:
    source = tmp_path / "kraft.csv"
    source.write_bytes(CONTENT.encode())
    asked = call("import", source, "-o", tmp_path / "run.h5")
    assert asked.exit_code == 1
    for part in ("--started", "--channel '하중 [N]'=NAME", "--channel '온도 [C]'=NAME"):
        assert part in asked.output
    wrong = call("import", source, "--channel", "force", "-o", tmp_path / "run.h5")
    assert "COLUMN=NAME" in wrong.output
    assert not (tmp_path / "run.h5").exists()
