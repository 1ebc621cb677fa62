"""What of a run is read as a whole, as JSON text: parameters, limits, progress, results."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import inf
from typing import Any

from testbed.domain.conformity import Limit, Outcome
from testbed.domain.decision import Decision, Uncertainty, Why
from testbed.domain.decision_rule import SIMPLE, DecisionRule, read_rule
from testbed.domain.judgement import Judgement
from testbed.engine.ports import Progress, Prompt, PromptKind, RunResult
from testbed.procedure import Construction, Finding, Note

__all__ = ["Standing", "read_progress", "read_result", "read_specification", "write_findings",
           "write_progress", "write_result", "write_specification"]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a run stands, as of its last heartbeat; see `testbed.engine.ports.Progress`."""

    phase: str
    done: float
    remaining: float | None
    paused: bool
    suspended: Note | None
    stopping: bool
    prompt: Prompt | None


def write_specification(limits: tuple[Limit, ...], rule: DecisionRule) -> str:
    """Write limits, and the rule that decides on them."""
    return json.dumps({"limits": [asdict(limit) for limit in limits], "rule": str(rule)})


def read_specification(text: str) -> tuple[tuple[Limit, ...], DecisionRule]:
    """Read limits and rule."""
    found = json.loads(text)
    if isinstance(found, list):
        # Before there were rules, limits stood alone.
        return tuple(Limit(**each) for each in found), SIMPLE
    return tuple(Limit(**each) for each in found["limits"]), read_rule(found["rule"])


def write_progress(progress: Progress) -> str:
    """Write progress; the bench's instant as ISO 8601."""
    plain = {**asdict(progress), "bench_time": progress.bench_time.isoformat()}
    # The booking itself says when it ends.
    del plain["lease_ends"]
    return json.dumps(plain)


def read_progress(text: str) -> Standing:
    """Read where a run stands."""
    found: dict[str, Any] = json.loads(text or "{}")
    suspended = found.get("suspended")
    return Standing(
        phase=found.get("phase", ""),
        done=found.get("done", 0.0),
        remaining=found.get("remaining"),
        paused=found.get("paused", False),
        suspended=None if suspended is None else Note(**suspended),
        stopping=found.get("stopping", False),
        prompt=_prompt(found.get("prompt")),
    )


def _prompt(found: dict[str, Any] | None) -> Prompt | None:
    if found is None:
        return None
    kind, options = PromptKind(found["kind"]), tuple(found["options"])
    return Prompt(**{**found, "kind": kind, "options": options})


def write_findings(
    judgements: tuple[Judgement, ...],
    findings: tuple[Finding, ...],
    constructions: tuple[Construction, ...],
) -> str:
    """Write what an evaluation has found; `read_result` reads it."""
    return json.dumps(_found(judgements, findings, constructions))


def _found(
    judgements: tuple[Judgement, ...],
    findings: tuple[Finding, ...],
    constructions: tuple[Construction, ...],
) -> dict[str, Any]:
    return {
        "judgements": [_plain(each) for each in judgements],
        "findings": [asdict(each) for each in findings],
        "constructions": [asdict(each) for each in constructions],
    }


def write_result(result: RunResult) -> str:
    """Write what was found."""
    return json.dumps(
        {
            **_found(result.judgements, result.findings, result.constructions),
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


def _plain(judged: Judgement) -> dict[str, Any]:
    plain = asdict(judged)
    if judged.decision is not None:
        plain["decision"]["rule"] = str(judged.decision.rule)
    if judged.uncertainty is not None and judged.uncertainty.dof == inf:
        # JSON has no infinity.
        plain["uncertainty"]["dof"] = None
    return plain


def _judgement(found: dict[str, Any]) -> Judgement:
    limit, uncertainty = found["limit"], found.get("uncertainty")
    if uncertainty is not None:
        dof = uncertainty["dof"]
        uncertainty = Uncertainty(**{**uncertainty, "dof": inf if dof is None else dof})
    return Judgement(
        **{
            **found,
            "limit": None if limit is None else Limit(**limit),
            "outcome": Outcome(found["outcome"]),
            "uncertainty": uncertainty,
            "stated": tuple(found.get("stated", ("", ""))),
            "decision": _decision(found.get("decision")),
        }
    )


def _decision(found: dict[str, Any] | None) -> Decision | None:
    if found is None:
        return None
    return Decision(
        **{
            **found,
            "rule": read_rule(found["rule"]),
            "outcome": Outcome(found["outcome"]),
            "why": None if found["why"] is None else Why(found["why"]),
        }
    )
