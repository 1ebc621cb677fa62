"""An append by netCDF-C: a variable and an attribute in the root, and nothing else."""

import sys

import netCDF4
import numpy as np

for path in sys.argv[1:]:
    with netCDF4.Dataset(path, "a") as file:
        file.setncattr("remark_later", "나중에")
        later = file.createVariable("later", "f8", ("time",))
        later.units = "N"
        later[:] = np.arange(len(file.dimensions["time"]), dtype="f8")
