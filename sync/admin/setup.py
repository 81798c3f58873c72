"""Where the two sides are, and who may call us. Secrets go in here and never come out."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextInputWidget

from erp_connectors.errors import ErpError
from erp_connectors.models import ApiKey, ErpConnection
from mapping.models import Channel
from shopify_app import reads
from shopify_app.errors import ShopifyError
from shopify_app.models import Shop
from sync import audit, calls
from sync.admin import base


class ConnectionForm(forms.ModelForm[ErpConnection]):
    """Secrets can be entered and replaced. What is stored is never sent to a browser."""

    password = forms.CharField(
        label=_("Password"),
        required=False,
        strip=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
    )

    class Meta:
        model = ErpConnection
        fields = ["company", "kind", "settings", "enabled", "poll_seconds"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stored = self.instance.secrets if self.instance.pk else {}
        self.fields["password"].help_text = (
            _("Set. Leave it empty to keep it.") if stored.get("password") else _("Not set.")
        )

    def save(self, commit: bool = True) -> ErpConnection:
        if entered := self.cleaned_data.get("password"):
            self.instance.secrets = {**self.instance.secrets, "password": entered}
        return super().save(commit)


class KeyName(forms.Form):
    name = forms.CharField(
        label=_("What is it for?"), max_length=80, widget=UnfoldAdminTextInputWidget()
    )


@admin.register(ErpConnection)
class ErpConnectionScreen(base.Screen[ErpConnection]):
    form = ConnectionForm
    list_display = ["company", "kind", "enabled", "health", "last_ok_at", "last_error"]
    list_select_related = ["company"]
    readonly_fields = ["last_ok_at", "last_error"]
    fieldsets = [
        (None, {"fields": ["company", "kind", "enabled", "poll_seconds"]}),
        (_("Access"), {"fields": ["settings", "password"]}),
        (_("Health"), {"fields": ["last_ok_at", "last_error"]}),
    ]
    actions = ["check_all"]
    actions_row = ["check_one"]
    actions_detail = ["check_one", "issue_key"]

    @base.display(
        description=_("Health"), label={"well": base.GOOD, "failing": base.BAD, "unknown": ""}
    )
    def health(self, row: ErpConnection) -> Any:
        if row.last_error:
            return "failing", _("failing")
        return ("well", _("well")) if row.last_ok_at else ("unknown", _("not asked yet"))

    def save_model(self, request: HttpRequest, row: Any, form: Any, change: bool) -> None:
        with transaction.atomic():
            super().save_model(request, row, form, change)
            if form.cleaned_data.get("password"):
                audit.note(base.person(request), "change_secret", str(row))

    @base.action(description=_("Check the connection"), permissions=["change"])
    def check_all(self, request: HttpRequest, rows: QuerySet[ErpConnection]) -> None:
        for row in rows.select_related("company"):
            good, text = ask_erp(row)
            audit.note(base.person(request), "check_connection", str(row), answer=text)
            level = messages.SUCCESS if good else messages.ERROR
            self.message_user(request, f"{row}: {text}", level)

    @base.action(
        description=_("Check the connection"),
        permissions=["change"],
        url_path="check",
        icon="network_check",
        dialog=base.question(
            _("Check the connection"),
            _("The ERP is asked how it is. Nothing is written."),
            _("Ask now"),
        ),
    )
    def check_one(self, request: HttpRequest, _form: Any, object_id: str) -> HttpResponse:
        self.check_all(request, self.get_queryset(request).filter(pk=object_id))
        return self.back_to_list()

    @base.action(description=_("New API key"), url_path="new-key", icon="key")
    def issue_key(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the key's text in the answer to the form, once: it is stored nowhere."""
        if not request.user.has_perm("erp_connectors.add_apikey"):
            raise PermissionDenied
        connection = self.get_queryset(request).filter(pk=object_id).first()
        if connection is None:
            raise Http404
        form = KeyName(request.POST or None)
        text = ""
        if request.method == "POST" and form.is_valid():
            text = _issue(request, connection, form.cleaned_data["name"])
        context = self.admin_site.each_context(request) | {
            "title": _("New API key"),
            "opts": self.opts,
            "connection": connection,
            "form": form,
            "text": text,
            "done": reverse("admin:erp_connectors_apikey_changelist"),
            "back": reverse("admin:erp_connectors_erpconnection_change", args=[connection.pk]),
        }
        return base.shown_once(request, "admin/sync/new_key.html", context)


