"""From the files of a run to its verdict: the same when it has just ended and years later."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import runs
from testbed.domain.conformity import Limit, Outcome
from testbed.domain.decision_rule import DecisionRule
from testbed.domain.judgement import Judgement
from testbed.engine.segments import all_parts, joined, joined_tree
from testbed.evaluation.judgement import judge
from testbed.procedure import (
    Construction,
    Finding,
    Param,
    ParameterValue,
    Procedure,
    method_data,
)

__all__ = ["Evaluated", "ParametersMissing", "evaluate_files", "package_of", "parameters_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluated:
    """What the evaluation of a record has given.

    Attributes
    ----------
    outcome
        Verdict of the run.
    """

    outcome: Outcome
    judgements: tuple[Judgement, ...]
    findings: tuple[Finding, ...]
    constructions: tuple[Construction, ...]


class ParametersMissing(ValueError):
    """A file does not say with which parameters its run was carried out."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        super().__init__(f"the file states no {', '.join(names)}")


def package_of(method: type[Procedure]) -> str:
    """Name the package beside which the data of a method lie."""
    return method.__module__.rpartition(".")[0]


def evaluate_files(
    method: type[Procedure],
    version: str,
    files: Sequence[Path],
    parameters: Mapping[str, ParameterValue],
    limits: Iterable[Limit],
    rule: DecisionRule,
) -> Evaluated:
    """Evaluate a completed run by a version of its method.

    Parameters
    ----------
    files
        First file of the run and, before it, of those that it goes on with, oldest first.
    limits, rule
        Of the order; those of the method come before them.

    Raises
    ------
    Exception
        Whatever a method raises: third parties write some.
    """
    data = method_data(package_of(method), method.id, version)
    whole = all_parts(files)
    if method.evaluates_tree:
        evaluation = method.evaluate_tree(joined_tree(whole), parameters, data)
    else:
        evaluation = method.evaluate(joined(whole), parameters, data)
    asked = (*method.limits(parameters, data), *limits)
    outcome, judgements = judge(method, evaluation, asked, rule)
    return Evaluated(
        outcome=outcome,
        judgements=judgements,
        findings=tuple(evaluation.findings),
        constructions=tuple(evaluation.constructions),
    )


def parameters_of(method: type[Procedure], file: Path) -> dict[str, ParameterValue]:
    """Read the parameters of a run from its file.

    A parameter that the method has had only since has its default.

    Raises
    ------
    ParametersMissing
        The file lacks one that has no default.
    RunsError
        The file cannot be read.
    """
    attributes = runs.describe(file).attributes
    found: dict[str, ParameterValue] = {}
    missing = []
    for name, declared in method.declared_params().items():
        stated = attributes.get(f"param_{name}", declared.default)
        if stated is None and isinstance(declared, Param):
            missing.append(name)
        # A file gives numbers of numpy; an evaluation was given those of Python.
        found[name] = stated if stated is None or isinstance(stated, str) else float(stated)
    if missing:
        raise ParametersMissing(missing)
    return found
