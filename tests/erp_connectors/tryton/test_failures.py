"""What Tryton's refusals mean for whoever called."""

import pytest

from erp_connectors.errors import (
    ErpError,
    ErpMisconfigured,
    ErpOutcomeUnknown,
    ErpRejected,
    ErpUnavailable,
)
from erp_connectors.tryton.failures import TrytonWarning, bad_status, refusal


@pytest.mark.parametrize(
    ("_case", "error", "kind", "text"),
    [
        ("a business rule", ["UserError", ["Falta la unidad", "en la línea 1", None]],
         ErpRejected, "Falta la unidad en la línea 1"),
        ("a question", ["UserWarning", ["ab12.no_carrier", "Sin transportista", ""]],
         TrytonWarning, "Sin transportista"),
        ("somebody was faster", ["ConcurrencyException", "Records were modified"],
         ErpUnavailable, "same moment"),
        ("a wrong password", ["LoginException", ["password", "Password", "password"]],
         ErpMisconfigured, "password"),
        ("a field that is not there", ["'nope'", ""], ErpRejected, "nope"),
        ("nothing we know", {"odd": 1}, ErpRejected, "odd"),
        ("nothing at all", [], ErpRejected, "failed"),
    ],
)  # fmt: skip
def test_an_error_becomes_what_the_caller_must_do(
    _case: str, error: object, kind: type[ErpError], text: str
) -> None:
    failure = refusal(error)

    assert type(failure) is kind
    assert text in str(failure)


def test_only_harmless_questions_are_answered_without_a_person() -> None:
    assert TrytonWarning("0f.invoice_payment_term", "").may_be_acknowledged
    assert not TrytonWarning("0f.no_carrier", "").may_be_acknowledged
    assert not TrytonWarning("", "").may_be_acknowledged


@pytest.mark.parametrize(
    ("status", "is_write", "kind"),
    [
        (503, True, ErpUnavailable),
        (502, False, ErpUnavailable),
        (502, True, ErpOutcomeUnknown),
        (504, True, ErpOutcomeUnknown),
        (429, True, ErpUnavailable),
        (404, False, ErpMisconfigured),
        (403, True, ErpMisconfigured),
        (302, False, ErpMisconfigured),
    ],
)
def test_a_status_becomes_what_the_caller_must_do(
    status: int, is_write: bool, kind: type[ErpError]
) -> None:
    assert type(bad_status(status, is_write=is_write)) is kind
