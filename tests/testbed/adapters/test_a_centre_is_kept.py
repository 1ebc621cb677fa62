"""What a centre has on record stays: audited, saved, brought back, or not opened at all."""

import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from testbed import bootstrap, settings
from testbed.adapters.backup import BackupRefused, restore, write_backup
from testbed.adapters.guard import GuardMissing
from testbed.adapters.register_store import DatabaseRegister
from testbed.domain.names import Name
from testbed.domain.objections import Refused
from testbed.domain.people import Role
from testbed.services.commands import Booked, BookingKind, RequestBooking
from testbed.services.register import NewEquipment

PASSWORD = "as long as it needs"


class HandClock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.instant = datetime(2026, 3, 2, tzinfo=UTC)

    def now(self) -> datetime:
        return self.instant

    def sleep(self, seconds: float) -> None:
        self.instant += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def centre(tmp_path: Path, clock: HandClock) -> Iterator[bootstrap.Testbed]:
    testbed = bootstrap.build(settings.load(tmp_path / "home", {}), clock)
    register = DatabaseRegister(testbed.database)
    register.add_organisation(None, clock.now(), "firm", Name("firm", "firm"))
    register.add_equipment(
        None, clock.now(), NewEquipment(code="EQ-1", name=Name("1", "1"), needs_approval=True)
    )
    for login, role in (("firm", Role.SME), ("engineer", Role.ENGINEER)):
        refused = testbed.people.create_account(login, Name("", login), "firm", {role}, PASSWORD)
        assert refused is None
    yield testbed
    testbed.close()


def ask(centre: bootstrap.Testbed, clock: HandClock) -> str:
    begin = clock.now() + timedelta(hours=1)
    answer = centre.booking.request(
        centre.people.find("firm"),
        RequestBooking(
            equipment=("EQ-1",),
            start=begin,
            end=begin + timedelta(hours=1),
            kind=BookingKind.DIRECT,
        ),
    )
    assert isinstance(answer, Booked)
    assert answer.state == "requested"
    return answer.number


@pytest.mark.parametrize("change", ["UPDATE audit SET detail = ''", "DELETE FROM audit"])
def test_the_audit_trail_is_append_only(centre: bootstrap.Testbed, change: str) -> None:
    with centre.database.writing() as connection, pytest.raises(DBAPIError, match="append_only"):
        connection.execute(text(change))


@pytest.mark.parametrize("event", ["insert", "update"])
def test_a_centre_without_its_guard_does_not_open(centre: bootstrap.Testbed, event: str) -> None:
    known = centre.settings
    centre.close()
    with closing(sqlite3.connect(known.home / "testbed.db")) as connection:
        connection.execute(f"DROP TRIGGER occupancies_no_overlap_{event}")
        connection.commit()
    with pytest.raises(GuardMissing, match="testbed restore"):
        bootstrap.build(known)


def test_a_request_whose_time_is_over_is_not_approved(
    centre: bootstrap.Testbed, clock: HandClock
) -> None:
    number = ask(centre, clock)
    clock.sleep(3 * 3600)
    refused = centre.booking.approve(centre.people.find("engineer"), number)
    assert isinstance(refused, Refused)
    assert [objection.code for objection in refused.objections] == ["booking-over"]


def test_guessing_a_password_is_slowed_for_known_and_unknown_logins_alike(
    centre: bootstrap.Testbed, clock: HandClock
) -> None:
    for login in ("firm", "nobody"):
        said = []
        for _ in range(11):
            refused = centre.people.sign_in(login, "wrong")
            assert isinstance(refused, Refused)
            said.append(refused.objections[0].code)
        assert said == ["sign-in-failed"] * 10 + ["sign-in-too-often"]
    clock.sleep(3600)
    signed_in = centre.people.sign_in("firm", PASSWORD)
    assert not isinstance(signed_in, Refused)
    token, actor = signed_in
    assert centre.people.actor(token) == actor
    clock.sleep(13 * 3600)
    assert centre.people.actor(token) is None


def test_what_was_saved_comes_back_and_nothing_is_overwritten(
    centre: bootstrap.Testbed, clock: HandClock, tmp_path: Path
) -> None:
    number = ask(centre, clock)
    run = centre.settings.runs / "2026" / "R-2026-00001.h5"
    run.parent.mkdir(parents=True)
    run.write_bytes(b"record" * 1000)
    saved = tmp_path / "saved.tar.gz"
    write_backup(centre.settings.home, centre.settings.database, saved)
    with pytest.raises(BackupRefused, match="there already"):
        write_backup(centre.settings.home, centre.settings.database, saved)

    home = tmp_path / "again"
    restore(saved, home)
    assert (home / "runs" / "2026" / "R-2026-00001.h5").read_bytes() == run.read_bytes()
    again = bootstrap.build(settings.load(home, {}), clock)
    try:
        assert again.queries.booking(again.people.find("firm"), number) is not None
    finally:
        again.close()
    with pytest.raises(BackupRefused, match="not empty"):
        restore(saved, home)


def test_an_archive_that_was_altered_is_refused_whole(
    centre: bootstrap.Testbed, tmp_path: Path
) -> None:
    saved = tmp_path / "saved.tar.gz"
    write_backup(centre.settings.home, centre.settings.database, saved)
    unpacked, altered = tmp_path / "unpacked", tmp_path / "altered.tar.gz"
    with tarfile.open(saved) as archive:
        archive.extractall(unpacked, filter="data")
    with (unpacked / "testbed.db").open("r+b") as file:
        file.seek(4096)
        file.write(b"\0\0\0\0another")
    with tarfile.open(altered, "w:gz") as archive:
        for file_of_it in unpacked.iterdir():
            archive.add(file_of_it, file_of_it.name)
    with pytest.raises(BackupRefused, match="damaged"):
        restore(altered, tmp_path / "again")
    assert not (tmp_path / "again").exists()
