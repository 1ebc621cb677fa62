"""An archived record over REST: there as before, or 503 with the reason for those who may know."""

import shutil
from datetime import timedelta
from pathlib import Path

import httpx

from dashboard.security import COOKIE
from tests.dashboard.stage import Stage, served


def test_a_record_whose_archive_is_gone_answers_503(tmp_path: Path) -> None:
    target = tmp_path / "elsewhere"
    (tmp_path / "home").mkdir()
    with Stage(tmp_path / "home") as stage:
        number = stage.carry_out("판재 1")
        keeping = stage.testbed.keeping
        (moved,) = keeping.archive(stage.actor("engineer"), f"file://{target}", timedelta())
        assert moved.code == "archived"
        with (
            served(stage) as address,
            httpx.Client(
                base_url=f"{address}/api/v1/runs/{number}",
                cookies={COOKIE: stage.tokens["engineer"]},
                headers={"origin": address},
            ) as client,
        ):
            for form in ("h5", "csv", "parquet", "matlab"):
                assert client.get("/file", params={"format": form}).status_code == 200, form
            unknown = client.get("/file", params={"format": "csv", "stream": "sound"})
            assert unknown.status_code == 422
            assert "the main stream alone" in unknown.json()["detail"]
            assert client.get("/window", params={"y": "force"}).status_code == 200
            shutil.rmtree(target)
            shutil.rmtree(stage.testbed.settings.cache)
            for path in ("/file", "/window?y=force", "/curves"):
                answer = client.get(path)
                assert answer.status_code == 503, path
                assert str(target) in answer.json()["detail"]
                assert "try again later" in answer.json()["detail"]
