"""The use cases, each one way from command to committed change."""
