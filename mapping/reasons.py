"""Why something waits, in words that can be said in any language later.

A reason is stored as its English sentence and the values in it, so that a screen
translates the sentence and not a text with somebody's order number inside.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

_MARK = '[{"sentence"'


def gettext_noop(sentence: str) -> str:
    """Mark a sentence for translation, here where Django is not known."""
    return sentence


@dataclass(frozen=True, slots=True)
class Reason:
    """One sentence; `values` fill its %(name)s places."""

    sentence: str
    values: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.sentence % self.values if self.values else self.sentence


def pack(reasons: Iterable[Reason]) -> str:
    """Return the text to store for these reasons."""
    unique = {str(each): each for each in reasons}.values()
    return json.dumps(
        [{"sentence": each.sentence, "values": dict(each.values)} for each in unique],
        ensure_ascii=False,
    )


def say(stored: str, translate: Callable[[str], str] = str) -> str:
    """Return stored reasons as a sentence; text that came from elsewhere stays as it is."""
    if not stored.startswith(_MARK):
        return translate(stored) if stored else ""
    parts = json.loads(stored)
    return " ".join(str(Reason(translate(part["sentence"]), part["values"])) for part in parts)
