"""From a growing file to a finished one: noted, healed, hashed, known to be unchanged."""
