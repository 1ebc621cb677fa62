"""What a phase records into, stream by stream, checked against what its method has declared."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from instruments.readings import Reading, Waveform
from testbed.engine.record import RunRecord
from testbed.engine.uncertainties import Uncertainties
from testbed.procedure import BlockStream, ParameterValue, Procedure, RowStream

__all__ = ["StreamOfRun", "WrongAxis", "streams_of"]

Array = NDArray[np.float64]
_SAME = 1e-6  # relative: an instrument tells its step in six or seven digits


class WrongAxis(ValueError):
    """A waveform has other instants than the axis that its stream declares."""

    def __init__(self, stream: str, has: str, declared: str) -> None:
        super().__init__(f"stream {stream} is declared with {declared}, the waveform has {has}")


class StreamOfRun:
    """One declared stream of a run.

    Parameters
    ----------
    elapsed
        Tells the time [s] since the run started.
    point
        Called after each record: a point at which the run can pause or end.
    """

    def __init__(
        self,
        declared: RowStream | BlockStream,
        parameters: Mapping[str, ParameterValue],
        record: RunRecord,
        elapsed: Callable[[], float],
        point: Callable[[], None],
    ) -> None:
        self.uncertainties = Uncertainties(declared.channels, declared.name)
        self._declared = declared
        self._record = record
        self._elapsed = elapsed
        self._point = point
        self._latest = 0.0
        self._axis = (
            declared.axes[0].of(parameters)
            if isinstance(declared, BlockStream) and len(declared.axes) == 1
            else None
        )

    def record(
        self, at: float | None = None, **channels: float | Reading | ArrayLike | Waveform
    ) -> None:
        """Append one row or one record; one that two clocks put before the last takes its time."""
        self._latest = max(self._elapsed() if at is None else at, self._latest)
        name = self._declared.name
        if isinstance(self._declared, BlockStream):
            for given in channels.values():
                if isinstance(given, Waveform):
                    self._fits(given)
            self._record.block(name, self._latest, self.uncertainties.arrays(channels))  # type: ignore[arg-type]
        else:
            row = self.uncertainties.values(channels)  # type: ignore[arg-type]
            columns = {each: np.array([value], np.float64) for each, value in row.items()}
            self._record.extend_stream(name, np.array([self._latest]), columns)
        self._point()

    def record_block(self, times: ArrayLike, **channels: ArrayLike | Waveform) -> None:
        """Append many rows at once."""
        instants = np.maximum(np.asarray(times, np.float64), self._latest)
        columns = self.uncertainties.arrays(channels)
        self._record.extend_stream(self._declared.name, instants, columns)
        if len(instants):
            self._latest = float(instants[-1])
        self._point()

    def _fits(self, waveform: Waveform) -> None:
        """Refuse a waveform whose samples do not lie where the axis says."""
        axis = self._axis
        if axis is None:
            return
        step = float(axis[1] - axis[0]) if len(axis) > 1 else waveform.step
        if len(waveform.values) != len(axis) or abs(waveform.step - step) > _SAME * abs(step):
            raise WrongAxis(
                self._declared.name,
                f"{len(waveform.values)} samples of {waveform.step:g} s",
                f"{len(axis)} samples of {step:g} s",
            )


def streams_of(
    procedure: Procedure,
    record: RunRecord,
    elapsed: Callable[[], float],
    point: Callable[[], None],
) -> dict[str, StreamOfRun]:
    """Open every stream that a procedure declares beside its main one."""
    return {
        declared.name: StreamOfRun(declared, procedure.parameters, record, elapsed, point)
        for declared in procedure.streams
    }
