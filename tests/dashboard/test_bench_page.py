"""An unsafe bench says why on its page and over REST, and an engineer clears it there."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from dashboard.security import COOKIE
from testbed.engine.ports import BenchState
from tests.dashboard.app import callback, served
from tests.testbed.centres import Centre, open_centre

CAUSE = "frame: no answer within 2 s"


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    with open_centre(tmp_path) as opened:
        opened.ready()
        opened.testbed.centre.bench_is("utm-1", BenchState.UNSAFE, CAUSE)
        yield opened


@contextmanager
def signed_in(centre: Centre, login: str) -> Iterator[httpx.Client]:
    signed = centre.testbed.people.sign_in(login, "long enough password")
    assert isinstance(signed, tuple)
    with (
        served(centre.testbed) as (address, _),
        httpx.Client(
            base_url=address, cookies={COOKIE: signed[0]}, headers={"origin": address}
        ) as client,
    ):
        yield client


def told(client: httpx.Client, output: str, inputs: list, state: list) -> str:
    answer = client.post(
        "/_dash-update-component",
        content=callback(output, inputs, state),
        headers={"content-type": "application/json"},
    )
    assert answer.status_code in (200, 204), answer.text
    return json.dumps(answer.json(), ensure_ascii=False) if answer.text else ""


def page(client: httpx.Client, path: str) -> str:
    address = [
        {"id": "address", "property": "pathname", "value": path},
        {"id": "address", "property": "search", "value": ""},
    ]
    return told(client, "page.children", address, [])


def clear(client: httpx.Client, remark: str) -> str:
    return told(
        client,
        "bench-told.children",
        [{"id": "bench-clear", "property": "n_clicks", "value": 1}],
        [
            {"id": "bench-remark", "property": "value", "value": remark},
            {"id": "bench-name", "property": "data", "value": "utm-1"},
        ],
    )


def state(centre: Centre) -> str:
    return centre.testbed.queries.health().parts["bench utm-1"]


def test_an_engineer_reads_the_cause_and_clears_the_bench_with_a_remark(centre: Centre):
    with signed_in(centre, "engineer") as client:
        assert "/benches/utm-1" in page(client, "/")
        shown = page(client, "/benches/utm-1")
        assert CAUSE in shown
        assert "bench-clear" in shown
        assert "tb-objections" in clear(client, "  ")
        assert state(centre) == "unsafe"
        assert "tb-objections" not in clear(client, "the cable was loose")
    # It works again only once its worker has proven it.
    assert state(centre) == "cleared"
    assert centre.testbed.centre.claim("utm-1") is None
    (entry,) = [
        row
        for row in centre.testbed.queries.audit(centre.who("office"), "utm-1")
        if row.transition == "clear"
    ]
    assert entry.detail == "the cable was loose"


def test_a_firm_neither_reads_the_cause_nor_clears_the_bench(centre: Centre):
    with signed_in(centre, "alpha") as client:
        assert CAUSE not in page(client, "/benches/utm-1")
        assert CAUSE not in client.get("/api/v1/benches").text
        assert "tb-objections" in clear(client, "I say so")
        answer = client.post("/api/v1/benches/utm-1/clear", json={"remark": "I say so"})
        assert answer.status_code == 409
    assert state(centre) == "unsafe"


def test_rest_clears_it_for_an_engineer(centre: Centre):
    with signed_in(centre, "engineer") as client:
        rows = {row["name"]: row for row in client.get("/api/v1/benches").json()}
        assert (rows["utm-1"]["state"], rows["utm-1"]["detail"]) == ("unsafe", CAUSE)
        assert client.post("/api/v1/benches/utm-1/clear", json={"remark": ""}).status_code == 422
        answer = client.post("/api/v1/benches/utm-1/clear", json={"remark": "looked at it"})
        assert answer.status_code == 200
    assert state(centre) == "cleared"


def test_rest_extends_a_booking_for_the_office(centre: Centre):
    booking = centre.book()
    with signed_in(centre, "office") as client:
        path = f"/api/v1/bookings/{booking}/extend"
        answer = client.post(path, json={"end": "2026-11-24T09:00:00Z"})
        assert answer.status_code == 200, answer.text
        answer = client.post(path, json={"end": "2026-11-24T08:00:00Z"})
        assert answer.status_code == 409
    row = centre.testbed.queries.booking(centre.who("office"), booking)
    assert row is not None
    assert row.end.isoformat() == "2026-11-24T09:00:00+00:00"
