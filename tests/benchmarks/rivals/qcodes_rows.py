"""QCoDeS: a time and four values a row into its SQLite database, at its own default settings."""

import json
import sys
import tempfile
import time
from pathlib import Path

from qcodes.dataset import Measurement, initialise_or_create_database_at, load_or_create_experiment

CHANNELS = ("c0", "c1", "c2", "c3")


def measure(directory: Path, rows: int) -> float:
    """Record that many rows; gives the rows per second until the data set is complete."""
    initialise_or_create_database_at(directory / "runs.db")
    measurement = Measurement(exp=load_or_create_experiment("benchmark", "none"))
    measurement.register_custom_parameter("time", unit="s")
    for channel in CHANNELS:
        measurement.register_custom_parameter(channel, setpoints=("time",))
    begun = time.perf_counter()
    with measurement.run() as saver:
        for number in range(rows):
            saver.add_result(
                ("time", number * 1e-6), ("c0", 1.5), ("c1", 2.5), ("c2", 3.5), ("c3", 4.5)
            )
    taken = time.perf_counter() - begun
    found = len(saver.dataset.get_parameter_data("c3")["c3"]["c3"])
    if found != rows:
        raise SystemExit(f"{found} of {rows} rows were recorded")
    return rows / taken


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as home:
        result = measure(Path(home), int(sys.argv[1]))
    print("\n" + json.dumps({"rows_per_second": result}))
