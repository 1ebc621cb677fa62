"""The centre's working day: rules, methods, engine and services."""
