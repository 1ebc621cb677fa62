"""What is typed of a method and its parameters."""

from collections.abc import Mapping, Sequence

from testbed.cli.words import leave
from testbed.domain.objections import Objection, Refused
from testbed.i18n import Words
from testbed.procedure import ParameterValue, Procedure, read_parameter
from testbed.procedure.parameters import ParameterError

__all__ = ["chosen_method", "read_parameters"]


def chosen_method(
    methods: Mapping[str, type[Procedure]], name: str, said: Words
) -> type[Procedure]:
    """Give the method of that name, or leave with those that there are."""
    if name not in methods:
        accepted = ", ".join(sorted(methods))
        objection = Objection("method-unknown", {"method": name, "accepted": accepted})
        leave(Refused((objection,)), said)
    return methods[name]


def read_parameters(
    method: type[Procedure], texts: Sequence[str], said: Words
) -> dict[str, ParameterValue]:
    """Read ``NAME=VALUE`` pairs, or leave with what would be accepted."""
    declared = method.declared_params()
    found: dict[str, ParameterValue] = {}
    try:
        for text in texts:
            name, _, value = text.partition("=")
            if name.strip() not in declared:
                raise ParameterError("parameter-unknown", name=name, accepted=", ".join(declared))
            found[name.strip()] = read_parameter(declared[name.strip()], value)
    except ParameterError as error:
        leave(Refused((Objection(error.code, error.values),)), said)
    return found