@transaction.atomic
def _issue(request: HttpRequest, connection: ErpConnection, name: str) -> str:
    key, text = ApiKey.issue(connection, name)
    audit.note(base.person(request), "issue_key", str(key), connection=str(connection))
    return text


def ask_erp(row: ErpConnection) -> tuple[bool, str]:
    """Ask an ERP how it is and remember the answer."""
    try:
        with calls.erp(row) as connector:
            health = connector.health()
        good, text = health.ok, f"{health.message} ({health.milliseconds} ms)"
    except ErpError as error:
        good, text = False, str(error)
    changes: dict[str, Any] = {"last_error": "" if good else text[:500]}
    if good:
        changes["last_ok_at"] = timezone.now()
    ErpConnection.objects.filter(pk=row.pk).update(**changes)
    return good, text


@admin.register(ApiKey)
class ApiKeyScreen(base.Screen[ApiKey]):
    """Keys are made on the connection's page; here they can be seen and revoked."""

    list_display = ["name", "connection", "prefix", "created_at", "last_used_at", "expires_at"]
    list_select_related = ["connection__company"]
    fields = ["name", "connection", "prefix", "created_at", "last_used_at", "expires_at"]
    readonly_fields = ["connection", "prefix", "created_at", "last_used_at"]
    actions = ["revoke"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @base.action(description=_("Revoke: it opens nothing any more"), permissions=["change"])
    def revoke(self, request: HttpRequest, rows: QuerySet[ApiKey]) -> None:
        with transaction.atomic():
            for key in rows:
                audit.note(base.person(request), "revoke_key", str(key))
            count = rows.update(expires_at=timezone.now())
        self.tell(request, count)


@admin.register(Shop)
class ShopScreen(base.Screen[Shop]):
    list_display = ["name", "domain", "channel", "health", "last_ok_at", "last_webhook_at"]
    list_select_related = ["channel"]
    readonly_fields = [
        *("channel", "domain", "grant", "access", "scopes", "token_expires_at", "name"),
        *("refresh_expires_at", "publication", "taxes_included", "uninstalled_at"),
        *("last_ok_at", "last_webhook_at", "last_error"),
    ]
    fieldsets = [
        (None, {"fields": ["name", "domain", "channel", "taxes_included"]}),
        (_("Health"), {"fields": ["last_ok_at", "last_webhook_at", "last_error"]}),
        (
            _("Access"),
            {
                "fields": [
                    *("grant", "access", "scopes", "token_expires_at"),
                    *("refresh_expires_at", "uninstalled_at"),
                ]
            },
        ),
    ]
    actions_row = ["check_one"]
    actions_detail = ["check_one"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @base.display(description=_("Access"))
    def access(self, row: Shop) -> Any:
        return _("set") if row.credentials.get("access_token") else _("not set")

    @base.display(
        description=_("Health"), label={"well": base.GOOD, "failing": base.BAD, "unknown": ""}
    )
    def health(self, row: Shop) -> Any:
        if row.uninstalled_at:
            return "failing", _("the app was removed")
        if row.last_error:
            return "failing", _("failing")
        return ("well", _("well")) if row.last_ok_at else ("unknown", _("not asked yet"))

    @base.action(
        description=_("Check the store"),
        permissions=["change"],
        url_path="check",
        icon="network_check",
        dialog=base.question(
            _("Check the store"),
            _("Shopify is asked about the store. Nothing is written."),
            _("Ask now"),
        ),
    )
    def check_one(self, request: HttpRequest, _form: Any, object_id: str) -> HttpResponse:
        row = self.get_queryset(request).filter(pk=object_id).first()
        if row is not None:
            good, text = ask_store(row.channel)
            audit.note(
                base.person(request),
                "check_connection",
                str(row),
                channel=row.channel,
                answer=text,
            )
            level = messages.SUCCESS if good else messages.ERROR
            self.message_user(request, f"{row}: {text}", level)
        return self.back_to_list()


def ask_store(channel: Channel) -> tuple[bool, str]:
    try:
        with calls.store(channel) as client:
            info = reads.shop_info(client)
    except ShopifyError as error:
        Shop.objects.filter(channel=channel).update(last_error=str(error)[:500])
        return False, str(error)
    Shop.objects.filter(channel=channel).update(last_error="", last_ok_at=timezone.now())
    return True, f"{info.name}, {info.currency}"
