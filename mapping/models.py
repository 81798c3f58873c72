"""Who sells where, which side owns what, and what each thing is called on either side."""

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords


class Company(models.Model):
    """A merchant: one business that keeps its books in one ERP."""

    name = models.CharField(_("name"), max_length=80, unique=True)

    class Meta:
        verbose_name = _("company")
        verbose_name_plural = _("companies")

    def __str__(self) -> str:
        return self.name


class Channel(models.Model):
    """One Shopify store of a company. Links, owners and mappings are kept per channel."""

    class Mode(models.TextChoices):
        LIVE = "live", _("Live")
        # Reads and reports what it would do, writes nothing to the store.
        SHADOW = "shadow", _("Shadow: look, do not write")
        PAUSED = "paused", _("Paused: the backlog is kept")

    company = models.ForeignKey(Company, on_delete=models.PROTECT, verbose_name=_("company"))
    name = models.CharField(_("name"), max_length=80, unique=True)
    mode = models.CharField(_("mode"), max_length=10, choices=Mode, default=Mode.LIVE)
    currency = models.CharField(_("currency"), max_length=3, default="EUR")
    price_list = models.CharField(_("base price list"), max_length=80, blank=True)
    compare_at_price_list = models.CharField(
        _("price list shown crossed out"), max_length=80, blank=True
    )
    stock_buffer = models.PositiveIntegerField(_("safety buffer per item"), default=0)
    # Corrections up to this many units are made by themselves; larger ones ask.
    auto_correct_units = models.PositiveIntegerField(
        _("units corrected without asking"), default=5
    )
    # A mass change stops and asks: this many items at zero within an hour, or this many
    # that move by half or more, counted in percent of the items that have stock.
    brake_zero_percent = models.PositiveSmallIntegerField(
        _("items that may go to 0 in an hour (%)"), default=10
    )
    brake_zero_least = models.PositiveIntegerField(_("but always this many items"), default=25)
    brake_move_percent = models.PositiveSmallIntegerField(
        _("items that may move by half or more in an hour (%)"), default=40
    )
    brake_move_least = models.PositiveIntegerField(
        _("but always this many items (large moves)"), default=100
    )
    # Both sides are compared in full at this hour, in the merchant's time.
    night_hour = models.PositiveSmallIntegerField(
        _("hour of the nightly comparison"), default=3, validators=[MaxValueValidator(23)]
    )
    alarm_units = models.PositiveIntegerField(_("units at risk that alarm"), default=10)
    alarm_minutes = models.PositiveIntegerField(
        _("minutes without news, or of waiting, that alarm"), default=30
    )
    # Older orders are in the ERP already, by whatever road they came.
    orders_from = models.DateTimeField(_("orders placed since"), default=timezone.now)
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("channel")
        verbose_name_plural = _("channels")

    def __str__(self) -> str:
        return self.name


class RecordLink(models.Model):
    """The same thing under its two names: an ERP key and a Shopify id."""

    class Kind(models.TextChoices):
        PRODUCT = "product", _("product")
        VARIANT = "variant", _("variant")
        INVENTORY_ITEM = "inventory_item", _("inventory item")
        ORDER = "order", _("order")
        SHIPMENT = "shipment", _("shipment")

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    erp_key = models.CharField(_("ERP key"), max_length=200)
    shopify_id = models.CharField(_("Shopify id"), max_length=120)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("link")
        verbose_name_plural = _("links")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["channel", "kind", "erp_key"], name="link_erp_key_once"
            ),
            models.UniqueConstraint(
                fields=["channel", "kind", "shopify_id"], name="link_shopify_id_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.erp_key} = {self.shopify_id}"


class FieldRule(models.Model):
    """Which side owns a field of a channel: "in price the ERP is boss"."""

    class Owner(models.TextChoices):
        ERP = "erp", _("the ERP")
        SHOPIFY = "shopify", _("Shopify")
        NOBODY = "nobody", _("nobody: leave it alone")

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, verbose_name=_("channel"))
    field = models.CharField(_("field"), max_length=80)
    owner = models.CharField(_("owner"), max_length=10, choices=Owner)
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("source of truth")
        verbose_name_plural = _("sources of truth")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["channel", "field"], name="one_owner_per_field")
        ]

    def __str__(self) -> str:
        return f"{self.field}: {self.get_owner_display()}"


