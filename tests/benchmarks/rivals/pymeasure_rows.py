"""PyMeasure: a time and four values a row, from a Worker to the CSV file of its Recorder."""

import json
import sys
import tempfile
import time
from pathlib import Path

from pymeasure.experiment import IntegerParameter, Procedure, Results, Worker

COLUMNS = ["time (s)", "c0", "c1", "c2", "c3"]


class Rows(Procedure):
    """Emits rows as fast as it can."""

    count = IntegerParameter("Rows", default=0)
    DATA_COLUMNS = COLUMNS

    def execute(self) -> None:
        """Emit them."""
        emit = self.emit
        for number in range(self.count):
            emit(
                "results",
                {"time (s)": number * 1e-6, "c0": 1.5, "c1": 2.5, "c2": 3.5, "c3": 4.5},
            )


def measure(path: Path, rows: int) -> float:
    """Record that many rows; gives the rows per second until the last one is in the file."""
    procedure = Rows()
    procedure.count = rows
    worker = Worker(Results(procedure, str(path)))
    begun = time.perf_counter()
    worker.start()
    worker.join(timeout=600)
    taken = time.perf_counter() - begun
    with path.open("rb") as written:
        found = sum(not line.startswith((b"#", b"time")) for line in written)
    if found != rows:
        raise SystemExit(f"{found} of {rows} rows were recorded")
    return rows / taken


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as home:
        result = measure(Path(home) / "rows.csv", int(sys.argv[1]))
    print("\n" + json.dumps({"rows_per_second": result}))
