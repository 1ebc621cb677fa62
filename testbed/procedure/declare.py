"""The declared parts of a method, readable before anything runs.

A method is a class with `Param`, `Choice`, `Needs` and `Measurement` attributes and phases that
are plain functions of `run`::

    class Creep(Procedure):
        id = "demo-creep"
        version = "1"
        channels = (Channel("force", "N"), Channel("extension", "mm"))

        load = Param("N", low=10, high=5_000, default=500)
        frame = Needs(LoadFrame)
        elongation = Measurement("mm", symbol="e", resolution=0.01)

        @phase(limit=3600)
        def hold(self, run: RunContext) -> None: ...
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, overload

from testbed.domain.conformity import Limit
from testbed.procedure.channels import Channel, Guide, Plot, Stream
from testbed.procedure.monitors import Monitor
from testbed.procedure.phases import Phase
from testbed.procedure.results import Evaluation

if TYPE_CHECKING:
    import xarray

__all__ = [
    "Choice",
    "Measurement",
    "Needs",
    "OptionalNeeds",
    "OptionalParam",
    "Param",
    "Procedure",
]

Role = TypeVar("Role")


class Param:
    """A number that is chosen before the run starts.

    Parameters
    ----------
    unit
        Unit of the value that the method sees.
    low, high
        Accepted range, both ends included; None leaves an end open.
    default
        Value where none is given; None makes the parameter required.
    """

    name: str

    def __init__(
        self,
        unit: str,
        *,
        low: float | None = None,
        high: float | None = None,
        default: float | None = None,
    ) -> None:
        self.unit = unit
        self.low = low
        self.high = high
        self.default = default

    required_when_unset = True

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Param: ...
    @overload
    def __get__(self, instance: Procedure, owner: type) -> float: ...
    def __get__(self, instance: Procedure | None, owner: type) -> Param | float:
        if instance is None:
            return self
        return instance.parameters[self.name]  # type: ignore[return-value]


class OptionalParam:
    """A number that may be left out, such as the gauge length after fracture."""

    name: str
    default: None = None
    required_when_unset = False

    def __init__(self, unit: str, *, low: float | None = None, high: float | None = None) -> None:
        self.unit = unit
        self.low = low
        self.high = high

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, instance: None, owner: type) -> OptionalParam: ...
    @overload
    def __get__(self, instance: Procedure, owner: type) -> float | None: ...
    def __get__(self, instance: Procedure | None, owner: type) -> OptionalParam | float | None:
        if instance is None:
            return self
        return instance.parameters[self.name]  # type: ignore[return-value]


class Choice:
    """One of a few words, chosen before the run starts; the first is the default."""

    name: str

    def __init__(self, *options: str) -> None:
        self.options = options
        self.default = options[0]

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Choice: ...
    @overload
    def __get__(self, instance: Procedure, owner: type) -> str: ...
    def __get__(self, instance: Procedure | None, owner: type) -> Choice | str:
        if instance is None:
            return self
        return instance.parameters[self.name]  # type: ignore[return-value]


class Needs(Generic[Role]):
    """A role that the bench must fill, never a device.

    Parameters
    ----------
    role
        A Protocol from `instruments.roles`; the engine checks the driver against it.
    """

    name: str

    def __init__(self, role: type[Role]) -> None:
        self.role = role

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Needs[Role]: ...
    @overload
    def __get__(self, instance: Procedure, owner: type) -> Role: ...
    def __get__(self, instance: Procedure | None, owner: type) -> Needs[Role] | Role:
        if instance is None:
            return self
        return instance.instruments[self.name]  # type: ignore[no-any-return]


class OptionalNeeds(Generic[Role]):
    """A role that is used where the bench fills it, such as a thermometer in the room."""

    name: str

    def __init__(self, role: type[Role]) -> None:
        self.role = role

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, instance: None, owner: type) -> OptionalNeeds[Role]: ...
    @overload
    def __get__(self, instance: Procedure, owner: type) -> Role | None: ...
    def __get__(self, instance: Procedure | None, owner: type) -> OptionalNeeds[Role] | Role | None:
        return self if instance is None else instance.instruments.get(self.name)


class Measurement:
    """A measurand of the method, declared before it is obtained (VIM 2.3).

    Parameters
    ----------
    unit
        Unit of the value.
    symbol
        Symbol as the standard prints it ("Rp0.2").
    clause
        Where the standard defines it ("ISO 6892-1:2019, 13").
    resolution
        Rounding interval for print; verdicts always use the unrounded value.
    required
        Whether an unset value fails the run (a yield point that is not there does not).
    """

    name: str

    def __init__(
        self,
        unit: str,
        *,
        symbol: str = "",
        clause: str = "",
        resolution: float,
        required: bool = True,
    ) -> None:
        self.unit = unit
        self.symbol = symbol
        self.clause = clause
        self.resolution = resolution
        self.required = required

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name
        self.symbol = self.symbol or name


class Procedure:
    """A test method: what it needs, what it does and what it finds.

    Subclasses state `id`, `version`, `title`, `channels` and `plots`, their declared parts and
    phases, and `evaluate`. Names for people live in the catalogues under ``method.<id>``,
    ``param.<id>.<name>``, ``measurand.<id>.<name>``, ``phase.<id>.<name>``.

    Attributes
    ----------
    resumes_at
        Phase at which a run that continues an interrupted one begins, "" where the method cannot
        be continued. What the interrupted segments have recorded is `RunContext.earlier`.
    keeps_on
        Roles whose output stays on while a run waits for its booking to be extended; all others
        are switched off and on again. A chamber keeps its climate in any case.
    streams
        What is recorded beside the main stream: `RunContext.stream`.
    evaluates_tree
        Whether the results come from all streams: `evaluate_tree` then takes the place of
        `evaluate`.
    """

    id: ClassVar[str]
    version: ClassVar[str]
    standard: ClassVar[str]
    channels: ClassVar[tuple[Channel, ...]]
    plots: ClassVar[tuple[Plot, ...]]
    resumes_at: ClassVar[str] = ""
    keeps_on: ClassVar[tuple[str, ...]] = ()
    streams: ClassVar[tuple[Stream, ...]] = ()
    evaluates_tree: ClassVar[bool] = False

    def __init__(
        self,
        parameters: Mapping[str, float | str | None],
        instruments: Mapping[str, Any],
    ) -> None:
        self.parameters = dict(parameters)
        self.instruments = dict(instruments)

    @staticmethod
    def evaluate(
        dataset: xarray.Dataset,
        parameters: Mapping[str, float | str | None],
        data: Mapping[str, Any],
    ) -> Evaluation:
        """Obtain every measurement from recorded data alone.

        Parameters
        ----------
        dataset
            Main stream of the run: coordinate `time` [s since the run started, float64], the
            declared channels, and `phase` (index of the phase in effect, int16).
        parameters
            Complete parameters of the run.
        data
            The method's versioned data (tolerances, windows, rounding).
        """
        raise NotImplementedError

    @staticmethod
    def evaluate_tree(
        tree: xarray.DataTree,
        parameters: Mapping[str, float | str | None],
        data: Mapping[str, Any],
    ) -> Evaluation:
        """Obtain every measurement from the recorded data of all streams alone.

        Parameters
        ----------
        tree
            At its root the main stream, as in `evaluate`; below it the others by name, each with
            its own coordinate ``<stream>_time`` [s since the run started].
        """
        raise NotImplementedError

    @classmethod
    def declared_params(cls) -> dict[str, Param | OptionalParam | Choice]:
        """List the parameters in the order of their declaration."""
        return {n: p for n, p in _members(cls) if isinstance(p, (Param, OptionalParam, Choice))}

    @classmethod
    def declared_needs(cls) -> dict[str, Needs[Any]]:
        """List the roles that the bench must fill."""
        return {n: p for n, p in _members(cls) if isinstance(p, Needs)}

    @classmethod
    def roles_at(cls, present: Iterable[str]) -> tuple[str, ...]:
        """Name the roles to connect at a bench: every need, and what it has of the optional."""
        have = set(present)
        optional = (n for n, p in _members(cls) if isinstance(p, OptionalNeeds) and n in have)
        return (*cls.declared_needs(), *optional)

    @classmethod
    def declared_monitors(cls) -> dict[str, Monitor]:
        """List what is watched during a run."""
        return {n: p for n, p in _members(cls) if isinstance(p, Monitor)}

    @classmethod
    def declared_measurements(cls) -> dict[str, Measurement]:
        """List the measurands in the order of their declaration."""
        return {n: p for n, p in _members(cls) if isinstance(p, Measurement)}

    @classmethod
    def declared_phases(cls) -> tuple[Phase, ...]:
        """List the phases in the order in which they run."""
        return tuple(
            Phase(name, function.__phase_limit__, function, *function.__phase_retries__)
            for name, function in _members(cls)
            if hasattr(function, "__phase_limit__")
        )

    @classmethod
    def limits(
        cls, parameters: Mapping[str, float | str | None], data: Mapping[str, Any]
    ) -> tuple[Limit, ...]:
        """Derive the limits that the standard itself fixes for these parameters; none by default.

        Parameters
        ----------
        parameters
            Complete parameters of the run.
        data
            The method's versioned data.
        """
        return ()

    @classmethod
    def guides(cls, parameters: Mapping[str, float | str | None]) -> tuple[Guide, ...]:
        """Name the levels to draw over the live curves for these parameters; none by default."""
        return ()

    def forecast(self) -> float:
        """Estimate the duration of the run [s], for the time left; 0 where unknown."""
        return 0.0


def _members(cls: type) -> list[tuple[str, Any]]:
    found: dict[str, Any] = {}
    for ancestor in reversed(cls.__mro__):
        found.update(vars(ancestor))
    return list(found.items())
