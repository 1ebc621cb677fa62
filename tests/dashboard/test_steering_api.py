"""REST of a running run: the same rules as the live page."""

from pathlib import Path

import httpx

from dashboard.security import COOKIE
from testbed.engine.ports import CommandKind, Prompt, PromptKind
from tests.dashboard.stage import Stage, served

GAP = Prompt(number=1, code="prompt.x", kind=PromptKind.NUMBER, unit="mm", low=1.0, high=5.0)


def test_a_client_follows_steers_and_answers_a_run(tmp_path: Path) -> None:
    with Stage(tmp_path) as stage:
        run = stage.begin("판재 1").run
        stage.beat(run, prompt=GAP)
        with (
            served(stage) as address,
            httpx.Client(
                base_url=f"{address}/api/v1",
                cookies={COOKIE: stage.tokens["engineer"]},
                headers={"origin": address},
            ) as client,
        ):
            live = client.get(f"/runs/{run}/live").json()
            assert live["prompt"]["kind"] == "number"
            assert (live["prompt"]["unit"], live["prompt"]["high"]) == ("mm", 5.0)
            refused = client.post(f"/runs/{run}/answer", json={"prompt": 1, "text": "9 mm"})
            assert refused.status_code == 409
            assert refused.json()["detail"] == [
                {"code": "answer-out-of-range", "values": {"value": "9 mm", "accepted": "1…5 mm"}}
            ]
            assert client.post(f"/runs/{run}/answer", json={"prompt": 1}).status_code == 422
            for verb, body in (("answer", {"prompt": 1, "text": "0.3 cm"}), ("pause", None),
                               ("continue", None), ("stop-after-phase", None),
                               ("abort", None)):  # fmt: skip
                answer = client.post(f"/runs/{run}/{verb}", json=body)
                assert answer.status_code == 200, (verb, answer.text)
            assert [each.kind for each in stage.beat(run)] == [
                CommandKind.ANSWER,
                CommandKind.PAUSE,
                CommandKind.RESUME,
                CommandKind.STOP_AFTER_PHASE,
                CommandKind.ABORT,
            ]
            picture = client.get("/methods/iso-6892-1/pictures/mount.svg")
            assert picture.status_code == 200
            assert picture.headers["content-type"].startswith("image/svg+xml")
            assert picture.text.startswith("<svg")
            for path in ("iso-6892-1/pictures/1.toml", "iso-6892-1/pictures/..%2fmount.svg",
                         "iso-6892-1/pictures/none.svg", "iso-1/pictures/mount.svg"):  # fmt: skip
                assert client.get(f"/methods/{path}").status_code == 404, path
            client.cookies = {COOKIE: stage.tokens["other"]}
            assert client.get(f"/runs/{run}/live").status_code == 404
            assert client.post(f"/runs/{run}/abort").status_code == 409
            assert stage.beat(run) == ()
