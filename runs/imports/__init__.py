"""A foreign file becomes a run of ours, with its origin on record; all of it or nothing."""

from runs.imports.foreign import Imported, imported
from runs.imports.plan import ImportPlan, ImportRefused, Mapped

__all__ = ["ImportPlan", "ImportRefused", "Imported", "Mapped", "imported"]
