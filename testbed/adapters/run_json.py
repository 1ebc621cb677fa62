"""What of a run is read as a whole, as JSON text: parameters, limits, progress, results."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from testbed.domain.conformity import Judgement, Limit, Outcome
from testbed.engine.ports import Progress, Prompt, RunResult
from testbed.procedure import Construction, Finding, Note

__all__ = ["read_limits", "read_progress", "read_result", "write_limits", "write_progress",
           "write_result"]  # fmt: skip


def write_limits(limits: tuple[Limit, ...]) -> str:
    """Write limits."""
    return json.dumps([asdict(limit) for limit in limits])


def read_limits(text: str) -> tuple[Limit, ...]:
    """Read limits."""
    return tuple(Limit(**each) for each in json.loads(text))


def write_progress(progress: Progress) -> str:
    """Write progress; the bench's instant as ISO 8601."""
    return json.dumps({**asdict(progress), "bench_time": progress.bench_time.isoformat()})


def read_progress(text: str) -> tuple[str, float, float | None, bool, Prompt | None]:
    """Read phase, share done, time left, whether it stands, and the open prompt."""
    found: dict[str, Any] = json.loads(text or "{}")
    asked = found.get("prompt")
    prompt = None if asked is None else Prompt(**{**asked, "options": tuple(asked["options"])})
    return (
        found.get("phase", ""),
        found.get("done", 0.0),
        found.get("remaining"),
        found.get("paused", False),
        prompt,
    )


def write_result(result: RunResult) -> str:
    """Write what was found."""
    return json.dumps(
        {
            "judgements": [asdict(each) for each in result.judgements],
            "findings": [asdict(each) for each in result.findings],
            "constructions": [asdict(each) for each in result.constructions],
            "remark": None if result.remark is None else asdict(result.remark),
            "safe": result.safe,
        }
    )


def read_result(
    text: str,
) -> tuple[tuple[Judgement, ...], tuple[Finding, ...], tuple[Construction, ...], Note | None]:
    """Read judgements, findings, constructions and the remark."""
    found: Mapping[str, Any] = json.loads(text or "{}")
    remark = found.get("remark")
    return (
        tuple(_judgement(each) for each in found.get("judgements", ())),
        tuple(Finding(**each) for each in found.get("findings", ())),
        tuple(
            Construction(each["code"], tuple(each["x"]), tuple(each["y"]))
            for each in found.get("constructions", ())
        ),
        None if remark is None else Note(**remark),
    )


def _judgement(found: dict[str, Any]) -> Judgement:
    limit = found["limit"]
    return Judgement(
        **{
            **found,
            "limit": None if limit is None else Limit(**limit),
            "outcome": Outcome(found["outcome"]),
        }
    )
