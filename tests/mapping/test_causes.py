"""The likely cause of a difference, the surest explanation first."""

from dataclasses import replace

import pytest

from mapping.decide.causes import Cause, Clues, likely_cause, units_at_risk
from sync.models import Divergence

# We wrote 8, one was sold since, and so we believe in 7.
CLUES = Clues(believed=7, found=7, expected=7, last_sent=8)


@pytest.mark.parametrize(
    ("_case", "clues", "cause"),
    [
        ("someone typed another number", replace(CLUES, found=50), Cause.HAND_EDIT),
        ("someone typed one less", replace(CLUES, found=6), Cause.HAND_EDIT),
        (
            "an order that never reached us took two",
            replace(CLUES, found=5, unknown_web=2),
            Cause.LOST_NOTICE,
        ),
        (
            "an order is on its way, and explains only a part",
            replace(CLUES, found=3, unknown_web=2),
            Cause.HAND_EDIT,
        ),
        (
            "the store put more there than we believe, whatever is on its way",
            replace(CLUES, found=9, unknown_web=2),
            Cause.HAND_EDIT,
        ),
        (
            "a write of ours was carried out, and its answer lost",
            replace(CLUES, found=8, in_doubt=True),
            Cause.ECHO,
        ),
        (
            "it would be our number, but that write was answered",
            replace(CLUES, found=8),
            Cause.HAND_EDIT,
        ),
        (
            "a write is in doubt, but another number stands there",
            replace(CLUES, found=9, in_doubt=True),
            Cause.HAND_EDIT,
        ),
        (
            "the store stands where we left it; the ERP says more, late",
            replace(CLUES, expected=12, erp_silent=True),
            Cause.LATE_ERP,
        ),
        (
            "the store stands where we left it, and nothing explains why",
            replace(CLUES, expected=12),
            Cause.UNCLEAR,
        ),
        (
            "somebody corrected the store by hand, while the ERP was silent",
            replace(CLUES, found=3, erp_silent=True),
            Cause.LATE_ERP,
        ),
        (
            "the ERP is silent, but an order explains it",
            replace(CLUES, found=5, unknown_web=2, erp_silent=True),
            Cause.LOST_NOTICE,
        ),
    ],
)
def test_the_likely_cause(_case: str, clues: Clues, cause: Cause) -> None:
    assert likely_cause(clues) is cause


def test_every_cause_can_be_stored() -> None:
    assert {each.value for each in Cause} <= set(Divergence.Cause.values)


@pytest.mark.parametrize(
    ("expected", "found", "units"), [(5, 8, 3), (8, 5, 3), (0, 0, 0), (0, -2, 2)]
)
def test_units_at_risk_are_offered_in_vain_or_not_offered(
    expected: int, found: int, units: int
) -> None:
    assert units_at_risk(expected=expected, found=found) == units
