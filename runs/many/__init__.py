"""Many runs as one: stacked, aligned, referred to, compared."""
