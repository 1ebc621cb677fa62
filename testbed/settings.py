"""The settings, one frozen tree from TOML and environment."""
