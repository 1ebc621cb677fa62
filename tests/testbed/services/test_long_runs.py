"""A run in several files, as people see it: one curve, one live view, one download."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest

import runs
from testbed.engine.record import RollOver, RunRecord
from testbed.engine.segments import digest, parts
from testbed.services.following import FollowedRecord
from testbed.services.looking import View
from tests.testbed.centres import Centre, open_centre

HOURS, EACH = 4, 60


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    with open_centre(tmp_path) as opened:
        yield opened


def long_record(centre: Centre, assignment) -> RunRecord:
    header = runs.Header(
        run=assignment.run,
        title=assignment.run,
        started=centre.clock.now(),
        channels=tuple(
            runs.ChannelInfo(name, unit)
            for name, unit in (("force", "N"), ("extension", "mm"), ("travel", "mm"))
        ),
        phases=("pull",),
    )
    assignment.file.parent.mkdir(parents=True, exist_ok=True)
    return RunRecord(assignment.file, header, RollOver(hours=1.0))


def follow(file: Path) -> None:
    """Watch the run from its first file on, and see the others take over."""
    later = parts(file)[1:]
    for each in later:
        each.rename(each.with_suffix(".later"))
    followed = FollowedRecord(file)
    assert followed.rows == EACH
    stamp = followed.stamp()
    for each in later:
        each.with_suffix(".later").rename(each)
    assert followed.stamp() != stamp
    assert followed.rows == HOURS * EACH
    found, held = [], 0
    while held < HOURS * EACH:
        block = followed.read(held)
        found.append(block["force"])
        held += len(block["time"])
    np.testing.assert_array_equal(np.concatenate(found), np.arange(HOURS * EACH))
    (curve,) = followed.history([("time", "force")], pixels=800)
    np.testing.assert_array_equal(curve.ys, np.arange(HOURS * EACH))
    followed.close()


def test_a_long_run_is_seen_followed_and_handed_out_as_one(centre: Centre) -> None:
    engineer, testbed = centre.who("engineer"), centre.testbed
    number = centre.start(centre.book())
    assignment = centre.claim()
    record = long_record(centre, assignment)
    for row in range(HOURS * EACH):
        record.record(row * 60.0, force=float(row), extension=row * 0.1, travel=0.0)
    ended = centre.clock.now() + timedelta(hours=HOURS)
    record.close("completed", attributes={}, ended=ended)
    assert len(parts(assignment.file)) == HOURS
    follow(assignment.file)
    centre.finish(assignment)

    (seen,) = testbed.looking.windows(testbed.looking.find(engineer, (number,)), View(y="force"))
    np.testing.assert_array_equal(seen.window.y, np.arange(HOURS * EACH))
    assert seen.samples == HOURS * EACH
    assert testbed.queries.run(engineer, number).file_hash == digest(assignment.file)
    lines = 0
    packed = testbed.records.export(engineer, number, "csv")
    assert packed is not None
    with ZipFile(packed) as inside:
        assert len(inside.namelist()) == HOURS
        for name in inside.namelist():
            lines += len(inside.read(name).splitlines()) - 1
    assert lines == HOURS * EACH
    raw = testbed.records.export(engineer, number, "h5")
    assert raw is not None
    assert raw.name == f"{number}.h5.zip"
