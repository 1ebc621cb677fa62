"""How a test method is declared: parameters, roles, measurements and phases."""

from testbed.procedure.context import Note, RunContext
from testbed.procedure.data import method_data
from testbed.procedure.declare import (
    Channel,
    Choice,
    Guide,
    Measurement,
    Needs,
    OptionalParam,
    Param,
    Phase,
    Plot,
    Procedure,
    phase,
)
from testbed.procedure.parameters import (
    ParameterError,
    ParameterValue,
    complete_parameters,
    read_parameter,
)
from testbed.procedure.results import Construction, Evaluation, Finding, Obtained

__all__ = [
    "Channel",
    "Choice",
    "Construction",
    "Evaluation",
    "Finding",
    "Guide",
    "Measurement",
    "Needs",
    "Note",
    "Obtained",
    "OptionalParam",
    "Param",
    "ParameterError",
    "ParameterValue",
    "Phase",
    "Plot",
    "Procedure",
    "RunContext",
    "complete_parameters",
    "method_data",
    "phase",
    "read_parameter",
]
