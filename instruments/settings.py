"""Settings that are read back one at a time, so that one dead query loses no other."""

from collections.abc import Callable, Iterator, Mapping

__all__ = ["Setting", "Settings"]

Setting = str | float | bool


class Settings(Mapping[str, Setting]):
    """The settings of an instrument by name; each is asked for when it is looked up.

    Parameters
    ----------
    questions
        By name of the setting: what asks the instrument for it.

    Raises
    ------
    InstrumentError
        From a look-up: this one setting could not be read back.
    """

    def __init__(self, **questions: Callable[[], Setting]) -> None:
        self._questions = questions

    def __getitem__(self, name: str) -> Setting:
        return self._questions[name]()

    def __iter__(self) -> Iterator[str]:
        return iter(self._questions)

    def __len__(self) -> int:
        return len(self._questions)