class AttributeMapping(models.Model):
    """Where a typed ERP attribute goes in the store. One attribute, one place."""

    class Target(models.TextChoices):
        METAFIELD = "metafield", _("metafield")

    class On(models.TextChoices):
        PRODUCT = "product", _("product")
        VARIANT = "variant", _("variant")

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, verbose_name=_("channel"))
    attribute = models.CharField(_("ERP attribute"), max_length=80)
    target = models.CharField(_("target"), max_length=20, choices=Target, default=Target.METAFIELD)
    on = models.CharField(_("on"), max_length=10, choices=On, default=On.PRODUCT)
    namespace = models.CharField(_("namespace"), max_length=60, default="erp", blank=True)
    key = models.CharField(_("key"), max_length=64)
    type = models.CharField(
        _("metafield type"), max_length=60, default="single_line_text_field", blank=True
    )
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("attribute mapping")
        verbose_name_plural = _("attribute mappings")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["channel", "attribute"], name="attribute_mapped_once"),
            models.UniqueConstraint(
                fields=["channel", "on", "namespace", "key"],
                condition=Q(target="metafield"),
                name="metafield_has_one_source",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.attribute} → {self.namespace}.{self.key}"

    def clean(self) -> None:
        if self.target == self.Target.METAFIELD and not (self.namespace and self.type):
            raise ValidationError(_("A metafield needs a namespace and a type."))


class WarehouseMapping(models.Model):
    """Which Shopify location sells what lies in an ERP warehouse.

    Several warehouses may feed one location; one warehouse feeds one location of a
    channel, or the same units would be offered twice. Where several channels sell from
    one warehouse they share all of it, or divide it: then none can sell another's part.
    """

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, verbose_name=_("channel"))
    warehouse = models.CharField(_("ERP warehouse"), max_length=80)
    location = models.CharField(_("Shopify location id"), max_length=120)
    location_name = models.CharField(_("location"), max_length=120, blank=True)
    # Orders of this location go to the warehouse marked as its shipper.
    ships_orders = models.BooleanField(_("ships the orders"), default=True)
    share = models.PositiveSmallIntegerField(
        _("part of the warehouse (%)"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_("Empty: all channels sell from the whole of it."),
    )
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("warehouse mapping")
        verbose_name_plural = _("warehouse mappings")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["channel", "warehouse"], name="warehouse_mapped_once"),
            models.UniqueConstraint(
                fields=["channel", "location"],
                condition=Q(ships_orders=True),
                name="one_shipping_warehouse_per_location",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.warehouse} → {self.location_name or self.location}"

    def clean(self) -> None:
        if self.channel_id is None:
            return
        others = WarehouseMapping.objects.filter(
            channel__company=self.channel.company, warehouse=self.warehouse
        ).exclude(pk=self.pk)
        parts = list(others.order_by("channel__name").values_list("channel__name", "share"))
        listed = ", ".join(
            f"{name}: {'—' if part is None else f'{part} %'}" for name, part in parts
        )
        if any((part is None) != (self.share is None) for _name, part in parts):
            text = _("Either all channels divide this warehouse, or none does. Now: %(listed)s.")
            raise ValidationError({"share": text % {"listed": listed}})
        total = sum(part or 0 for _name, part in parts) + (self.share or 0)
        if total > 100:
            text = _("The parts add up to %(total)s %%; the others have: %(listed)s.")
            raise ValidationError({"share": text % {"total": total, "listed": listed}})


class StockRule(models.Model):
    """What is kept back from sale, or sold ahead, for some items of a channel.

    An empty property is left to the next wider rule: item, then family, then channel.
    """

    class Scope(models.TextChoices):
        CHANNEL = "channel", _("the whole channel")
        FAMILY = "family", _("a family")
        ITEM = "item", _("an item")

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, verbose_name=_("channel"))
    scope = models.CharField(_("applies to"), max_length=10, choices=Scope)
    key = models.CharField(
        _("family or SKU"), max_length=120, blank=True, help_text=_("Empty for the channel.")
    )
    buffer_units = models.PositiveIntegerField(_("units kept back"), null=True, blank=True)
    buffer_percent = models.PositiveSmallIntegerField(
        _("percent kept back"), null=True, blank=True, validators=[MaxValueValidator(100)]
    )
    zero_at_or_below = models.PositiveIntegerField(_("show 0 at or below"), null=True, blank=True)
    sells_incoming = models.BooleanField(_("sells what is on its way"), null=True, blank=True)
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("stock rule")
        verbose_name_plural = _("stock rules")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["channel", "scope", "key"], name="one_stock_rule_per_scope"
            ),
            models.CheckConstraint(
                condition=Q(scope="channel", key="") | (~Q(scope="channel") & ~Q(key="")),
                name="stock_rule_names_its_scope",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_scope_display()} {self.key}".strip()

    def clean(self) -> None:
        if (self.scope == self.Scope.CHANNEL) != (self.key == ""):
            raise ValidationError(
                {"key": _("Name the family or the SKU; leave it empty for the whole channel.")}
            )
