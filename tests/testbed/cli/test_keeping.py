"""``testbed runs archive|fetch|retain|hold`` at the terminal."""

from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import update

from testbed.adapters.run_tables import runs
from testbed.cli.main import main
from testbed.services.commands import BookingKind
from tests.testbed.centres import NOW, open_centre

NUMBER = "R-2026-00001"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    place = tmp_path / "home"
    place.mkdir()
    with open_centre(place) as centre:
        centre.whole_run("alpha", BookingKind.DIRECT, performer="alpha")
    return place


def call(*arguments: object, lang: str = "en", typed: str = "") -> Result:
    return CliRunner().invoke(main, ["runs", *map(str, arguments), "--lang", lang], input=typed)


def test_a_record_goes_to_the_archive_and_comes_back(home: Path, tmp_path: Path) -> None:
    office = ("--login", "office", "--home", home)
    assert "--to URL" in call("archive", *office).output
    (home / "testbed.toml").write_text(f'archive = "file://{tmp_path / "elsewhere"}"\n')
    tried = call("archive", *office, "--dry-run")
    assert f"{NUMBER}: would be archived" in tried.output
    done = call("archive", *office)
    assert done.exit_code == 0, done.output
    assert "read back and verified" in done.output
    file = home / "runs" / "2026" / f"{NUMBER}.h5"
    assert not file.exists()
    out = tmp_path / "out.csv"
    assert call("export", NUMBER, "--home", home, "-o", out).exit_code == 0
    assert call("verify", NUMBER, "--home", home).exit_code == 0
    assert call("fetch", NUMBER, "--home", home).output.strip() == str(file)
    assert file.exists()
    assert "옮겼습니다" in call("archive", *office, lang="ko").output
    for copy in (tmp_path / "elsewhere").rglob("*.h5"):
        copy.unlink()
    for cached in (home / "cache").rglob("*.h5"):
        cached.unlink()
    gone = call("verify", NUMBER, "--home", home)
    assert gone.exit_code == 1
    assert "See that the archive is mounted" in gone.output
    assert "Traceback" not in gone.output
    assert "accepted: 90d" in call("archive", *office, "--older-than", "soon").output


def test_records_are_held_classified_and_deleted_on_record(home: Path) -> None:
    listed = call("retain", "--home", home)
    assert f"{NUMBER}  development  2029-11-25" in listed.output
    office = ("--login", "office", "--home", home)
    assert call("hold", NUMBER, "--reason", "complaint 12", *office).exit_code == 0
    refused = call("retain", NUMBER, "--delete", "--yes", *office)
    assert refused.exit_code == 1
    assert "complaint 12" in refused.output
    assert "is kept until 2029-11-25" in refused.output
    assert call("hold", NUMBER, "--lift", "--reason", "settled", *office).exit_code == 0
    assert call("retain", NUMBER, "--class", "certification", *office).exit_code == 0
    assert "certification  2036-11-25" in call("retain", "--home", home).output
    unknown = call("retain", NUMBER, "--class", "for-ever", *office)
    assert "Accepted: certification, demonstration, development" in unknown.output
    assert "--login" in call("retain", "--delete", "--home", home).output
    assert "Nothing is due." in call("retain", "--delete", *office).output
    assert "no account nobody" in call("hold", NUMBER, "--reason", "x", "--login", "nobody",
                                       "--home", home).output  # fmt: skip
    (home / "testbed.toml").write_text("[retention]\ncertification = 0\n")
    assert "accepted: 1 to 200 years" in call("retain", "--home", home).output


def test_what_is_due_is_shown_before_it_goes(tmp_path: Path) -> None:
    with open_centre(tmp_path) as centre:
        number = centre.whole_run("alpha", BookingKind.DIRECT, performer="alpha")
        with centre.testbed.database.writing() as connection:
            connection.execute(update(runs).values(ended=NOW - timedelta(days=4 * 365)))
            connection.commit()
    office = ("--login", "office", "--home", tmp_path)
    (file,) = (tmp_path / "runs").rglob("*.h5")
    assert (
        f"{number}: its years are over" in call("retain", "--delete", "--dry-run", *office).output
    )
    refused = call("retain", "--delete", *office, typed="n\n")
    assert refused.exit_code == 1
    assert file.exists()
    done = call("retain", "--delete", *office, typed="y\n")
    assert done.exit_code == 0, done.output
    assert f"{number}: record deleted" in done.output
    assert not file.exists()
