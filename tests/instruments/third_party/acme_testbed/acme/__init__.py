"""A driver and a method of somebody else."""
