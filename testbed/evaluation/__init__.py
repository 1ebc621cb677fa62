"""Regression and decision rules that several methods need."""
