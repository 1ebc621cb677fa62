"""Drivers of other libraries that play a role of ours, by an overlay of units and accuracy."""
