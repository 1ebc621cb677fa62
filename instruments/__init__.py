"""Drivers for laboratory instruments, without a store and without a screen."""
