"""Simulated instruments: real programs behind real transports, over one shared world."""
