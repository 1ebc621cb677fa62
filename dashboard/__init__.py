"""The screens of the centre."""
