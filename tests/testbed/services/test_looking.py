"""Looking at curves over a real centre: rights, what may be kept, sizes, and many runs together."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest

import runs
from dashboard.security import COOKIE
from testbed.domain.people import Actor
from testbed.services.commands import BookingKind
from testbed.services.looking import MOST_OVERLAID, Gathered, Gathering, Looking, View
from testbed.services.open_runs import OpenRuns
from tests.dashboard.app import served
from tests.testbed.centres import NOW, Centre, open_centre, write_record
from tests.testbed.test_frames import unpack

FORCE = View(y="force")


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    with open_centre(tmp_path) as opened:
        yield opened


class Shelf:
    """Runs in a directory that everybody may see."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def file(self, actor: Actor, run: str) -> tuple[Path, bool] | None:
        return self.directory / f"{run}.h5", True

    def files(self, actor: Actor, numbers):
        return tuple((number, self.directory / f"{number}.h5") for number in numbers)


def record(path: Path, values: np.ndarray, *, scope: np.ndarray | None = None) -> None:
    axis = runs.Axis("sample_time", "s", np.arange(1000) / 1e6)
    streams = (runs.Blocks("scope", (runs.ChannelInfo("u", "V"),), (axis,)),)
    image = runs.Blocks(
        "spectrum", (runs.ChannelInfo("level", "V"),), (runs.Axis("bin", "Hz", np.arange(9.0)),)
    )
    header = runs.Header(
        run=path.stem,
        title="",
        started=NOW,
        channels=(runs.ChannelInfo("force", "N"), runs.ChannelInfo("extension", "mm")),
        streams=(*streams, image) if scope is not None else (),
    )
    with runs.create(path, header) as writer:
        writer.extend(np.arange(len(values)) * 0.01, values, np.arange(len(values)) * 1e-3)
        for index, block in enumerate(scope if scope is not None else ()):
            writer.stream("scope").append(index * 0.001, block)
            writer.stream("spectrum").append(index * 0.001, np.zeros(9))
        writer.close(ending="completed")


def test_runs_that_may_not_be_seen_are_as_if_they_did_not_exist(centre: Centre) -> None:
    open_one = centre.whole_run("alpha", BookingKind.DIRECT, performer="alpha")
    closed = centre.whole_run("alpha")
    foreign = centre.whole_run("beta", BookingKind.DIRECT, performer="beta")
    looking, alpha = centre.testbed.looking, centre.who("alpha")
    asked = (open_one, closed, foreign, "R-1999-00001")
    assert [run.number for run in looking.find(alpha, asked)] == [open_one]
    last = list(looking.gather(alpha, asked, FORCE))[-1]
    assert isinstance(last, Gathered)
    assert last.numbers == (open_one,)
    assert len(looking.find(centre.who("engineer"), asked)) == 3


def test_the_routes_answer_windows_differences_and_bands(centre: Centre) -> None:
    one, other, _ = (
        centre.whole_run("alpha", BookingKind.DIRECT, performer="alpha") for _ in range(3)
    )
    foreign = centre.whole_run("beta", BookingKind.DIRECT, performer="beta")
    token, _ = centre.testbed.people.sign_in("alpha", "long enough password")
    with (
        served(centre.testbed) as (address, _),
        httpx.Client(base_url=f"{address}/api/v1", cookies={COOKIE: token}) as client,
    ):
        window = client.get(f"/runs/{one}/window", params={"y": "force", "with": [foreign, other]})
        assert window.headers["cache-control"] == "no-store"
        traces = unpack(window.content)
        # The foreign run is left out; the places of the others stay.
        assert [trace["place"] for trace in traces] == [0, 2]
        assert traces[0]["samples"] == traces[0]["inside"] == 200
        held = {"if-none-match": window.headers["etag"]}
        again = client.get(window.request.url, headers=held)
        assert (again.status_code, again.content) == (304, b"")
        narrow = client.get(f"/runs/{one}/window", params={"y": "force", "start": 1, "end": 2})
        assert narrow.headers["etag"] != window.headers["etag"]
        assert unpack(narrow.content)[0]["inside"] < 200
        difference = client.get(
            f"/runs/{one}/difference", params={"y": "force", "with": other, "to": "mean"}
        )
        assert np.allclose(unpack(difference.content)[0]["y"], 0)
        lines = client.get("/distribution", params={"method": "iso-6892-1", "y": "force"})
        last = lines.text.strip().split("\n")[-1]
        assert '"runs": 3' in last
        assert client.get(f"/runs/{one}/curves").json()[0]["channel"] == "force"
        for path, params, status in (
            (f"/runs/{foreign}/window", {"y": "force"}, 404),
            (f"/runs/{foreign}/difference", {"y": "force", "with": one}, 404),
            (f"/runs/{foreign}/curves", {}, 404),
            (f"/runs/{one}/window", {"y": "force", "start": 2, "end": 1}, 422),
            (f"/runs/{one}/window", {"y": "force", "start": "nan"}, 422),
            (f"/runs/{one}/window", {"y": "force", "with": [other] * 8}, 422),
            (f"/runs/{one}/window", {}, 422),
        ):
            assert client.get(path, params=params).status_code == status, (path, params)


