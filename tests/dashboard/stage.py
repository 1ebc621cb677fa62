"""A small shell and a small centre, for the pages alone.

The record is a real run file, evaluated by the real method; people and decisions are kept in
memory by the fake that stands for the services, with the real rules of review.
"""

import asyncio
import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import dash_mantine_components as dmc
import numpy as np
import uvicorn
from dash import Dash, Input, Output, dcc, html
from fastapi import FastAPI, Request, WebSocket
from starlette.middleware.base import BaseHTTPMiddleware

import runs
from dashboard.live_socket import LiveSocket
from dashboard.pages import home, live
from dashboard.pages import run as run_page
from dashboard.pages import runs as runs_page
from testbed.domain.conformity import Limit
from testbed.domain.names import Name
from testbed.domain.objections import Objection, Refused
from testbed.domain.people import Actor, Role
from testbed.engine.ports import BenchState, Ending, Prompt
from testbed.evaluation.judgement import judge
from testbed.i18n import Words, words
from testbed.methods.iso_6892_1 import TensileTest
from testbed.procedure import complete_parameters, method_data
from testbed.services.commands import Done
from testbed.services.rows import (
    AuditRow,
    BenchRow,
    BookingRow,
    CommentRow,
    LiveRow,
    RunDetail,
    RunPage,
    RunRow,
    Trace,
)
from tests.testbed.evaluation.curves import L0, S0, lueders, necking

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
FIRM = Name("한빛소재", "Hanbit Materials")
PLOTS = (("extension", "force"), ("time", "force"), ("travel", "force"))


def actor(login: str, organisation: int, *roles: Role, locale: str = "ko") -> Actor:
    names = {
        "sme": Name("기업 담당자", "Firm staff"),
        "engineer": Name("시험 담당자", "Engineer"),
        "reviewer": Name("검토자", "Reviewer"),
    }
    return Actor(
        account=sum(login.encode()),
        login=login,
        name=names.get(login.split("-")[0], Name(login, login)),
        organisation=organisation,
        roles=frozenset(roles),
        locale=locale,
    )


PEOPLE = {
    "sme": actor("sme", 2, Role.SME),
    "other": actor("other", 3, Role.SME),
    "engineer": actor("engineer", 1, Role.ENGINEER),
    "reviewer": actor("reviewer", 1, Role.REVIEWER),
}


def write_tensile(path: Path, number: str, *, scale: float = 1.0) -> tuple[Any, ...]:
    """Record a pull with a yield point and evaluate the file as the engine does."""
    stress, strain = necking(*lueders(rows=2500)[:2])
    header = runs.Header(
        run=number,
        title="인장시험",
        started=NOW - timedelta(days=1),
        channels=tuple(runs.ChannelInfo(c.name, c.unit) for c in TensileTest.channels),
        phases=("mount", "pull", "finish"),
        attributes={},
    )
    with runs.create(path, header) as writer:
        writer.phase(1)
        for index, (s, e) in enumerate(zip(stress * scale, strain, strict=True)):
            writer.append(index * 0.02, np.round(s * S0 * 2) / 2, e * L0, 1.5 * e * L0)
        sealed = writer.close(ending="completed")
    parameters = complete_parameters(TensileTest, {"s0": S0, "l0": L0})
    data = method_data("testbed.methods", "iso-6892-1", "1")
    with runs.open(path, decode_times=False) as dataset:
        found = TensileTest.evaluate(dataset.load(), parameters, data)
    limits = (Limit(measurand="rm", low=440.0, source="KS D 3503"),)
    outcome, judgements = judge(TensileTest, found, limits)
    return sealed, parameters, found, outcome, judgements


