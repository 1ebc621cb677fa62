"""How a test method is declared: parameters, roles, measurements and phases."""

from testbed.procedure.channels import (
    Axis,
    BlockStream,
    Channel,
    Guide,
    Plot,
    RowStream,
    Stream,
)
from testbed.procedure.context import Note, RunContext, StreamRecorder
from testbed.procedure.data import method_data, method_versions
from testbed.procedure.declare import (
    Choice,
    Measurement,
    Needs,
    OptionalNeeds,
    OptionalParam,
    Param,
    Procedure,
)
from testbed.procedure.monitors import Action, Bound, Monitor
from testbed.procedure.parameters import (
    ParameterError,
    ParameterValue,
    complete_parameters,
    read_parameter,
)
from testbed.procedure.phases import Phase, phase
from testbed.procedure.pictures import method_picture, picture_file
from testbed.procedure.results import Construction, Evaluation, Finding, Obtained

__all__ = [
    "Action",
    "Axis",
    "BlockStream",
    "Bound",
    "Channel",
    "Choice",
    "Construction",
    "Evaluation",
    "Finding",
    "Guide",
    "Measurement",
    "Monitor",
    "Needs",
    "Note",
    "Obtained",
    "OptionalNeeds",
    "OptionalParam",
    "Param",
    "ParameterError",
    "ParameterValue",
    "Phase",
    "Plot",
    "Procedure",
    "RowStream",
    "RunContext",
    "Stream",
    "StreamRecorder",
    "complete_parameters",
    "method_data",
    "method_picture",
    "method_versions",
    "phase",
    "picture_file",
    "read_parameter",
]
