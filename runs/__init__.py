"""The run record: one HDF5 file per run, plain netCDF4 to every reader."""