class Stage:
    """The centre: queries, records, execution and review in one."""

    def __init__(self, folder: Path, live_file: Path | None = None) -> None:
        self.folder = folder
        self.live_file = live_file
        self.prompt: Prompt | None = None
        self.paused = False
        self.told: list[tuple[str, ...]] = []
        self.details: dict[str, RunDetail] = {}
        for index, scale in enumerate((1.0, 0.96)):
            self._add(f"R-2026-{index + 1:05}", scale, index)
        self.queries = self.records = self.execution = self.review = self

    def methods(self):
        return {"iso-6892-1": TensileTest}

    def _add(self, number: str, scale: float, index: int) -> None:
        path = self.folder / f"{number}.h5"
        sealed, parameters, found, outcome, judgements = write_tensile(path, number, scale=scale)
        row = RunRow(
            number=number,
            method="iso-6892-1",
            version="1",
            bench="utm-1",
            specimen=f"S-2026-0000{index + 1}",
            specimen_name=f"SS275 판재 {index + 1}",
            organisation=FIRM,
            performer=PEOPLE["engineer"].name,
            booking="B-2026-00007",
            started=NOW - timedelta(days=1),
            ended=NOW - timedelta(days=1, seconds=-120),
            state="ended",
            ending=Ending.COMPLETED,
            outcome=outcome,
            review="waiting",
            reportable=False,
        )
        self.details[number] = RunDetail(
            row=row,
            channels={c.name: c.unit for c in TensileTest.channels},
            plots=PLOTS,
            parameters=parameters,
            parameter_units={n: p.unit for n, p in TensileTest.declared_params().items()},
            judgements=judgements,
            findings=found.findings,
            constructions=found.constructions,
            comments=(),
            audit=(
                AuditRow(
                    at=NOW - timedelta(days=1),
                    person=PEOPLE["engineer"].name,
                    subject=number,
                    transition="run.start",
                    detail="B-2026-00007",
                ),
            ),
            instruments={"frame": "Testbed LF-100, LF100-0001, 2027-03-31"},
            rows=sealed.rows,
            file_name=path.name,
            file_hash=sealed.sha256,
            remark=None,
            may_review=False,
            may_comment=True,
            may_download=True,
            may_control=False,
        )

    def _sees(self, actor: Actor) -> bool:
        return actor.is_staff or actor.organisation == 2

    def run(self, actor: Actor, number: str) -> RunDetail | None:
        detail = self.details.get(number)
        if detail is None or not self._sees(actor):
            return None
        return replace(detail, may_review=actor.has(Role.REVIEWER))

    def runs(self, actor, search="", page=1, size=25, waiting=False, outcome=""):
        rows = [d.row for d in self.details.values()] if self._sees(actor) else []
        live_rows = [live.row for live in self.live(actor)]
        fits = [
            row
            for row in live_rows + rows
            if search in f"{row.number} {row.specimen_name}"
            and (not waiting or row.review == "waiting")
            and (not outcome or (row.outcome is not None and row.outcome.value == outcome))
        ]
        start = (page - 1) * size
        return RunPage(
            tuple(fits[start : start + size]), len(fits), page, max(1, -(-len(fits) // size))
        )

    def live(self, actor: Actor) -> tuple[LiveRow, ...]:
        one = self.live_one(actor, "R-2026-00009")
        return (one,) if one else ()

    def live_one(self, actor: Actor, run: str) -> LiveRow | None:
        if self.live_file is None or run != "R-2026-00009" or not self._sees(actor):
            return None
        row = replace(
            self.details["R-2026-00001"].row,
            number=run,
            started=NOW,
            ended=None,
            state="paused" if self.paused else "running",
            ending=None,
            outcome=None,
            review="none",
        )
        return LiveRow(
            row=row,
            phase="pull",
            phases=("mount", "pull", "finish"),
            done=0.42,
            remaining=95.0,
            paused=self.paused,
            prompt=self.prompt,
            channels={"force": "N", "extension": "mm"},
            plots=(("extension", "force"), ("time", "force")),
            rows=100,
            heartbeat_age=0.3,
            may_control=actor.has(Role.ENGINEER),
        )

    def benches(self, actor: Actor) -> tuple[BenchRow, ...]:
        if not actor.is_staff:
            return ()
        live_run = "R-2026-00009" if self.live_file else ""
        common = {"detail": "", "seen_seconds_ago": 1.0, "worker_pid": 1}
        return (
            BenchRow(
                name="utm-1",
                title=Name("인장 시험대", "Tensile bench"),
                state=BenchState.RUNNING if live_run else BenchState.READY,
                run=live_run,
                **common,
            ),
            BenchRow(
                name="battery-1",
                title=Name("배터리 시험대", "Battery bench"),
                state=BenchState.READY,
                run="",
                **common,
            ),
            BenchRow(
                name="climate-1",
                title=Name("환경 시험대", "Climatic bench"),
                state=BenchState.UNSAFE,
                run="",
                **common,
            ),
        )

    def bookings(self, actor: Actor, *, upcoming: bool = True) -> tuple[BookingRow, ...]:
        if not self._sees(actor):
            return ()
        return (
            BookingRow(
                number="B-2026-00012",
                kind="requested",
                state="approved",
                equipment=("EQ-001",),
                start=NOW + timedelta(days=1),
                end=NOW + timedelta(days=1, hours=2),
                organisation=FIRM,
                person=actor.name,
                purpose="",
                method="iso-6892-1",
                specimen="",
                bench="utm-1",
                runs=(),
                movable=True,
                cancellable=True,
                approvable=False,
                startable=False,
            ),
        )

    def equipment(self, actor: Actor):
        return ()

    def trace(self, actor, run, x, y, x_from, x_to, pixels):
        if self.run(actor, run) is None:
            return None
        path = self.folder / f"{run}.h5"
        window = runs.window(path, (y,), x=x, x_from=x_from, x_to=x_to, pixels=pixels)[y]
        return Trace(tuple(window.x.tolist()), tuple(window.y.tolist()), window.exact)

    def tail(self, actor: Actor, run: str):
        return runs.live(self.live_file) if self.live_one(actor, run) else None

    def export(self, actor, run, format):
        return None

    def _tell(self, *words: str) -> Done:
        self.told.append(words)
        return Done()

    def pause(self, actor, run):
        self.paused = True
        return self._tell("pause", run)

    def resume(self, actor, run):
        self.paused = False
        return self._tell("resume", run)

    def abort(self, actor, run):
        return self._tell("abort", run)

    def answer(self, actor, run, prompt, text):
        self.prompt = None
        return self._tell("answer", run, str(prompt), text)

    def accept(self, actor, run, comment):
        return self._decide(actor, run, comment, "accept", "accepted")

    def send_back(self, actor, run, comment):
        if not comment:
            return Refused((Objection("review-needs-comment", {"run": run}),))
        return self._decide(actor, run, comment, "send_back", "sent_back")

    def comment(self, actor, run, text):
        return self._decide(actor, run, text, "", "")

    def _decide(self, actor, run, comment, decision, state):
        detail = self.details[run]
        row = replace(detail.row, review=state) if state else detail.row
        said = (*detail.comments, _said(actor, comment, decision))
        self.details[run] = replace(detail, row=row, comments=said)
        return Done()


def _said(actor, comment, decision):
    return CommentRow(person=actor.name, at=NOW, text=comment, decision=decision)


_PERSON: ContextVar[Actor] = ContextVar("person")


class Shell:
    """The host of the pages: sessions are the bare login in a cookie."""

    def __init__(self, app: Dash, stage: Stage) -> None:
        self._app = app
        self.testbed = stage

    def actor(self) -> Actor:
        return _PERSON.get()

    def words(self) -> Words:
        return words(_PERSON.get().locale)

    def callback(self, *wiring: Any, **options: Any) -> Callable[[Any], Any]:
        def register(function: Any) -> Any:
            @functools.wraps(function)
            async def run(*given: Any) -> Any:
                return await asyncio.to_thread(function, *given)

            self._app.callback(*wiring, **options)(run)
            return function

        return register


def _person(cookies: Any) -> Actor | None:
    found = PEOPLE.get(cookies.get("session", ""))
    locale = cookies.get("locale", "ko")
    return replace(found, locale=locale) if found else None


def create(stage: Stage) -> FastAPI:
    server = FastAPI()

    @server.websocket("/live/socket/{run}")
    async def follow(socket: WebSocket, run: str, after: int = 0) -> None:
        async def actor_of() -> Actor | None:
            return _person(socket.cookies)

        await LiveSocket(socket, run, after, actor_of=actor_of, source=stage).serve()

    async def gate(request: Request, call_next: Any) -> Any:
        person = _person(request.cookies)
        if person is not None:
            _PERSON.set(person)
        return await call_next(request)

    server.add_middleware(BaseHTTPMiddleware, dispatch=gate)
    assets = Path(live.__file__).parents[1] / "assets"
    app = Dash(
        "stage",
        server=server,
        assets_folder=str(assets),
        suppress_callback_exceptions=True,
        enable_mcp=False,
    )
    _PERSON.set(PEOPLE["engineer"])
    app.layout = dmc.MantineProvider(
        [
            dcc.Location(id="stage-url"),
            dmc.ColorSchemeToggle(lightIcon="L", darkIcon="D"),
            html.Main(id="stage-page", style={"maxWidth": 1280, "margin": "0 auto", "padding": 16}),
        ],
        theme={
            "primaryShade": {"light": 8, "dark": 7},
            "fontFamily": "Pretendard, NanumGothic, sans-serif",
        },
    )
    shell = Shell(app, stage)

    async def show(path: str, query: str) -> Any:
        given = {name: values[0] for name, values in parse_qs((query or "").lstrip("?")).items()}
        match (path or "/").strip("/").split("/"):
            case ["runs"]:
                return await runs_page.layout(shell, **given)
            case ["runs", number]:
                return await run_page.layout(shell, number)
            case ["live", number]:
                return await live.layout(shell, number)
        return await home.layout(shell)

    app.callback(
        Output("stage-page", "children"),
        Input("stage-url", "pathname"),
        Input("stage-url", "search"),
    )(show)
    for page in (home, live, runs_page, run_page):
        page.register(shell)
    return server


@contextmanager
def served(stage: Stage) -> Iterator[str]:
    """Serve the pages on a free port."""
    config = uvicorn.Config(create(stage), port=0, log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            threading.Event().wait(0.02)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


__all__ = ["NOW", "PEOPLE", "Stage", "served"]
