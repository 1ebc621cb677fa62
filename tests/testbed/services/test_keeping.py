"""Records in an archive and back: whole and verified, or told; held, and deleted when due."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import boto3
import fsspec
import pytest
import s3fs
from moto.server import ThreadedMotoServer
from sqlalchemy import select, update

import runs
from testbed.adapters.archive import FsspecArchive
from testbed.adapters.catalogue_tables import catalogue_entries
from testbed.adapters.run_tables import runs as run_table
from testbed.domain.objections import Refused
from testbed.engine import segments
from testbed.services.commands import BookingKind, Done
from testbed.services.keeping import Moved
from testbed.services.looking import View
from testbed.services.records import RecordUnreachable
from tests.testbed.centres import Centre, open_centre, write_record

DAY = timedelta(days=1)


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    (tmp_path / "home").mkdir()
    with open_centre(tmp_path / "home") as opened:
        yield opened


@pytest.fixture
def target(tmp_path: Path) -> str:
    return f"file://{tmp_path / 'elsewhere'}"


def file_of(centre: Centre, number: str) -> Path:
    return centre.testbed.settings.runs / number.split("-")[1] / f"{number}.h5"


def direct_run(centre: Centre) -> str:
    return centre.whole_run("alpha", BookingKind.DIRECT, performer="alpha")


def archive(centre: Centre, target: str, age: timedelta = 0 * DAY, **how: bool) -> list[Moved]:
    return list(centre.testbed.keeping.archive(centre.who("office"), target, age, **how))


def codes(moved: list[Moved]) -> list[tuple[str, str]]:
    return [(each.run, each.code) for each in moved]


def against(answer: object) -> list[str]:
    assert isinstance(answer, Refused)
    return [objection.code for objection in answer.objections]


def test_an_archived_record_is_read_as_before(centre: Centre, target: str) -> None:
    number = direct_run(centre)
    file = file_of(centre, number)
    sealed = file.read_bytes()
    assert codes(archive(centre, target, dry_run=True)) == [(number, "would-archive")]
    assert file.exists()
    assert archive(centre, target, 9999 * DAY) == []
    assert codes(archive(centre, target)) == [(number, "archived")]
    assert not file.exists()
    testbed, alpha = centre.testbed, centre.who("alpha")
    found = testbed.records.file(alpha, number)
    assert found is not None
    assert found.read_bytes() == sealed
    assert testbed.records.export(alpha, number, "csv") is not None
    seen = testbed.looking.windows(testbed.looking.find(alpha, (number,)), View(y="force"))
    assert seen[0].samples == 200
    gathered = list(testbed.looking.gather(alpha, (number,), View(y="force")))
    assert gathered[-1].numbers == (number,)
    assert testbed.records.file(centre.who("beta"), number) is None
    assert "archive" in {
        row.transition for row in testbed.queries.audit(centre.who("office"), number)
    }
    assert testbed.keeping.fetch(centre.who("engineer"), number) == file
    assert file.read_bytes() == sealed
    # It is archived already: its copy is read through, and the local file goes again.
    assert codes(archive(centre, target)) == [(number, "archived")]
    assert not file.exists()


def test_a_run_in_several_files_goes_and_comes_back_whole(centre: Centre, target: str) -> None:
    number = direct_run(centre)
    first = file_of(centre, number)
    second = segments.part(first, 2)
    write_record(second, number, centre.clock.now(), 20)
    with centre.testbed.database.writing() as connection:
        connection.execute(update(run_table).values(file_hash=segments.digest(first)))
        connection.commit()
    sealed = [first.read_bytes(), second.read_bytes()]
    (moved,) = archive(centre, target)
    assert (moved.code, moved.values["size"]) == ("archived", sum(map(len, sealed)))
    assert not first.exists()
    assert not second.exists()
    found = centre.testbed.records.file(centre.who("alpha"), number)
    assert found is not None
    assert [part.read_bytes() for part in segments.parts(found)] == sealed
    export = centre.testbed.records.export(centre.who("alpha"), number, "csv")
    assert export is not None
    assert export.name == f"{number}.csv.zip"
    centre.testbed.keeping.fetch(centre.who("office"), number)
    assert [part.read_bytes() for part in segments.parts(first)] == sealed


def test_the_catalogue_keeps_what_an_archived_file_told(centre: Centre, target: str) -> None:
    number = direct_run(centre)

    def told() -> object:
        with centre.testbed.database.reading() as connection:
            return connection.scalar(select(catalogue_entries.c.content))

    centre.testbed.catalogue.index()
    before = told()
    assert before
    archive(centre, target)
    centre.testbed.catalogue.index()
    assert told() == before
    centre.clock.sleep(4 * 365 * 86400)
    list(centre.testbed.keeping.delete(centre.who("office"), (number,), dry_run=False))
    centre.testbed.catalogue.index()
    assert told() != before


def test_a_changed_record_stays_and_a_changed_copy_is_told(centre: Centre, target: str) -> None:
    bad, good = direct_run(centre), direct_run(centre)
    content = bytearray(file_of(centre, bad).read_bytes())
    content[len(content) // 2] ^= 1
    file_of(centre, bad).write_bytes(content)
    assert codes(archive(centre, target)) == [(bad, "damaged"), (good, "archived")]
    assert file_of(centre, bad).exists()
    (copy,) = Path(target[7:]).rglob("*.h5")
    content = bytearray(copy.read_bytes())
    content[100] ^= 1
    copy.write_bytes(content)
    for read in (
        lambda: centre.testbed.records.file(centre.who("alpha"), good),
        lambda: centre.testbed.keeping.fetch(centre.who("office"), good),
    ):
        with pytest.raises(RecordUnreachable, match="is not what was archived"):
            read()
    assert not file_of(centre, good).exists()
    assert not any(centre.testbed.settings.cache.rglob("*.h5"))
    copy.unlink()
    with pytest.raises(RecordUnreachable, match="See that the archive is mounted"):
        centre.testbed.records.file(centre.who("alpha"), good)


def test_a_target_that_fails_in_the_middle_leaves_nothing_half(
    centre: Centre, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = direct_run(centre)

    def full(self: object, system: object, path: str, url: str, sha256: str) -> None:
        raise OSError("no room")

    with monkeypatch.context() as broken:
        broken.setattr(FsspecArchive, "_see", full)
        (moved,) = archive(centre, target)
    assert moved.code == "unreachable"
    assert "no room" in str(moved.values["cause"])
    assert file_of(centre, number).exists()
    assert [each for each in Path(target[7:]).rglob("*") if each.is_file()] == []
    (nowhere,) = archive(centre, "nosuch://bucket/runs")
    assert nowhere.code == "unreachable"
    assert codes(archive(centre, target)) == [(number, "archived")]


def test_racing_archivers_leave_one_sound_copy(centre: Centre, target: str) -> None:
    numbers = [direct_run(centre) for _ in range(4)]
    moved: list[Moved] = []
    start = threading.Barrier(3)

    def work() -> None:
        start.wait()
        moved.extend(archive(centre, target))

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {each.code for each in moved} <= {"archived", "gone"}
    for number in numbers:
        assert not file_of(centre, number).exists()
        found = centre.testbed.records.file(centre.who("office"), number)
        assert found is not None
        assert runs.verify(found).ok
    left = [each.name for each in Path(target[7:]).rglob("*") if each.is_file()]
    assert sorted(left) == [f"{number}.h5" for number in numbers]


def test_the_cache_lets_go_of_what_was_not_used_for_longest(tmp_path: Path, target: str) -> None:
    (tmp_path / "home").mkdir()
    with open_centre(tmp_path / "home") as centre:
        numbers = [direct_run(centre) for _ in range(3)]
        archive(centre, target)
        locator = centre.testbed.records._locator
        size = sum(each.stat().st_size for each in Path(target[7:]).rglob("*.h5")) // 3
        locator._cache_limit = 2 * size + size // 2
        office, records = centre.who("office"), centre.testbed.records
        for number in (numbers[0], numbers[1], numbers[0], numbers[2]):
            assert records.file(office, number) is not None
        kept = {each.name for each in centre.testbed.settings.cache.iterdir()}
        assert kept == {numbers[0], numbers[2]}
        assert records.file(office, numbers[1]) is not None


def test_only_staff_archive_and_fetch(centre: Centre, target: str) -> None:
    number = direct_run(centre)
    keeping, alpha = centre.testbed.keeping, centre.who("alpha")
    (refused,) = keeping.archive(alpha, target, 0 * DAY)
    assert refused.objections[0].code == "retention-by-staff"
    assert against(keeping.fetch(alpha, number)) == ["retention-by-staff"]
    assert against(keeping.schedule(alpha)) == ["retention-by-staff"]
    assert against(keeping.hold(alpha, number, "mine")) == ["retention-by-staff"]
    assert file_of(centre, number).exists()


def test_a_record_goes_when_its_years_are_over_and_nothing_holds_it(
    centre: Centre, target: str
) -> None:
    number = direct_run(centre)
    testbed, office = centre.testbed, centre.who("office")
    assert testbed.records.export(office, number, "csv") is not None
    archive(centre, target)
    assert testbed.records.file(office, number) is not None
    keeping = testbed.keeping

    def delete(login: str, *, dry_run: bool = False) -> list[str]:
        (moved,) = keeping.delete(centre.who(login), (number,), dry_run=dry_run)
        return [each.code for each in moved.objections] or [moved.code]

    assert delete("office") == ["record-kept"]
    centre.clock.sleep(4 * 365 * 86400)
    (row,) = keeping.schedule(office)
    assert (row.name, row.due, row.held) == ("development", True, ())
    assert isinstance(keeping.hold(centre.who("engineer"), number, "complaint 12"), Done)
    assert delete("office") == ["record-held"]
    (row,) = keeping.schedule(office)
    assert (row.due, row.held) == (False, ("complaint 12 (engineer)",))
    assert against(keeping.lift(centre.who("engineer"), number, "over")) == ["retention-by-office"]
    assert isinstance(keeping.lift(office, number, "settled"), Done)
    assert isinstance(keeping.classify(office, number, "certification"), Done)
    assert delete("office") == ["record-kept"]
    centre.clock.sleep(8 * 365 * 86400)
    assert delete("engineer") == ["retention-by-office"]
    assert delete("office", dry_run=True) == ["would-delete"]
    assert testbed.records.file(office, number) is not None
    assert delete("office") == ["deleted"]
    assert testbed.records.file(office, number) is None
    assert [each for each in Path(target[7:]).rglob("*") if each.is_file()] == []
    home = testbed.settings.home
    assert [each for each in home.rglob(f"{number}*") if each.is_file()] == []
    trail = [row.transition for row in testbed.queries.audit(office, number)]
    assert trail[-5:] == ["archive", "hold", "lift", "classify", "delete-record"]
    detail = testbed.queries.run(office, number)
    assert detail is not None
    assert len(detail.file_hash) == 64
    assert delete("office") == ["record-deleted"]
    assert against(keeping.hold(office, number, "late")) == ["record-deleted"]
    assert against(keeping.fetch(office, number)) == ["record-deleted"]


def test_what_awaits_its_review_is_never_due(centre: Centre) -> None:
    number = centre.whole_run("alpha")
    centre.clock.sleep(50 * 365 * 86400)
    office = centre.who("office")
    (moved,) = centre.testbed.keeping.delete(office, (number,), dry_run=False)
    assert [each.code for each in moved.objections] == ["record-open"]
    assert file_of(centre, number).exists()


def test_an_archive_in_s3(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    number = direct_run(centre)
    sealed = file_of(centre, number).read_bytes()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        address = f"http://{host}:{port}"
        boto3.client("s3", endpoint_url=address).create_bucket(Bucket="records")
        monkeypatch.setitem(fsspec.config.conf, "s3", {"endpoint_url": address})
        assert codes(archive(centre, "s3://records/centre")) == [(number, "archived")]
        assert not file_of(centre, number).exists()
        found = centre.testbed.records.file(centre.who("alpha"), number)
        assert found is not None
        assert found.read_bytes() == sealed
        listed = boto3.client("s3", endpoint_url=address).list_objects_v2(Bucket="records")
        assert [each["Key"] for each in listed["Contents"]] == [
            f"centre/{number.split('-')[1]}/{number}.h5"
        ]
    finally:
        server.stop()
        s3fs.S3FileSystem.clear_instance_cache()
    found.unlink()
    with pytest.raises(RecordUnreachable, match=f"s3://records/centre/.*{number}.h5 cannot be"):
        centre.testbed.records.file(centre.who("alpha"), number)
