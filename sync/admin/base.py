"""What the screens have in common: machines write, people read and decide."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, TypeVar

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.db import connection, models
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise, cached_property
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin as UnfoldAdmin
from unfold.decorators import action as unfold_action
from unfold.decorators import display as unfold_display
from unfold.forms import BaseDialogForm

Row = TypeVar("Row", bound=models.Model)
Function = TypeVar("Function", bound=Callable[..., Any])

# Colours of labels, in Unfold's words.
GOOD, BAD, WAITS, MOVES = "success", "danger", "warning", "info"
# Above this many rows an estimate will do: counting them all would take seconds.
COUNT_EXACTLY = 50_000


def action(**options: Any) -> Callable[[Function], Function]:
    """Unfold's decorator, with the type of what it decorates kept."""
    decorate: Callable[[Function], Function] = unfold_action(**options)
    return decorate


def display(**options: Any) -> Callable[[Function], Function]:
    decorate: Callable[[Function], Function] = unfold_display(**options)
    return decorate


class Question(BaseDialogForm):  # type: ignore[misc]  # Unfold has no types
    """A dialog that shows what is about to change before anybody says yes."""

    form_before_template = "admin/sync/question.html"
    model: type[models.Model]

    def lines(self, row: Any) -> Sequence[tuple[Any, Any]]:
        """Return what to show, as names and values."""
        return []

    def get_before_template_context(
        self, request: HttpRequest, object_id: int | str | None = None
    ) -> dict[str, Any]:
        row = self.model._default_manager.filter(pk=object_id).first()
        return {"row": row, "lines": self.lines(row) if row else []}


def question(
    title: Promise | str, text: Promise | str, yes: Promise | str, form: type[Any] | None = None
) -> dict[str, Any]:
    """Return the dialog of an action, in Unfold's terms."""
    return {
        "title": title,
        "description": text,
        "form_class": form,
        "form_submit_text": yes,
    }


class EstimatingPaginator(Paginator[Any]):
    """Counts exactly while that is cheap."""

    @cached_property
    def count(self) -> int:
        query = getattr(self.object_list, "query", None)
        if query is not None and not query.where:
            estimate = _estimate(query.model)
            if estimate > COUNT_EXACTLY:
                return estimate
        return int(super().count)


def _estimate(model: type[models.Model]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass",
            [model._meta.db_table],
        )
        row = cursor.fetchone()
    return int(row[0]) if row else 0


class Screen(UnfoldAdmin, Generic[Row]):  # type: ignore[misc]  # Unfold has no types
    """A list and a form in our usual manner."""

    list_per_page = 50
    show_full_result_count = False
    paginator = EstimatingPaginator
    compressed_fields = True
    list_filter_submit = False
    list_fullwidth = True
    warn_unsaved_form = True

    def tell(self, request: HttpRequest, done: int, late: int = 0, idle: int = 0) -> None:
        """Say how many were done, and how many somebody else had decided before."""
        for number, text, level in (
            (done, _("Done: %(number)s."), messages.SUCCESS),
            (late, _("Somebody else had decided first: %(number)s."), messages.WARNING),
            (
                idle,
                _("No correction is proposed for %(number)s: settle it in the ERP."),
                messages.WARNING,
            ),
        ):
            if number:
                self.message_user(request, text % {"number": number}, level)
        if not done and not late and not idle:
            self.message_user(request, _("There was nothing to do."), messages.WARNING)

    def back_to_list(self) -> HttpResponse:
        """Close the dialog and show the list again."""
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"
        return go_to(reverse(name))

    def back_to(self, row: models.Model) -> HttpResponse:
        return go_to(link_to(row))


class MachineScreen(Screen[Row]):
    """Shows what the machine writes. Nobody adds, edits or deletes history by hand."""

    actions: Sequence[Any] = []

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Whoever may decide must be able to look.
        return bool(super().has_view_permission(request)) or self.has_decide_permission(request)

    def has_decide_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether this person may act on the rows. The forms stay read-only all the same."""
        name = f"{self.opts.app_label}.change_{self.opts.model_name}"
        return bool(request.user.has_perm(name))


class StoryScreen(MachineScreen[Row]):
    """Tells a row's story above its fields: a drawing, a time line, what each answer means."""

    def story(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """Return what the template in `change_form_outer_before_template` shows."""
        return {}

    def is_over(self, row: Any) -> bool:
        """Return whether there is nothing left to answer; the page then offers nothing."""
        return False

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        row = self.get_object(request, unquote(str(object_id)))
        if row is None or self.is_over(row):
            return []
        found: list[Any] = super().get_actions_detail(request, object_id)
        return found

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_object(request, unquote(object_id))
        told = self.story(request, row) if row and self.has_view_permission(request, row) else {}
        page: HttpResponse = super().change_view(
            request, object_id, form_url, {**(extra_context or {}), **told}
        )
        return page


def go_to(url: str) -> HttpResponse:
    return HttpResponse(headers={"HX-Redirect": url})


def person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def link_to(row: models.Model) -> str:
    opts = row._meta
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[row.pk])


def link(row: models.Model | None, text: object = "") -> SafeString | str:
    """Return a link to a row's own page."""
    if row is None:
        return "—"
    return format_html(
        '<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>',
        link_to(row),
        text or row,
    )


def shown_once(request: HttpRequest, template: str, context: dict[str, Any]) -> TemplateResponse:
    """Answer with a secret that nobody, nor any cache between, may keep."""
    answer = TemplateResponse(request, template, context)
    answer["Cache-Control"] = "no-store"
    return answer


def table(heads: Iterable[object], rows: Iterable[Iterable[object]]) -> SafeString:
    """Return a small table for a read-only field; every cell is escaped."""
    head = format_html_join("", "<th>{}</th>", ((cell,) for cell in heads))
    lines = (format_html_join("", "<td>{}</td>", ((cell,) for cell in row)) for row in rows)
    body = format_html_join("", "<tr>{}</tr>", ((line,) for line in lines))
    return format_html(
        '<table class="puente-table"><thead><tr>{}</tr></thead><tbody>{}</tbody></table>',
        head,
        body,
    )
