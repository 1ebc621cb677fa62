"""A foreign file becomes a run of ours, with its origin on record; all of it or nothing."""

from runs.imports.foreign import Contents, Imported, Preview, contents, imported, previewed
from runs.imports.plan import ImportPlan, ImportRefused, Mapped
from runs.imports.problems import Problem

__all__ = [
    "Contents",
    "ImportPlan",
    "ImportRefused",
    "Imported",
    "Mapped",
    "Preview",
    "Problem",
    "contents",
    "imported",
    "previewed",
]
