"""Writing a growing file: what gathers in memory, and what reaches the disk."""
