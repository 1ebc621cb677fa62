"""No two live occupancies of one unit overlap, whoever fights for them, on both databases."""

import itertools
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from testbed import bootstrap
from testbed.adapters.guard import GuardMissing
from testbed.settings import Settings
from tests.contracts.fight import PROCESSES, SLOTS
from tests.testbed.centres import fresh_database

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.xdist_group("fight")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        return fresh_database()
    return f"sqlite:///{tmp_path / 'testbed.db'}"


def rows(url: str, query: str) -> list[tuple]:
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.execute(text(query))]
    engine.dispose()
    return found


@pytest.mark.timeout(240)
@pytest.mark.parametrize("rounds", [12, pytest.param(50, marks=pytest.mark.soak)])
def test_sixteen_processes_fight_and_every_slot_has_one_winner(
    url: str, tmp_path: Path, rounds: int
):
    fought = subprocess.run(
        [sys.executable, "-m", "tests.contracts.fight", url, str(tmp_path), str(rounds)],
        capture_output=True,
        text=True,
        timeout=220,
        cwd=ROOT,
        check=False,
    )
    assert fought.returncode == 0, fought.stderr
    answers = json.loads(fought.stdout)
    assert [answer for answer in answers if answer[0] != "won"] == []
    assert len(answers) == PROCESSES
    winners = Counter(slot for _, won in answers for slot in won)
    assert len(winners) == rounds * SLOTS
    assert set(winners.values()) == {1}
    # An independent sweep of the table: sorted by start, each ends before the next begins.
    occupied = sorted(rows(url, 'SELECT unit_id, start, "end" FROM occupancies'))
    assert len(occupied) >= rounds * SLOTS
    for before, after in itertools.pairwise(occupied):
        assert before[0] != after[0] or before[2] <= after[1]


def test_a_centre_does_not_open_on_a_database_without_its_guard(url: str, tmp_path: Path):
    settings = Settings(home=tmp_path, database=url)
    bootstrap.build(settings).close()
    drop = (
        "DROP TRIGGER occupancies_no_overlap_update"
        if url.startswith("sqlite")
        else "ALTER TABLE occupancies DROP CONSTRAINT occupancies_no_overlap"
    )
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.execute(text(drop))
    engine.dispose()
    with pytest.raises(GuardMissing, match="occupancies_no_overlap"):
        bootstrap.build(settings)
