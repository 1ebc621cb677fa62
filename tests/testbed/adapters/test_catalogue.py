"""The catalogue of runs, on both databases: what is found, and by whom."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from unicodedata import normalize

import pytest
from sqlalchemy import text

import runs
from testbed import bootstrap
from testbed.adapters import catalogue_files
from testbed.adapters.catalogue_sample import fill_sample
from testbed.domain.objections import Refused
from testbed.domain.people import Actor
from testbed.engine.ports import Ending
from testbed.services.catalogue import SearchPage
from testbed.services.commands import BookingKind
from testbed.services.searching import Search, read_search
from testbed.settings import Settings
from tests.testbed.centres import ENGINES, Centre, open_centre

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


@pytest.fixture(params=ENGINES)
def centre(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Centre]:
    with open_centre(tmp_path, request.param) as opened:
        yield opened


def ask(centre: Centre, who: str | Actor = "engineer", **given: str | list[str]) -> SearchPage:
    wanted = read_search(
        {
            name.rstrip("_"): value if isinstance(value, list) else [value]
            for name, value in given.items()
        }
    )
    assert isinstance(wanted, Search), wanted
    actor = centre.who(who) if isinstance(who, str) else who
    return centre.testbed.catalogue.search(actor, wanted)


def numbers(found: SearchPage) -> list[str]:
    return [each.row.number for each in found.rows]


def counted(found: SearchPage, facet: str) -> dict[str, int]:
    return {each.value: each.count for each in found.facets[facet]}


def foreign(
    path: Path, run: str, started: datetime = START, rows: int = 3, **attributes: str | float
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    header = runs.Header(
        run=run,
        title=str(attributes.pop("title", "굽힘 시험 three-point bending")),
        started=started,
        channels=(runs.ChannelInfo("force", "N"),),
        attributes=attributes,
    )
    with runs.create(path, header) as writer:
        for row in range(rows):
            writer.append(float(row), 1.0)


# Words


WORDS = (
    "R-2026-00001", "r-2026", "2026-00001", "00001", "iso-6892", "6892-1", "인장", "인장시험",
    "금속재료", "금속 재료", "인", "tensile TEST", "tens", "알파", "alpha metals", "sus304", "304",
    "S-2026-00001", "utm-1", "만능재료시험기", "Universal", "EQ-001", "LF-EQ-001", "engineer",
    normalize("NFD", "알파금속"), "ＳＵＳ３０４", "",
)  # fmt: skip


def test_a_run_is_found_by_any_of_its_words(centre: Centre) -> None:
    number = centre.whole_run()
    for words in WORDS:
        assert numbers(ask(centre, q=words)) == [number], words


def test_words_that_are_nowhere_find_nothing(centre: Centre) -> None:
    centre.whole_run()
    for words in (
        "베타",
        "alpha beta",
        "%",
        "_",
        "\\",
        "xyz",
        "인장강도",
        "장인",
        "=all",
        "=open",
    ):
        found = ask(centre, q=words)
        assert (found.rows, found.total) == ((), 0), words
        assert all(counts == () for counts in found.facets.values()), words


def test_every_word_has_to_be_there(centre: Centre) -> None:
    alpha, beta = centre.whole_run("alpha"), centre.whole_run("beta")
    assert numbers(ask(centre, q="인장")) == [beta, alpha]
    assert numbers(ask(centre, q="인장 알파")) == [alpha]
    assert numbers(ask(centre, specimen="SUS304")) == [alpha]
    assert numbers(ask(centre, specimen="secret")) == [beta]
    # Words of the specimen are looked for in the specimen alone.
    assert numbers(ask(centre, specimen="인장")) == []


# Facets, days and results


def test_facets_count_what_another_choice_would_find(centre: Centre) -> None:
    alpha, beta = centre.whole_run("alpha"), centre.whole_run("beta", ending=Ending.ABORTED)
    found = ask(centre)
    assert counted(found, "firm") == {"alpha": 1, "beta": 1}
    assert counted(found, "state") == {"completed": 1, "aborted": 1}
    assert counted(found, "year") == {"2026": 2}
    assert counted(found, "equipment") == {"EQ-001": 2}
    assert found.facets["equipment"][0].ko == "만능재료시험기"
    found = ask(centre, firm="alpha")
    assert numbers(found) == [alpha]
    # Its own choice does not hide the others of a facet; it does in every other facet.
    assert counted(found, "firm") == {"alpha": 1, "beta": 1}
    assert counted(found, "state") == {"completed": 1}
    assert numbers(ask(centre, firm=["alpha", "beta"])) == [beta, alpha]
    assert numbers(ask(centre, firm="alpha", state="aborted")) == []
    found = ask(centre, firm="nobody")
    assert (found.total, counted(found, "firm")) == (0, {"alpha": 1, "beta": 1, "nobody": 0})


def test_days_are_those_of_the_centre(centre: Centre) -> None:
    number = centre.whole_run()  # at 12:00 of 24 November in Seoul
    assert numbers(ask(centre, from_="2026-11-24", to="2026-11-24")) == [number]
    assert numbers(ask(centre, to="2026-11-23")) == []
    assert numbers(ask(centre, from_="2026-11-25")) == []


def test_results_are_found_by_their_range(centre: Centre) -> None:
    number = centre.whole_run()  # Rm is 497.0234 MPa
    for inside in ("rm>=400", "rm>497.0233", "rm=497..498", "rm<500 MPa", "rm", "rm>=400,rm<=500"):
        found = ask(centre, result=inside)
        assert numbers(found) == [number], inside
        assert found.rows[0].values == {"rm": 497.0234}
    for outside in ("rm>497.0234", "rm<400", "rm>=400 GPa", "rp02>0", "rm=1..2"):
        assert numbers(ask(centre, result=outside)) == [], outside
    assert ask(centre).quantities == {("rm", "MPa"): 1}


def test_what_was_found_sorts_by_start_and_by_result(centre: Centre) -> None:
    order = [centre.whole_run() for _ in range(4)]
    assert numbers(ask(centre)) == order[::-1]
    assert numbers(ask(centre, sort="oldest")) == order
    page = ask(centre, size="3", page="2")
    assert (numbers(page), page.total, page.page, page.pages) == ([order[0]], 4, 2, 2)
    assert numbers(ask(centre, size="3", page="99", sort="oldest")) == [order[3]]
    assert set(numbers(ask(centre, sort="highest", result="rm"))) == set(order)


# Who may know


def test_a_firm_learns_nothing_of_another_firm(centre: Centre) -> None:
    centre.whole_run("beta")
    alpha = centre.who("alpha")
    secrets = ("beta", "베타", "secret", "S-2026", "R-2026", "인장", "EQ-001", "engineer", "")
    for words in secrets:
        found = ask(centre, alpha, q=words)
        assert (found.rows, found.total, dict(found.quantities)) == ((), 0, {}), words
        assert all(counts == () for counts in found.facets.values()), words
    for given in ({"firm": "beta"}, {"result": "rm"}, {"outcome": "fail"}, {"year": "2026"}):
        found = ask(centre, alpha, **given)
        assert (found.rows, found.total) == ((), 0), given
        assert sum(each.count for each in found.facets[next(iter(found.facets))]) == 0
    assert "firm" not in ask(centre, alpha).facets


def test_the_same_questions_find_it_for_those_who_may(centre: Centre) -> None:
    number = centre.whole_run("beta")
    for words in ("beta", "베타", "secret", "인장", "EQ-001", ""):
        assert numbers(ask(centre, "beta", q=words)) == [number], words
        assert numbers(ask(centre, "reviewer", q=words)) == [number], words


def test_values_and_verdict_are_found_once_the_run_is_accepted(centre: Centre) -> None:
    number = centre.whole_run("alpha")
    found = ask(centre, "alpha")
    assert (numbers(found), found.facets["outcome"], dict(found.quantities)) == ([number], (), {})
    for given in ({"outcome": "fail"}, {"result": "rm"}, {"result": "rm>=400"}):
        assert numbers(ask(centre, "alpha", **given)) == [], given
        assert numbers(ask(centre, "engineer", **given)) == [number], given
    centre.testbed.review.accept(centre.who("reviewer"), number, "fine")
    for given in ({"outcome": "fail"}, {"result": "rm>=400"}, {"review": "accepted"}):
        assert numbers(ask(centre, "alpha", **given)) == [number], given
    assert ask(centre, "alpha", result="rm").rows[0].values == {"rm": 497.0234}
    assert counted(ask(centre, "alpha"), "outcome") == {"fail": 1}


def test_maintenance_is_the_centres_own_affair(centre: Centre) -> None:
    number = centre.whole_run("engineer", BookingKind.MAINTENANCE)
    assert numbers(ask(centre, "engineer")) == [number]
    office = replace(centre.who("alpha"), organisation=centre.who("engineer").organisation)
    assert numbers(ask(centre, office)) == []


# What happens to a run


def test_a_run_is_found_from_its_start_to_its_review(centre: Centre) -> None:
    number = centre.start(centre.book())
    assert counted(ask(centre), "state") == {"queued": 1}
    assignment = centre.claim()
    assert counted(ask(centre), "state") == {"running": 1}
    assert counted(ask(centre), "review") == {"none": 1}
    centre.record(assignment)
    centre.finish(assignment)
    assert counted(ask(centre), "state") == {"completed": 1}
    assert counted(ask(centre), "review") == {"waiting": 1}
    centre.testbed.review.send_back(centre.who("reviewer"), number, "again")
    assert counted(ask(centre), "review") == {"sent_back": 1}
    assert numbers(ask(centre, state="queued")) == numbers(ask(centre, review="waiting")) == []


def test_a_withdrawn_run_is_found_as_aborted(centre: Centre) -> None:
    number = centre.start(centre.book())
    centre.testbed.execution.abort(centre.who("engineer"), number)
    assert counted(ask(centre), "state") == {"aborted": 1}
    second = centre.start(centre.book("beta", hours=3, bench="utm-2"))
    centre.clock.sleep(5 * 3600)
    centre.ready()
    assert centre.testbed.centre.claim("utm-2") is None
    assert set(numbers(ask(centre, state="aborted"))) == {number, second}


# From the files alone


def _told(centre: Centre) -> object:
    found = ask(centre, q="", result="rm")
    return found.total, set(numbers(found)), found.facets, found.quantities


def test_a_full_index_changes_nothing_where_all_is_well(centre: Centre) -> None:
    for login in ("alpha", "beta"):
        centre.whole_run(login)
    centre.start(centre.book())
    before, everything = _told(centre), numbers(ask(centre))
    for full in (True, False, True):
        report = centre.testbed.catalogue.index(full=full)
        assert (report.files, report.removed, report.entries, report.unreadable) == (2, 0, 3, ())
        assert report.read == (2 if full else 0)
        assert _told(centre) == before
        assert numbers(ask(centre)) == everything


def test_files_of_unknown_origin_are_found_by_the_centre_alone(centre: Centre) -> None:
    home = centre.testbed.settings.runs
    foreign(home / "imported" / "old.h5", "X-17", method="iso-178", specimen_name="PA66 bar",
            result_sigma_f=81.5, result_sigma_f_unit="MPa", jaw_maker="Zwick", jaw_model="Z10",
            jaw_serial="77-1", performer="김시험", outcome="pass")  # fmt: skip
    report = centre.testbed.catalogue.index()
    assert (report.files, report.read, report.entries) == (1, 1, 1)
    for given in ({"q": "X-17"}, {"q": "굽힘"}, {"q": "bending"}, {"q": "김시"},
                  {"q": "zwick 77-1"}, {"specimen": "PA66"}, {"method": "iso-178"},
                  {"result": "sigma_f>80 MPa"},
                  {"outcome": "pass"}, {"state": "completed"}, {"equipment": "Zwick Z10 77-1"},
                  {"year": "2026"}, {"q": "imported/old"}):  # fmt: skip
        found = ask(centre, **given)  # type: ignore[arg-type]
        assert numbers(found) == ["X-17"], given
        assert not found.rows[0].on_record
        assert ask(centre, "alpha", **given).total == 0, given  # type: ignore[arg-type]


def test_a_file_that_names_its_organisation_is_known_to_it(centre: Centre) -> None:
    home = centre.testbed.settings.runs
    foreign(home / "a.h5", "X-1", organisation_code="alpha", result_rm=1.0)
    foreign(home / "b.h5", "X-2", organisation_code="nobody")
    foreign(home / "c.h5", "X-3", organisation_code="alpha", booking_kind="maintenance")
    centre.testbed.catalogue.index()
    found = ask(centre, "alpha")
    assert numbers(found) == ["X-1"]
    # What it found is open to nobody but the centre, as nobody has accepted it.
    assert (dict(found.quantities), found.rows[0].place) == ({}, "")
    assert ask(centre, "beta").total == 0
    assert ask(centre).total == 3


def test_a_file_cannot_take_the_place_of_another_run(centre: Centre) -> None:
    number = centre.whole_run("beta")
    home = centre.testbed.settings.runs
    foreign(home / "elsewhere" / f"{number}.h5", number, organisation_code="alpha")
    centre.testbed.catalogue.index()
    assert numbers(ask(centre)) == [number, number]
    assert [each.on_record for each in ask(centre).rows] == [True, False]
    assert [each.on_record for each in ask(centre, "alpha").rows] == [False]


def test_a_centre_without_its_records_finds_its_runs_by_their_files(
    centre: Centre, tmp_path: Path
) -> None:
    """The database is lost; a new one learns everything that the files tell."""
    number = centre.start(centre.book())
    assignment = centre.claim()
    foreign(assignment.file, number, method="iso-6892-1", **assignment.facts)
    centre.finish(assignment)
    home = tmp_path / "new"
    settings = Settings(home=home, database=f"sqlite:///{home / 'testbed.db'}")
    home.mkdir()
    (home / "runs").symlink_to(centre.testbed.settings.runs)
    fresh = bootstrap.build(settings)
    fresh.catalogue.index()
    other = Centre(fresh, centre.clock)
    staff = centre.who("engineer")
    for given in ({"q": number}, {"q": "알파금속"}, {"q": "alpha"}, {"q": "SUS304"}, {"q": "utm-1"},
                  {"q": "engineer"}, {"result": "rm>=400"}, {"outcome": "fail"}, {"q": "인장"},
                  {"method": "iso-6892-1"}, {"equipment": "EQ-001"}, {"q": "B-2026"}):  # fmt: skip
        assert numbers(ask(other, staff, **given)) == [number], given  # type: ignore[arg-type]
    fresh.close()


def test_only_what_changed_is_read_again(centre: Centre) -> None:
    home = centre.testbed.settings.runs
    for run in range(5):
        foreign(home / f"{run}.h5", f"X-{run}")
    index = centre.testbed.catalogue.index
    assert (index().read, index().read) == (5, 0)
    (home / "2.h5").unlink()
    foreign(home / "2.h5", "Y-2", rows=50)
    (home / "3.h5").unlink()
    report = index()
    assert (report.files, report.read, report.removed, report.entries) == (4, 1, 1, 4)
    assert set(numbers(ask(centre))) == {"X-0", "X-1", "Y-2", "X-4"}
    assert ask(centre, q="X-2").total == ask(centre, q="X-3").total == 0


def test_unreadable_files_are_named_and_left_out(centre: Centre) -> None:
    home = centre.testbed.settings.runs
    number = centre.whole_run()
    foreign(home / "good.h5", "X-1")
    (home / "text.h5").write_text("no run at all")
    (home / "empty.h5").touch()
    for full in (False, True, False):
        report = centre.testbed.catalogue.index(full=full)
        assert sorted(place for place, _ in report.unreadable) == ["empty.h5", "text.h5"]
        assert all(why for _, why in report.unreadable)
        assert set(numbers(ask(centre))) == {number, "X-1"}
    # A run on record stays, whatever became of its file; one that is a file alone goes.
    (home / "2026" / f"{number}.h5").write_text("damaged")
    (home / "good.h5").write_text("damaged")
    assert len(centre.testbed.catalogue.index().unreadable) == 4
    assert numbers(ask(centre, q="알파")) == [number]
    assert ask(centre).total == 1


def test_several_processes_read_the_same(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue_files, "_LONG", 0.0)
    monkeypatch.setattr(catalogue_files, "_CHUNK", 2)
    home = centre.testbed.settings.runs
    for run in range(20):
        foreign(home / f"{run}.h5", f"X-{run}")
    (home / "bad.h5").write_text("nothing")
    report = centre.testbed.catalogue.index(full=True, processes=2)
    assert (report.files, report.read, report.entries) == (21, 20, 20)
    assert [place for place, _ in report.unreadable] == ["bad.h5"]
    assert ask(centre, q="bending").total == 20


def test_a_search_sees_all_or_nothing_of_a_rebuild(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue_files, "SLOTS", 8)
    home = centre.testbed.settings.runs
    for run in range(40):
        foreign(home / f"{run:02}.h5", f"X-{run}")
    catalogue, staff = centre.testbed.catalogue, centre.who("engineer")
    catalogue.index(full=True)
    totals, over = set(), Event()

    def look() -> None:
        while not over.is_set():
            totals.add(catalogue.search(staff, Search(words="bending")).total)

    watcher = Thread(target=look)
    watcher.start()
    for _ in range(3):
        catalogue.index(full=True)
    over.set()
    watcher.join()
    assert totals == {40}


def test_a_run_that_ends_during_a_rebuild_is_not_forgotten(centre: Centre) -> None:
    home = centre.testbed.settings.runs
    for run in range(70):
        foreign(home / f"{run:02}.h5", f"X-{run}")
    started: list[str] = []

    def meanwhile(done: int, total: int) -> None:
        if not started:
            started.append(centre.whole_run())

    report = centre.testbed.catalogue.index(full=True, progress=meanwhile)
    assert report.entries == 71
    assert numbers(ask(centre, q="알파", state="completed")) == started


def test_of_two_rebuilds_the_later_one_stands(centre: Centre) -> None:
    foreign(centre.testbed.settings.runs / "a.h5", "X-1")
    catalogue = centre.testbed.catalogue

    def overtake(done: int, total: int) -> None:
        catalogue.index(full=True)

    with pytest.raises(catalogue_files.Overtaken):
        catalogue.index(full=True, progress=overtake)
    assert ask(centre).total == 1


def test_a_torn_catalogue_is_made_again_when_the_centre_opens(centre: Centre) -> None:
    number = centre.whole_run()
    for harm in (
        "DROP TABLE catalogue_postings",
        "DROP TABLE catalogue_entries",
        "DELETE FROM catalogue_postings",
        "DELETE FROM catalogue_state",
        "UPDATE catalogue_state SET version = 0",
        "DELETE FROM catalogue_blocks",
    ):
        with centre.testbed.database.writing() as connection:
            connection.execute(text(harm))
            connection.commit()
        again = bootstrap.build(centre.testbed.settings, centre.clock)
        other = Centre(again, centre.clock)
        for given in ({"q": "인장"}, {"result": "rm>=400"}, {"outcome": "fail"}):
            assert numbers(ask(other, **given)) == [number], (harm, given)
        again.close()


# Searches that people keep


def test_a_person_keeps_renames_and_deletes_searches(centre: Centre) -> None:
    catalogue, alpha, beta = centre.testbed.catalogue, centre.who("alpha"), centre.who("beta")
    kept = catalogue.save(alpha, " 인장 ", "q=인장")
    assert isinstance(kept, int)
    assert catalogue.save(alpha, "인장", "q=인장&year=2026") == kept
    assert [(s.name, s.query) for s in catalogue.saved(alpha)] == [("인장", "q=인장&year=2026")]
    assert catalogue.saved(beta) == ()
    for refused in (
        catalogue.rename(beta, kept, "mine"),
        catalogue.drop(beta, kept),
        catalogue.save(alpha, "  ", "q=1"),
        catalogue.save(alpha, "x" * 81, "q=1"),
    ):
        assert isinstance(refused, Refused)
    assert not isinstance(catalogue.rename(alpha, kept, "Tensile"), Refused)
    other = catalogue.save(alpha, "Other", "q=2")
    assert isinstance(catalogue.rename(alpha, int(other), "Tensile"), Refused)  # type: ignore[arg-type]
    assert not isinstance(catalogue.drop(alpha, kept), Refused)
    assert [each.name for each in catalogue.saved(alpha)] == ["Other"]


# Many


def test_a_thousand_runs_are_counted_exactly(centre: Centre) -> None:
    """What the index says agrees with what the tables say, on a sample of a busy centre."""
    empty = centre.testbed.settings.home / "sample.db"
    url = centre.testbed.settings.database
    if not url.startswith("sqlite"):
        pytest.skip("the sample is drawn alike on both; one is enough")
    settings = Settings(home=empty.parent, database=f"sqlite:///{empty}")
    testbed = bootstrap.build(settings)
    began = time.monotonic()
    fill_sample(testbed.database, 1000)
    assert time.monotonic() - began < 60
    staff, sample = centre.who("engineer"), Centre(testbed, centre.clock)

    def rows(where: str) -> int:
        with testbed.database.reading() as connection:
            count = (
                f"SELECT count(*) FROM runs JOIN specimens s ON s.id = specimen_id WHERE {where}"
            )
            return int(connection.execute(text(count)).scalar_one())

    for given, where in (
        ({"method": "iso-6892-1"}, "method = 'iso-6892-1'"),
        ({"specimen": "판재"}, "s.name LIKE '%판재%'"),
        ({"q": "SUS304"}, "s.name LIKE '%SUS304%'"),
        ({"state": ["aborted", "error"]}, "ending IN ('aborted', 'error')"),
        ({"outcome": "pass", "method": "iso-148-1"}, "outcome = 'pass' AND method = 'iso-148-1'"),
        ({"q": "가나다"}, "1 = 0"),
    ):
        found = ask(sample, staff, **given)  # type: ignore[arg-type]
        assert found.total == rows(where), given
    assert sum(counted(ask(sample, staff), "method").values()) == 1000
    testbed.close()
