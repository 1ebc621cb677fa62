"""Curves of any length at the same cost: the pyramid of a stream and windows into it."""
