"""xarray: one variable of many files by `open_mfdataset`, with the faster of its engines."""

import json
import sys
import time
from pathlib import Path

import xarray

# h5netcdf takes four times as long.
ENGINE = "netcdf4"


def read(paths: list[Path], variable: str) -> float:
    """Read the variable of all files into memory; gives the seconds."""
    begun = time.perf_counter()
    with xarray.open_mfdataset(
        paths, engine=ENGINE, combine="nested", concat_dim="run", data_vars="all",
        coords="minimal", compat="override", join="override",
        preprocess=lambda dataset: dataset[[variable]].drop_vars("time", errors="ignore"),
    ) as dataset:  # fmt: skip
        values = dataset[variable].values
    taken = time.perf_counter() - begun
    if len(values) != len(paths):
        raise SystemExit(f"{len(values)} of {len(paths)} runs were read")
    return taken


if __name__ == "__main__":
    found = sorted(Path(sys.argv[1]).glob("run*.h5"))
    print(json.dumps({"seconds": read(found, sys.argv[2])}))
