"""Dash components of our own, without a bundler: plain JavaScript beside the libraries of npm."""

from dashboard.components.picture import Picture
from dashboard.components.resource_calendar import ResourceCalendar

__all__ = ["Picture", "ResourceCalendar"]
