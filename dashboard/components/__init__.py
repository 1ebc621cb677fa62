"""Dash components of our own, without a bundler: plain JavaScript beside the libraries of npm."""

from dashboard.components.resource_calendar import ResourceCalendar

__all__ = ["ResourceCalendar"]