def test_a_growing_run_has_no_tag_and_an_ended_one_changes_its_tag_with_its_file(
    centre: Centre,
) -> None:
    looking, engineer = centre.testbed.looking, centre.who("engineer")
    number = centre.start(centre.book())
    assignment = centre.claim()
    centre.record(assignment)
    assert looking.tag(looking.find(engineer, (number,)), FORCE) is None
    centre.finish(assignment)
    found = looking.find(engineer, (number,))
    first = looking.tag(found, FORCE)
    assert first == looking.tag(found, View(y="force"))
    assert first != looking.tag(found, View(y="force", low=1.0))
    assignment.file.unlink()
    write_record(assignment.file, number, NOW, 300)
    assert looking.tag(looking.find(engineer, (number,)), FORCE) != first


def test_readers_stay_open_until_others_need_the_room_or_the_file_is_another(
    tmp_path: Path,
) -> None:
    paths = [tmp_path / f"R-{index}.h5" for index in range(3)]
    for path in paths:
        write_record(path, path.stem, NOW, 20)
    opened = OpenRuns(kept=2)
    with opened.lend(paths[0], ended=True) as first:
        pass
    with opened.lend(paths[0], ended=True) as again:
        assert again is first
    for path in paths[1:]:
        with opened.lend(path, ended=True) as other:
            assert other.curves.rows() == 20
    with opened.lend(paths[0], ended=True) as later:
        assert later is not first
    shutil.copy(paths[1], tmp_path / "copy")
    (tmp_path / "copy").replace(paths[0])
    with opened.lend(paths[0], ended=True) as replaced:
        assert replaced is not later
    with opened.lend(paths[2], ended=False) as growing, opened.lend(paths[2], ended=False) as two:
        assert growing is not two
    opened.close()
    with pytest.raises(FileNotFoundError), opened.lend(tmp_path / "none.h5", ended=True):
        pass


def test_waveforms_are_offered_over_time_and_spectra_are_not(tmp_path: Path) -> None:
    blocks = np.arange(3000.0).reshape(3, 1000)
    record(tmp_path / "R-1.h5", np.arange(50.0), scope=blocks)
    looking = Looking(Shelf(tmp_path))
    offers = looking.offers(None, "R-1")
    assert [(each.stream, each.channel, each.samples) for each in offers] == [
        ("", "force", 50),
        ("", "extension", 50),
        ("scope", "u", 3000),
    ]
    found = looking.find(None, ("R-1",))
    (seen,) = looking.windows(found, View(y="u", stream="scope", low=0.001, high=0.0014999))
    assert (seen.inside, seen.samples) == (500, 3000)
    assert looking.windows(found, View(y="level", stream="spectrum")) == ()
    assert looking.windows(found, View(y="u")) == ()
    looking.close()


@pytest.mark.parametrize("x", ["time", "extension"])
def test_no_window_is_too_large_and_a_spike_survives(tmp_path: Path, x: str) -> None:
    values = np.random.default_rng(2).normal(size=300_000)
    values[123_456] = 1e3
    record(tmp_path / "R-1.h5", values)
    looking = Looking(Shelf(tmp_path))
    (seen,) = looking.windows(looking.find(None, ("R-1",)), View(y="force", x=x, pixels=99_999))
    assert len(seen.window.x) <= 7000
    assert np.nanmax(seen.window.y) == 1e3
    assert (seen.window.exact, seen.inside) == (False, 300_000)
    looking.close()


def test_differences_need_two_runs_and_a_span(tmp_path: Path) -> None:
    for index in range(3):
        record(tmp_path / f"R-{index}.h5", np.arange(100.0) * (index + 1))
    looking = Looking(Shelf(tmp_path))
    found = looking.find(None, ("R-0", "R-1", "R-2"))
    made = looking.differences(found, FORCE, "first")
    assert set(made) == {0, 1, 2}
    np.testing.assert_allclose(made[2].high, np.arange(100.0) * 2)
    assert looking.differences(found[:1], FORCE, "first") == {}
    assert looking.differences(found, View(y="force", low=5000, high=6000), "first")[0].exact
    assert looking.differences(found, View(y="no"), "first") == {}
    assert len(looking.find(None, [f"R-{i % 3}" for i in range(9)])) == 3
    assert MOST_OVERLAID == 8
    looking.close()


def test_many_runs_are_gathered_with_word_of_how_far_it_is(tmp_path: Path) -> None:
    numbers = [f"R-{index}" for index in range(45)]
    for index, number in enumerate(numbers):
        record(tmp_path / f"{number}.h5", np.full(200, float(index)) + (1e4 if index == 7 else 0))
    (tmp_path / "R-3.h5").write_bytes(b"no run")
    looking = Looking(Shelf(tmp_path))
    *steps, last = looking.gather(None, numbers, FORCE)
    assert all(isinstance(step, Gathering) for step in steps)
    assert [(step.done, step.total) for step in steps] == [(0, 45), (20, 45), (40, 45), (45, 45)]
    assert isinstance(last, Gathered)
    assert len(last.numbers) == 44
    assert last.distribution is not None
    assert last.numbers[last.distribution.outliers[0].index] == "R-7"
    assert np.nanmax(last.distribution.median) == pytest.approx(22.5, abs=1)
    *_, none = looking.gather(None, [], FORCE)
    assert none == Gathered((), None)
    looking.close()
