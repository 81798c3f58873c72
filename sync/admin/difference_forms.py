"""The questions that are asked before a difference is decided, put off or assigned."""

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminSelectWidget

from sync.admin import base
from sync.models import Divergence
from sync.work_items import Pause

PAUSES = [
    (Pause.HOUR.value, _("One hour")),
    (Pause.TOMORROW.value, _("Until tomorrow at 8:00")),
    (Pause.WEEK.value, _("One week")),
]


class Decide(base.Question):
    model = Divergence

    def lines(self, row: Divergence) -> list[tuple[Any, Any]]:
        before, after = before_and_after(row)
        return [
            (_("Record"), row.key.partition("@")[0]),
            (_("In the store now"), before),
            (_("Afterwards"), after),
            (_("Likely cause"), row.get_cause_display()),
        ]


class Leave(Decide):
    def lines(self, row: Divergence) -> list[tuple[Any, Any]]:
        return [
            (_("Record"), row.key.partition("@")[0]),
            (_("Is, and stays"), row.found),
            (_("Should be"), row.expected),
            (_("Likely cause"), row.get_cause_display()),
        ]


class Work(Decide):
    def lines(self, row: Divergence) -> list[tuple[Any, Any]]:
        return [
            (_("Record"), row.key.partition("@")[0]),
            (_("Is"), row.found),
            (_("Should be"), row.expected),
            (_("Assigned to"), row.assigned_to or _("nobody")),
        ]


class HowLong(forms.Form):
    pause = forms.ChoiceField(
        label=_("For how long?"),
        choices=PAUSES,
        initial=Pause.TOMORROW.value,
        widget=UnfoldAdminRadioSelectWidget(),
    )


class ToWhom(forms.Form):
    to = forms.ModelChoiceField(
        label=_("To whom?"),
        queryset=User.objects.filter(is_staff=True, is_active=True).order_by("username"),
        widget=UnfoldAdminSelectWidget(),
    )


class PutOff(Work, HowLong):
    pass


class Assign(Work, ToWhom):
    pass


def before_and_after(row: Divergence) -> tuple[str, str]:
    """Return what the store shows and what it would show, as far as anybody knows."""
    correction = getattr(row, "correction", None)
    if correction is None:
        return row.found, row.expected
    return str(correction.before), str(correction.after)
