"""Runs that real benches carried out are evaluated again, from their files alone."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select, update

import runs as records
from testbed.adapters import simulation
from testbed.adapters.benches import read_bench
from testbed.adapters.methods import installed_methods
from testbed.adapters.reevaluation_tables import run_evaluations
from testbed.adapters.run_json import read_result
from testbed.adapters.run_tables import runs
from testbed.cli.main import main
from testbed.domain.conformity import Limit, Outcome
from testbed.domain.names import Name
from testbed.domain.objections import Refused
from testbed.domain.people import Activity
from testbed.engine.executor import carry_out
from testbed.engine.ports import BenchState, Ending
from testbed.services.commands import Booked, BookingKind, RequestBooking, Started, StartRun
from testbed.services.reevaluation import Reevaluated
from testbed.services.register import NewEquipment
from tests.testbed.centres import ENGINES, Centre, open_centre
from tests.testbed.engine.stage import Stage, stage
from tests.testbed.methods import test_signal_source

pytestmark = pytest.mark.xdist_group("reevaluation")
TENSILE, DISCHARGE, HEAT, SIGNAL = "iso-6892-1", "iec-61960-3", "iec-60068-2-2", "signal-source"


@dataclass(frozen=True)
class Kind:
    """How a run of a method comes about."""

    bench: str
    roles: tuple[str, ...]
    parameters: dict[str, float]
    limits: tuple[Limit, ...] = ()


KINDS = {
    TENSILE: Kind("utm-1", ("frame",), {"s0": 78.54}, (Limit(measurand="rm", low=400.0),)),
    DISCHARGE: Kind("battery-1", ("supply", "load", "meter"), {"rated_capacity": 2.5}),
    HEAT: Kind("climate-1", ("chamber", "meter"), {"duration": 2.0}),
    SIGNAL: Kind("", ("scope", "generator"), {"count": 3.0}),
}


@contextmanager
def simulated(kind: Kind, place: Path) -> Iterator[Stage]:
    if kind.bench:
        with stage(kind.bench, place) as opened:
            yield opened
        return
    path = place / "signals.toml"
    path.write_text(test_signal_source.BENCH, encoding="utf-8")
    with ExitStack() as ends:
        simulator = simulation.start(path, place / "state", ("--clock", "virtual"))
        ends.callback(simulator.stop)
        opened = Stage(read_bench(path).bench("@py", simulator.announcement), simulator)
        ends.callback(opened.close)
        yield opened


def furnish(centre: Centre, method: str, version: str) -> tuple[str, ...]:
    """Let the engineer carry out a method; gives the equipment that it takes."""
    register, bench = centre.testbed.register, f"{method}-bench"
    register.authorise(None, "engineer", method, version, Activity.PERFORM)
    codes = []
    for role in KINDS[method].roles:
        code = f"EQ-{method}-{role}".upper()
        register.add_equipment(
            None,
            NewEquipment(
                code=code, name=Name("장비", role), serial=code, bench=bench, role=role,
                methods=(method,), calibration_due=date(2027, 3, 31),
                calibration_certificate="KC-1",
            ),
        )  # fmt: skip
        codes.append(code)
    centre.testbed.centre.introduce(bench, Name("시험대", "Bench"))
    centre.testbed.centre.bench_is(bench, BenchState.READY)
    return tuple(codes)


def carried_out(
    centre: Centre, method: str, version: str, place: Path, patch: pytest.MonkeyPatch
) -> str:
    """Book, carry out on a simulated bench by a version of the method, and hand over."""
    kind, chosen = KINDS[method], installed_methods()[method]
    place.mkdir(exist_ok=True)
    with patch.context() as older:
        older.setattr(chosen, "version", version)
        equipment = furnish(centre, method, version)
        now = centre.clock.now()
        booked = centre.testbed.booking.request(
            centre.who("alpha"),
            RequestBooking(
                equipment=equipment, start=now, end=now + timedelta(hours=4), method=method,
                kind=BookingKind.REQUESTED, specimen=centre.specimens["alpha"],
            ),
        )  # fmt: skip
        assert isinstance(booked, Booked), booked
        started = centre.testbed.execution.start(
            centre.who("engineer"),
            StartRun(
                booking=booked.number, method=method, parameters=kind.parameters,
                limits=kind.limits,
            ),
        )  # fmt: skip
        assert isinstance(started, Started), started
        assignment = centre.testbed.centre.claim(f"{method}-bench")
        assert assignment is not None
        assert assignment.version == version
        with simulated(kind, place) as bench:
            result = carry_out(
                replace(assignment, lease_ends=None), chosen, bench.bench, bench.clock,
                bench.answer, control=bench.steering,
            )  # fmt: skip
        assert result.ending is Ending.COMPLETED, result
        centre.testbed.centre.finished(assignment.run, result)
    return started.run


def again(centre: Centre, run: str, version: str = "", **wish: object) -> Reevaluated:
    found = centre.testbed.reevaluation.evaluate(centre.who("engineer"), run, version, **wish)
    assert isinstance(found, Reevaluated), found
    return found


def on_record(centre: Centre) -> tuple[object, ...]:
    with centre.testbed.database.reading() as connection:
        return tuple(connection.execute(select(runs.c.result, runs.c.outcome, runs.c.file_hash)))


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("method", KINDS)
def test_the_same_version_gives_the_same_bits(
    method: str, version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_centre(tmp_path) as centre:
        run = carried_out(centre, method, version, tmp_path / "bench", monkeypatch)
        before = on_record(centre)
        found = again(centre, run)
        assert found.version == version
        assert found.identical, [row for row in found.rows if not row.identical]
        assert any(row.now is not None and row.now.value is not None for row in found.rows)
        stated = [row for row in found.rows if row.now is not None and row.now.uncertainty]
        assert bool(stated) is (version == "2")
        assert on_record(centre) == before
        assert again(centre, run, version, keep=True).kept is False
        assert centre.testbed.reevaluation.listed(centre.who("engineer"), run) == ()


@pytest.mark.parametrize("engine", ENGINES)
def test_another_version_stands_beside_the_first(
    engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_centre(tmp_path, engine) as centre:
        run = carried_out(centre, TENSILE, "1", tmp_path / "bench", monkeypatch)
        before = on_record(centre)
        file = centre.testbed.records.file(centre.who("engineer"), run)
        assert file is not None
        sealed = records.file_digest(file)
        found = again(centre, run, "2", keep=True)
        assert found.kept
        assert not found.identical
        row = next(row for row in found.rows if row.either.measurand == "rm")
        # Without uncertainty the limit was not decided on; with it the same value passes.
        assert row.before is not None
        assert row.now is not None
        assert row.before.uncertainty is None
        assert row.before.outcome is Outcome.REFUSED
        assert row.now.uncertainty is not None
        assert row.now.outcome is Outcome.PASS
        assert on_record(centre) == before
        assert records.file_digest(file) == sealed
        again(centre, run, "2", keep=True)
        service = centre.testbed.reevaluation
        listed = service.listed(centre.who("reviewer"), run)
        assert [each.version for each in listed] == ["2", "2"]
        assert listed[0].person.en == "engineer"
        assert listed[0].at == centre.clock.now()
        assert listed[0].found == found.found
        trail = centre.testbed.queries.audit(centre.who("office"), run)
        assert [each.transition for each in trail].count("re-evaluate") == 2
        assert "1 → 2" in trail[-1].detail
        # The firm sees no result before it is accepted, another firm not even then.
        assert service.listed(centre.who("alpha"), run) == ()
        centre.testbed.register.authorise(None, "reviewer", TENSILE, "1", Activity.REVIEW)
        centre.testbed.review.accept(centre.who("reviewer"), run)
        assert len(service.listed(centre.who("alpha"), run)) == 2
        assert service.listed(centre.who("beta"), run) == ()


def test_a_run_from_before_there_were_rules_is_decided_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_centre(tmp_path) as centre:
        run = carried_out(centre, TENSILE, "1", tmp_path / "bench", monkeypatch)
        with centre.testbed.database.writing() as connection:
            text = connection.scalar(select(runs.c.result))
            # As it was written then: the value passed, and nobody wrote down by what.
            older = text.replace('"outcome": "refused"', '"outcome": "pass"', 1)
            start, end = (
                older.index('"decision": {'),
                older.index("}", older.index('"decision": {')),
            )
            older = f'{older[:start]}"decision": null{older[end + 1 :]}'
            connection.execute(update(runs).values(result=older, outcome="pass"))
            connection.commit()
        assert any(each.limit and each.decision is None for each in read_result(older)[0])
        found = again(centre, run)
        assert found.identical, [row for row in found.rows if not row.identical]
        assert found.found.outcome is Outcome.PASS


def test_a_bit_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_centre(tmp_path) as centre:
        run = carried_out(centre, TENSILE, "2", tmp_path / "bench", monkeypatch)
        value = next(
            row.before.value for row in again(centre, run).rows
            if row.before is not None and row.before.measurand == "rm"
        )  # fmt: skip
        assert value is not None
        other = value * (1.0 + 2.0**-52)
        with centre.testbed.database.writing() as connection:
            text = connection.scalar(select(runs.c.result))
            assert f'"value": {value!r}' in text
            changed = text.replace(f'"value": {value!r}', f'"value": {other!r}', 1)
            connection.execute(update(runs).values(result=changed))
            connection.commit()
        found = again(centre, run)
        assert [r.either.measurand for r in found.rows if not r.value] == ["rm"]
        assert not found.identical
    told = CliRunner().invoke(
        main, ["runs", "evaluate", run, "--home", str(tmp_path), "--lang", "en"]
    )
    assert told.exit_code == 1
    assert "different: Value" in told.output
    assert f"{run}: version 2 no longer gives the same." in told.output


def test_what_cannot_be_evaluated_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_centre(tmp_path) as centre:
        run = carried_out(centre, TENSILE, "2", tmp_path / "bench", monkeypatch)
        service, engineer = centre.testbed.reevaluation, centre.who("engineer")

        def refused(number: str, version: str = "", login: str = "engineer") -> tuple[str, dict]:
            answer = service.evaluate(centre.who(login), number, version, keep=True)
            assert isinstance(answer, Refused), answer
            (objection,) = answer.objections
            return objection.code, dict(objection.values)

        code, values = refused(run, "7")
        assert (code, values["version"]) == ("evaluation-version-unknown", "7")
        assert values["accepted"].startswith("1, 2")
        assert refused("R-2026-09999")[0] == "evaluation-none"
        assert refused(run, login="alpha")[0] == "evaluation-by-staff"
        aborted = centre.whole_run(ending=Ending.ABORTED)
        assert refused(aborted)[0] == "evaluation-none"
        bare = centre.whole_run()
        assert refused(bare)[0] == "evaluation-parameters"
        file = centre.testbed.records.file(engineer, run)
        assert file is not None
        whole = file.read_bytes()
        file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        assert refused(run)[0] == "evaluation-record-damaged"
        file.unlink()
        assert refused(run)[0] == "evaluation-record-missing"
        with centre.testbed.database.reading() as connection:
            assert connection.execute(select(run_evaluations)).all() == []


def test_the_command_prints_both_and_keeps_what_is_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_centre(tmp_path) as centre:
        run = carried_out(centre, TENSILE, "1", tmp_path / "bench", monkeypatch)

    def call(*words: str, lang: str = "en"):
        return CliRunner().invoke(
            main, ["runs", "evaluate", run, *words, "--home", str(tmp_path), "--lang", lang]
        )

    same = call()
    assert same.exit_code == 0, same.output
    assert "version 1 → 1" in same.output
    assert "identical" in same.output
    assert "different" not in same.output
    nobody = call("--method", "2")
    assert nobody.exit_code == 1
    assert "--login" in nobody.output
    newer = call("--method", "2", "--login", "engineer")
    assert newer.exit_code == 0, newer.output
    assert "On record beside the first results" in newer.output
    assert "different: U" in newer.output
    unknown = call("--method", "9")
    assert unknown.exit_code == 1
    assert "iso-6892-1 has no version 9. There are: 1, 2" in unknown.output
    korean = call(lang="ko")
    assert "동일" in korean.output
    assert call("--login", "nobody").exit_code == 1
