"""What people do with a difference besides deciding it: see it, put it off, hand it on."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from sync import work_items
from sync.admin import base
from sync.admin.difference_forms import (
    Assign,
    HowLong,
    PutOff,
    ToWhom,
    Work,
    before_and_after,
)
from sync.models import Divergence
from sync.work_items import Pause

PUT_OFF = _("It leaves the list and comes back by itself. Nothing is written to the store.")
ASSIGN = _("It shows in that person's list. Nothing is written to the store.")
TAKE = _("It shows in your list. Whoever has it already keeps it.")

Answer = Callable[[Divergence], bool | None]
Rows = QuerySet[Divergence]


class DifferenceWork(base.StoryScreen[Divergence]):
    """The actions, for one row and for many; each tells how many somebody was faster with."""

    def record(self, row: Any) -> str:
        """Name a row for staff. The list that mixes this in says how; Django's screens have
        a metaclass of their own, so nothing can be marked abstract here.
        """
        raise NotImplementedError

    def answer(self, request: HttpRequest, rows: list[Divergence], answer: Answer) -> None:
        answers = [answer(row) for row in rows]
        self.tell(request, answers.count(True), answers.count(False), answers.count(None))

    def answer_one(self, request: HttpRequest, object_id: str, answer: Answer) -> HttpResponse:
        row = self.get_queryset(request).filter(pk=object_id).select_related("correction").first()
        self.answer(request, [row] if row else [], answer)
        return self.back_to_list()

    def ask_many(
        self,
        request: HttpRequest,
        rows: Rows,
        *,
        action: str,
        title: Any,
        text: Any,
        answer: Callable[[Divergence, forms.Form | None], bool | None],
        form: type[forms.Form] | None = None,
    ) -> TemplateResponse | None:
        """Show what is about to change; carry it out when that was confirmed."""
        chosen = list(rows.select_related("channel", "correction", "assigned_to"))
        confirmed = bool(request.POST.get("confirmed"))
        asked = form(request.POST if confirmed else None) if form else None
        if confirmed and (asked is None or asked.is_valid()):
            self.answer(request, chosen, lambda row: answer(row, asked))
            return None
        lines = [(row, self.record(row), *before_and_after(row)) for row in chosen]
        context = self.admin_site.each_context(request) | {
            "title": title,
            "text": text,
            "opts": self.opts,
            "lines": lines,
            "form": asked,
            "changes_store": action == "approve",
            "action": action,
        }
        return TemplateResponse(request, "admin/sync/decide_many.html", context)

    @base.action(description=_("Seen"), permissions=["decide"])
    def see(self, request: HttpRequest, rows: Rows) -> None:
        chosen = list(rows.select_related("channel"))
        self.answer(request, chosen, lambda row: work_items.see(row, by=base.person(request)))

    @base.action(description=_("Assign to me"), permissions=["decide"])
    def take(self, request: HttpRequest, rows: Rows) -> None:
        chosen = list(rows.select_related("channel"))
        self.answer(request, chosen, lambda row: work_items.take(row, by=base.person(request)))

    @base.action(description=_("Put off…"), permissions=["decide"])
    def put_off(self, request: HttpRequest, rows: Rows) -> TemplateResponse | None:
        return self.ask_many(
            request,
            rows,
            action="put_off",
            title=_("Put off"),
            text=PUT_OFF,
            form=HowLong,
            answer=lambda row, form: _put_off(request, row, form),
        )

    @base.action(description=_("Assign…"), permissions=["decide"])
    def assign(self, request: HttpRequest, rows: Rows) -> TemplateResponse | None:
        return self.ask_many(
            request,
            rows,
            action="assign",
            title=_("Assign"),
            text=ASSIGN,
            form=ToWhom,
            answer=lambda row, form: _assign(request, row, form),
        )

    @base.action(
        description=_("Seen"),
        permissions=["decide"],
        url_path="see",
        icon="visibility",
        dialog=base.question(
            _("Seen"),
            _("The others see that you know of it. It stays open."),
            _("Yes, I have seen it"),
            Work,
        ),
    )
    def see_one(self, request: HttpRequest, _form: Any, object_id: str) -> HttpResponse:
        by = base.person(request)
        return self.answer_one(request, object_id, lambda row: work_items.see(row, by=by))

    @base.action(
        description=_("Assign to me"),
        permissions=["decide"],
        url_path="take",
        icon="person_add",
        dialog=base.question(_("Assign to me"), TAKE, _("Yes, it is mine"), Work),
    )
    def take_one(self, request: HttpRequest, _form: Any, object_id: str) -> HttpResponse:
        by = base.person(request)
        return self.answer_one(request, object_id, lambda row: work_items.take(row, by=by))

    @base.action(
        description=_("Put off…"),
        permissions=["decide"],
        url_path="put-off",
        icon="snooze",
        dialog=base.question(_("Put off"), PUT_OFF, _("Put off"), PutOff),
    )
    def put_off_one(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self.answer_one(request, object_id, lambda row: _put_off(request, row, form))

    @base.action(
        description=_("Assign…"),
        permissions=["decide"],
        url_path="assign",
        icon="group",
        dialog=base.question(_("Assign"), ASSIGN, _("Assign"), Assign),
    )
    def assign_one(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self.answer_one(request, object_id, lambda row: _assign(request, row, form))


def _put_off(request: HttpRequest, row: Divergence, form: Any) -> bool:
    until = work_items.end_of(Pause(form.cleaned_data["pause"]))
    return work_items.put_off(row, until=until, by=base.person(request))


def _assign(request: HttpRequest, row: Divergence, form: Any) -> bool:
    return work_items.assign(row, to=form.cleaned_data["to"], by=base.person(request))
