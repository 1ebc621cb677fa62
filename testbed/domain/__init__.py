"""What the centre's work is, in the standard library alone."""
