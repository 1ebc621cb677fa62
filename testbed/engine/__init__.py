"""Executes procedures on a bench and always ends safe."""
