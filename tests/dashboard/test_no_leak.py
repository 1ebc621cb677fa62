"""As firm B: no page, callback, route, socket or file shows anything of firm A.

The walk asks everything that the application has, with the numbers of firm A in every place where
a number fits, and looks for what only firm A should read. A planted leak must be caught.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from dashboard.security import COOKIE
from testbed import bootstrap
from testbed.adapters.reading import Queries
from testbed.domain.people import Actor
from tests.dashboard.app import addresses, callback, served
from tests.dashboard.test_gate import VALUES
from tests.testbed.centres import Centre, open_centre

PAGES = (
    "/", "/calendar", "/bookings", "/bookings/new", "/bookings/{booking}",
    "/bookings/{booking}/start", "/equipment", "/equipment/EQ-001", "/runs", "/runs/{run}",
    "/live/{run}", "/live/{live}", "/runs/{live}", "/runs/compare", "/runs/distribution",
)  # fmt: skip
PERIOD = "start=2026-11-20T00:00:00Z&end=2026-12-01T00:00:00Z"


class Walk:
    """One walk through the application as firm B."""

    def __init__(self, centre: Centre) -> None:
        self.centre = centre
        self.run = centre.whole_run("alpha")
        centre.testbed.review.accept(centre.who("reviewer"), self.run, "Only for Alpha to read.")
        self.booking = centre.book("alpha")
        self.live = centre.start(self.booking)
        centre.record(centre.claim())
        self.markers = (
            "Alpha Metals", "알파금속", "SUS304", self.run, self.live, self.booking,
            centre.specimens["alpha"], "alpha 담당", "Only for Alpha", "497.0234",
        )  # fmt: skip

    def found(self, testbed: bootstrap.Testbed) -> list[str]:
        """Walk, and list every answer that holds one of the markers."""
        signed = testbed.people.sign_in("beta", "long enough password")
        assert isinstance(signed, tuple)
        with served(testbed) as (address, server):
            with httpx.Client(
                base_url=address, cookies={COOKIE: signed[0]}, headers={"origin": address}
            ) as client:
                leaks = [
                    f"{name}: {marker}"
                    for name, text in self._answers(client, server)
                    for marker in self.markers
                    # What was asked for comes back in a refusal; only more than that tells.
                    if marker in text.replace(self._asked(name), "")
                ]
            leaks += self._socket(address, signed[0])
        return leaks

    def _asked(self, name: str) -> str:
        return next((m for m in (self.run, self.live, self.booking) if m in name), "\0")

    def _answers(self, client: httpx.Client, server: Any) -> Iterator[tuple[str, str]]:
        for number in (self.run, self.live, self.booking):
            values = {**VALUES, "number": number, "run": number}
            for method, path in addresses(server, values):
                if method != "GET" or path.startswith(("/assets", "/_dash-component")):
                    continue
                curve = f"y=force&method=iso-6892-1&search=SUS304&with={self.run}"
                for query in ("", "?format=csv", f"?{PERIOD}", "?search=SUS304", f"?{curve}"):
                    answer = client.get(path + query)
                    text = "" if answer.is_redirect else answer.text
                    yield f"GET {path}{query}", text
            for verb in ("cancel", "approve"):
                path = f"/api/v1/bookings/{number}/{verb}"
                yield f"POST {path}", client.post(path).text
            for verb in ("pause", "continue", "stop-after-phase", "abort", "answer"):
                path = f"/api/v1/runs/{number}/{verb}"
                answer = client.post(path, json={"prompt": 1, "text": "option.done"})
                assert answer.status_code == 409, (path, answer.text)
                yield f"POST {path}", answer.text
        for page in PAGES:
            path = page.format(run=self.run, live=self.live, booking=self.booking)
            address = [
                {"id": "address", "property": "pathname", "value": path},
                {"id": "address", "property": "search", "value": ""},
            ]
            answer = client.post(
                "/_dash-update-component",
                content=callback("page.children", address, []),
                headers={"content-type": "application/json"},
            )
            assert answer.status_code == 200, (path, answer.text)
            yield f"page {path}", json.dumps(answer.json(), ensure_ascii=False)
        yield from self._callbacks(client)

    def _callbacks(self, client: httpx.Client) -> Iterator[tuple[str, str]]:
        """Call every callback, with numbers of firm A wherever text fits."""
        declared = client.get("/_dash-dependencies").json()
        assert len(declared) > 15
        shown = {"start": "2026-11-20T00:00:00", "end": "2026-12-01T00:00:00"}
        for each in declared:
            if each.get("clientside_function"):
                continue
            for number in (self.run, self.booking):
                given = []
                for part in (*each["inputs"], *each["state"]):
                    value: Any = number
                    if part["property"] == "n_clicks":
                        value = 1
                    elif part["property"] in ("range", "change", "clicked", "selection"):
                        value = {**shown, "id": f"{number}/EQ-001", "resource": "EQ-001"}
                    elif "{" in part["id"]:
                        value = []
                    given.append({**part, "value": value})
                count = len(each["inputs"])
                content = callback(each["output"], given[:count], given[count:])
                answer = client.post(
                    "/_dash-update-component",
                    content=content,
                    headers={"content-type": "application/json"},
                )
                yield f"callback {each['output']} {number}", answer.text

    def _socket(self, address: str, token: str) -> list[str]:
        place = address.replace("http", "ws") + f"/live/socket/{self.live}"
        headers = {"Cookie": f"{COOKIE}={token}"}
        try:
            with connect(place, origin=address, additional_headers=headers):
                return [f"socket {self.live}"]
        except InvalidStatus:
            return []


class LeakyRuns(Queries):
    """Forgets to scope runs to the person who asks."""

    def runs(self, actor: Actor, *given: Any, **named: Any) -> Any:
        return super().runs(replace(actor, roles=frozenset({"office"})), *given, **named)


class LeakyCalendar(Queries):
    """Shows every booking with its name."""

    def calendar(self, actor: Actor, *given: Any, **named: Any) -> Any:
        return super().calendar(replace(actor, roles=frozenset({"office"})), *given, **named)


def test_firm_b_learns_nothing_of_firm_a_and_a_planted_leak_is_caught(tmp_path: Path):
    with open_centre(tmp_path) as centre:
        walk = Walk(centre)
        testbed = centre.testbed
        assert walk.found(testbed) == []
        for leaky in (LeakyRuns, LeakyCalendar):
            queries = leaky(testbed.database, testbed.methods(), testbed.clock)
            assert walk.found(replace(testbed, queries=queries)), leaky.__doc__
