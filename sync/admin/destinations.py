"""Who is told of alarms. Addresses and keys go in here and never come out."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminPasswordWidget

from mapping.reasons import pack
from sync import audit, notices, words
from sync.admin import base
from sync.models import AlertDestination

KINDS: Sequence[tuple[str, Any]] = [
    (AlertDestination.Kind.EMAIL, _("E-mail")),
    (AlertDestination.Kind.WEBHOOK, _("A system of yours (signed call)")),
    (AlertDestination.Kind.SLACK, "Slack"),
    (AlertDestination.Kind.TEAMS, "Microsoft Teams"),
]


class DestinationForm(forms.ModelForm[AlertDestination]):
    """The address can be entered and replaced. What is stored is never sent to a browser."""

    target = forms.CharField(
        label=_("Address"),
        required=False,
        max_length=2000,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "off"}),
    )

    class Meta:
        model = AlertDestination
        fields = ["company", "name", "kind", "least_severity", "enabled"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["target"].help_text = (
            _("Set: %(where)s. Leave it empty to keep it.") % {"where": self.instance.shown}
            if self.instance.shown
            else _("An e-mail address, or the https:// address that Slack, Teams or you gave.")
        )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        target = cleaned.get("target", "").strip()
        if not target and (not self.instance.shown or "kind" in self.changed_data):
            self.add_error("target", _("Enter the address."))
        elif target and "kind" in cleaned:
            self._check(target, cleaned["kind"])
        return cleaned

    def _check(self, target: str, kind: str) -> None:
        try:
            if kind == AlertDestination.Kind.EMAIL:
                self.instance.shown = notices.check_email(target)
            else:
                self.instance.shown = notices.check_address(target).pinned.host[:200]
        except notices.NotDelivered as error:
            self.add_error("target", words.said(pack([error.reason])))
            return
        self.instance.secrets = {**self.instance.secrets, "target": target}

    def save(self, commit: bool = True) -> AlertDestination:
        row = self.instance
        if row._state.adding and row.kind == AlertDestination.Kind.WEBHOOK:
            row.secrets = {**row.secrets, "signing": notices.new_signing_key()}
        return super().save(commit)


@admin.register(AlertDestination)
class AlertDestinationScreen(base.Screen[AlertDestination]):
    form = DestinationForm
    list_display = ["name", "type", "company", "shown", "health", "enabled", "last_ok_at"]
    list_select_related = ["company"]
    readonly_fields = ["shown", "last_ok_at", "problem"]
    fieldsets = [
        (None, {"fields": ["company", "name", "kind", "target", "least_severity", "enabled"]}),
        (_("Health"), {"fields": ["shown", "last_ok_at", "problem"]}),
    ]
    actions_row = ["try_one"]
    actions_detail = ["try_one", "renew_key"]

    def formfield_for_choice_field(
        self, db_field: Any, request: HttpRequest | None, **kwargs: Any
    ) -> Any:
        if db_field.name == "kind":
            kwargs["choices"] = KINDS
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    @base.display(description=_("Kind"), ordering="kind")
    def type(self, row: AlertDestination) -> Any:
        return dict(KINDS).get(row.kind, row.kind)

    @base.display(
        description=_("Health"), label={"well": base.GOOD, "failing": base.BAD, "unknown": ""}
    )
    def health(self, row: AlertDestination) -> Any:
        if row.kind == AlertDestination.Kind.EMAIL and not notices.has_mail_server():
            return "failing", _("no mail server is set up")
        if row.last_error:
            return "failing", _("failing")
        return ("well", _("well")) if row.last_ok_at else ("unknown", _("not tried yet"))

    @base.display(description=_("Last error"))
    def problem(self, row: AlertDestination) -> str:
        return words.said(row.last_error) or "—"

    def save_model(self, request: HttpRequest, row: Any, form: Any, change: bool) -> None:
        with transaction.atomic():
            super().save_model(request, row, form, change)
            if form.cleaned_data.get("target"):
                audit.note(base.person(request), "change_secret", str(row), where=row.shown)
        if row.kind == AlertDestination.Kind.EMAIL and not notices.has_mail_server():
            text = _("No mail server is set up here (EMAIL_URL), so no e-mail can be sent.")
            self.message_user(request, text, messages.WARNING)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> Any:
        if obj.kind == AlertDestination.Kind.WEBHOOK:
            return self._key_page(request, obj, obj.secrets["signing"])
        return super().response_add(request, obj, post_url_continue)

    @base.action(
        description=_("Send a test"),
        permissions=["change"],
        url_path="test",
        icon="send",
        dialog=base.question(
            _("Send a test"),
            _("A message that says that it is a test is sent there now."),
            _("Send it"),
        ),
    )
    def try_one(self, request: HttpRequest, _form: Any, object_id: str) -> HttpResponse:
        row = self.get_queryset(request).filter(pk=object_id).first()
        if row is not None:
            audit.note(base.person(request), "test_destination", str(row))
            level, text = _try(row)
            self.message_user(request, f"{row}: {text}", level)
        return self.back_to_list()

    @base.action(
        description=_("New signing key"), permissions=["change"], url_path="new-key", icon="key"
    )
    def renew_key(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the new key in the answer to the form, once: it never comes out again."""
        row = self.get_queryset(request).filter(pk=object_id).first()
        if row is None or row.kind != AlertDestination.Kind.WEBHOOK:
            raise Http404
        if not self.has_change_permission(request, row):
            raise PermissionDenied
        text = _renew(request, row) if request.method == "POST" else ""
        return self._key_page(request, row, text)

    def _key_page(self, request: HttpRequest, row: AlertDestination, text: str) -> HttpResponse:
        context = self.admin_site.each_context(request) | {
            "title": _("Signing key"),
            "opts": self.opts,
            "destination": row,
            "text": text,
            "done": reverse("admin:sync_alertdestination_changelist"),
            "back": reverse("admin:sync_alertdestination_change", args=[row.pk]),
        }
        return base.shown_once(request, "admin/sync/signing_key.html", context)


def _try(row: AlertDestination) -> tuple[int, Any]:
    try:
        notices.send_test(row)
    except notices.NotDelivered as error:
        return messages.ERROR, words.said(pack([error.reason]))
    return messages.SUCCESS, _("It was taken.")


@transaction.atomic
def _renew(request: HttpRequest, row: AlertDestination) -> str:
    text = notices.new_signing_key()
    row.secrets = {**row.secrets, "signing": text}
    row.save(update_fields=["secrets"])
    audit.note(base.person(request), "change_secret", str(row))
    return text
