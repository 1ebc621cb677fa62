"""Simulated instruments, one file per model, named as the driver that talks to it."""
