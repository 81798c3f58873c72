"""Why the store probably shows another number than it should. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class Cause(StrEnum):
    """The values are those that sync.models.Divergence stores."""

    HAND_EDIT = "hand_edit"
    LOST_NOTICE = "lost_notice"
    LATE_ERP = "late_erp"
    ECHO = "echo"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clues:
    """What is known when a level turns out to differ from what we believed.

    `unknown_web`: units the store has committed to orders that never reached us.
    `last_sent`: the figure we wrote last. `erp_silent`: the ERP has not answered lately.
    """

    believed: int
    found: int
    expected: int
    unknown_web: int = 0
    last_sent: int | None = None
    in_doubt: bool = False
    erp_silent: bool = False


def likely_cause(clues: Clues) -> Cause:
    """Return the first explanation that fits, the surest one first."""
    if clues.unknown_web and clues.believed - clues.found == clues.unknown_web:
        return Cause.LOST_NOTICE
    if clues.in_doubt and clues.found == clues.last_sent:
        return Cause.ECHO
    if clues.erp_silent:
        # What the store should show is computed from old figures.
        return Cause.LATE_ERP
    return Cause.UNCLEAR if clues.found == clues.believed else Cause.HAND_EDIT


def units_at_risk(*, expected: int, found: int) -> int:
    """Return how many units are offered that are not there, or there and not offered."""
    return abs(found - expected)
