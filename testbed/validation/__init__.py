"""Published values beside what the evaluations obtain from the same data."""
