"""Filters that offer what there is, in the words of the screens."""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from sync import words


class AboutFilter(DropdownFilter):  # type: ignore[misc]  # Unfold has no types
    title = _("About")
    parameter_name = "topic"
    names = words.SUBJECTS

    def lookups(self, _request: HttpRequest, _screen: Any) -> Iterable[tuple[str, Any]]:
        return list(self.names.items())

    def queryset(self, _request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        return rows.filter(**{self.parameter_name: chosen}) if chosen else rows


class KindFilter(AboutFilter):
    title = _("What")
    parameter_name = "kind"
    names = words.WRITES


class ReasonFilter(AboutFilter):
    title = _("What happened")
    parameter_name = "reason_code"
    names = {code: happened for code, (happened, _advice) in words.REASONS.items()}
