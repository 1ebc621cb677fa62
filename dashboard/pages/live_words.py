"""The words that the browser needs while it follows a run."""

from dashboard.figures import unit_text
from dashboard.pages.chips import known
from testbed.i18n import Words
from testbed.services.rows import LiveRow

__all__ = ["live_units", "live_words"]

_STATES = {
    "live": "Live",
    "late": "No news for {age} s",
    "lost": "Connection lost, trying again",
    "queued": "Waits for its bench",
    "paused": "Paused",
    "suspended": "Suspended",
    "connecting": "Connecting",
    "over": "Ended",
}


def live_words(live: LiveRow, words: Words) -> dict[str, object]:
    """Gather the words of one live run."""
    channels = {name: known(words, f"channel.{name}", name) for name in ("time", *live.channels)}
    method = live.row.method
    return {
        "channels": channels,
        "phases": {name: known(words, f"phase.{method}.{name}", name) for name in live.phases},
        "states": {state: words(text) for state, text in _STATES.items()},
        "all": words("Whole run"),
        "minute": words("Last minute"),
        "ten_minutes": words("Last 10 minutes"),
        "unknown": words("not known"),
        "no_data": words("The curve begins with the first sample."),
    }


def live_units(live: LiveRow) -> dict[str, str]:
    """Spell the units of the channels."""
    return {"time": "s", **{name: unit_text(unit) for name, unit in live.channels.items()}}
