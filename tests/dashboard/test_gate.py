"""Logged out, everything refuses save login, static files and /health; other sites always."""

from pathlib import Path

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from dashboard.security import COOKIE
from tests.dashboard.app import addresses, served
from tests.testbed.centres import open_centre

VALUES = {
    "number": "R-2026-00001",
    "run": "R-2026-00001",
    "code": "EQ-001",
    "method": "iso-6892-1",
    "locale": "en",
    "name": "event-calendar.min.js",
    "rest": "x",
    "path": "calendar",
    "package_name": "dash",
    "fingerprinted_path": "x.js",
}
OPEN = ("/login", "/health", "/assets", "/_dash-component-suites", "/_favicon.ico")


def test_logged_out_every_route_and_socket_refuses(tmp_path: Path):
    with open_centre(tmp_path) as centre, served(centre.testbed) as (address, server):
        routes = addresses(server, VALUES)
        assert ("GET", "/api/v1/runs/R-2026-00001/file") in routes
        asked = 0
        with httpx.Client(base_url=address) as client:
            for method, path in routes:
                if path.startswith(OPEN):
                    continue
                asked += 1
                if method == "WS":
                    with (
                        pytest.raises(InvalidStatus),
                        connect(address.replace("http", "ws") + path, origin=address),
                    ):
                        pass
                    continue
                answer = client.request(method, path)
                assert answer.status_code == 401, (method, path)
                page = client.request(method, path, headers={"accept": "text/html"})
                assert page.status_code in (303, 401), (method, path)
            for path in ("/", "/calendar", "/runs/R-2026-00001", "/nothing/at/all"):
                assert client.get(path).status_code == 401
            assert client.get("/login").status_code == 200
            assert client.get("/health").status_code == 200
            assert client.get("/health").json() == {"status": "ready"}
        assert asked > 20


def test_a_signed_in_person_gets_pages_with_a_strict_policy(tmp_path: Path):
    with (
        open_centre(tmp_path) as centre,
        served(centre.testbed) as (address, _),
        httpx.Client(base_url=address) as client,
    ):
        wrong = client.post("/login", data={"login": "alpha", "password": "wrong"})
        assert wrong.status_code == 401
        right = client.post(
            "/login?next=//evil.example/",
            data={"login": "alpha", "password": "long enough password"},
        )
        assert right.status_code == 303
        assert right.headers["location"] == "/"
        assert "HttpOnly" in right.headers["set-cookie"]
        page = client.get("/")
        assert page.status_code == 200
        policy = page.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        script = next(part for part in policy.split(";") if "script-src" in part)
        assert "unsafe" not in script
        assert client.get("/api/nope").status_code == 404
        for referer, target in (
            (f"{address}/runs/compare?runs=R-1,R-2", "/runs/compare?runs=R-1,R-2"),
            (f"{address}//evil.example/?a=b", "/"),
            ("http://evil.example/runs?a=b", "/runs?a=b"),
        ):
            spoken = client.post("/locale/en", headers={"referer": referer})
            assert spoken.headers["location"] == target
        assert client.get("/api/v1/health").status_code == 404
        assert client.post("/logout").status_code == 303
        assert client.get("/").status_code == 401


def test_another_site_cannot_act_for_a_person_who_has_signed_in(tmp_path: Path):
    with open_centre(tmp_path) as centre, served(centre.testbed) as (address, _):
        token, _actor = centre.testbed.people.sign_in("alpha", "long enough password")
        cookies = {COOKIE: token}
        with httpx.Client(base_url=address, cookies=cookies) as client:
            for headers in ({"origin": "http://evil.example"}, {"sec-fetch-site": "cross-site"}):
                answer = client.post("/api/v1/bookings", json={}, headers=headers)
                assert answer.status_code == 403
        for origin in ("http://evil.example", None):
            with (
                pytest.raises(InvalidStatus),
                connect(
                    address.replace("http", "ws") + "/live/socket/R-2026-00001",
                    origin=origin,
                    additional_headers={"Cookie": f"{COOKIE}={token}"},
                ),
            ):
                pass
