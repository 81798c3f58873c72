"""Everything a shop remembers. Records change only under the shop's lock."""

from __future__ import annotations

import secrets
from datetime import datetime
from decimal import Decimal
from functools import cached_property

import msgspec

from .base_record import Record
from .bulk_records import BulkOperation, StagedUpload
from .indexes import Indexes
from .order_records import Customer, Fulfillment, FulfillmentOrder, Order
from .stock_records import AdjustmentGroup, Level


class Location(Record):
    name: str
    active: bool = True
    fulfills_online_orders: bool = True
    ships_inventory: bool = True
    country: str = "ES"
    zip: str = ""
    city: str = ""


class Publication(Record):
    name: str
    auto_publish: bool = False
    # Publishable gids, because products and collections can both be in it.
    members: list[str] = []


class OptionValue(msgspec.Struct, kw_only=True, gc=False):
    id: int
    name: str


class Option(msgspec.Struct, kw_only=True):
    id: int
    name: str
    values: list[OptionValue]


class MediaFile(msgspec.Struct, kw_only=True):
    id: int
    url: str
    alt: str = ""
    kind: str = "IMAGE"


class Product(Record):
    title: str
    handle: str
    status: str = "ACTIVE"
    description_html: str = ""
    vendor: str = ""
    product_type: str = ""
    tags: list[str] = []
    category: str | None = None
    template_suffix: str | None = None
    seo_title: str | None = None
    seo_description: str | None = None
    options: list[Option] = []
    variant_ids: list[int] = []
    files: list[MediaFile] = []
    collection_ids: list[int] = []
    # Given at creation, never changed: its items are not tracked.
    gift_card: bool = False


class Variant(Record, gc=False):
    product_id: int
    item_id: int
    # One option value id per option, in the product's option order.
    value_ids: list[int]
    price: Decimal = Decimal("0.00")
    compare_at_price: Decimal | None = None
    barcode: str | None = None
    taxable: bool = True
    inventory_policy: str = "DENY"
    # Set by the control API only: Shopify itself takes rates from its tax settings.
    tax_rate: Decimal | None = None
    file_id: int | None = None
    # The parent of a bundle: its stock is that of its components, nobody sets it.
    requires_components: bool = False


class Item(Record, gc=False):
    variant_id: int
    sku: str | None = None
    tracked: bool = True
    requires_shipping: bool = True
    cost: Decimal | None = None
    country_of_origin: str | None = None
    harmonized_code: str | None = None
    weight: Decimal = Decimal(0)
    weight_unit: str = "KILOGRAMS"


class Collection(Record):
    title: str
    handle: str


class Metafield(Record):
    owner: str
    namespace: str
    key: str
    type: str
    value: str


class MetafieldDefinition(Record):
    owner_type: str
    namespace: str
    key: str
    type: str
    name: str
    description: str | None = None
    unique: bool = False


class Subscription(Record):
    topic: str
    uri: str
    client_id: str
    filter: str | None = None
    include_fields: list[str] = []
    metafield_namespaces: list[str] = []
    name: str | None = None
    failures: int = 0


class Delivery(msgspec.Struct, kw_only=True):
    """One webhook on its way to one address; it survives a restart of the store."""

    id: str
    event_id: str
    subscription_id: int
    topic: str
    uri: str
    body: str
    triggered_at: datetime
    due_at: datetime
    name: str | None = None
    attempts: int = 0


class Token(msgspec.Struct, kw_only=True):
    client_id: str
    scopes: list[str]
    expires_at: datetime | None = None
    online: bool = False


class RefreshToken(msgspec.Struct, kw_only=True):
    client_id: str
    scopes: list[str]
    expires_at: datetime
    # The one it replaces stays good until this one is used.
    replaces: str | None = None
    access_token: str = ""


class App(msgspec.Struct, kw_only=True):
    id: int
    client_id: str
    client_secret: str
    scopes: list[str]
    app_url: str = ""
    handle: str = "puente"
    name: str = "Puente"
    old_secret: str = ""


class Replay(msgspec.Struct, kw_only=True):
    """What an idempotency key did the first time."""

    mutation: str
    fingerprint: str
    at: datetime
    succeeded: bool
    made: str = ""


class Discount(msgspec.Struct, kw_only=True):
    """A code the shop accepts: a percentage, or an amount off the order."""

    code: str
    percentage: Decimal | None = None
    amount: Decimal | None = None


class Shop(msgspec.Struct, kw_only=True, dict=True):
    """One store. `next_id` makes ids that look like Shopify's: long, rising, never reused."""

    id: int
    domain: str
    name: str
    currency: str = "EUR"
    plan: str = "Basic"
    timezone: str = "Europe/Madrid"
    created_at: datetime
    next_id: int
    next_order: int = 1001
    bucket_size: float = 2000
    restore_rate: float = 100
    latency: float = 0
    search_lag: float = 0
    token_seconds: int = 3600
    tax_rate: Decimal = Decimal("0.21")
    taxes_included: bool = True
    presentment_rates: dict[str, Decimal] = {}
    app: App | None = None
    tokens: dict[str, Token] = {}
    refresh_tokens: dict[str, RefreshToken] = {}
    locations: dict[int, Location] = {}
    publications: dict[int, Publication] = {}
    products: dict[int, Product] = {}
    variants: dict[int, Variant] = {}
    items: dict[int, Item] = {}
    # By location, then by item.
    levels: dict[int, dict[int, Level]] = {}
    collections: dict[int, Collection] = {}
    metafields: dict[str, dict[str, Metafield]] = {}
    definitions: dict[int, MetafieldDefinition] = {}
    subscriptions: dict[int, Subscription] = {}
    deliveries: list[Delivery] = []
    replays: dict[str, Replay] = {}
    groups: dict[int, AdjustmentGroup] = {}
    discounts: dict[str, Discount] = {}
    customers: dict[int, Customer] = {}
    orders: dict[int, Order] = {}
    fulfillment_orders: dict[int, FulfillmentOrder] = {}
    fulfillments: dict[int, Fulfillment] = {}

    bulk_operations: dict[int, BulkOperation] = {}
    uploads: dict[str, StagedUpload] = {}
    # How long a bulk operation waits before it runs, by the store's clock.
    bulk_seconds: float = 0.2
    # Signs the addresses of files, which need no token.
    file_key: str = msgspec.field(default_factory=lambda: secrets.token_hex(16))

    @cached_property
    def indexes(self) -> Indexes:
        """Kept beside the records, never saved: they can always be made again."""
        return Indexes()

    def take_id(self) -> int:
        self.next_id += 32_769
        return self.next_id

    def take_ids(self, count: int) -> range:
        """Return as many ids without gaps: a lot of a million must stay in this shop's range."""
        first = self.next_id + 1
        self.next_id += count
        return range(first, first + count)

    def level(self, item: int, location: int) -> Level | None:
        return self.levels.get(location, {}).get(item)

    def levels_of(self, item: int) -> list[Level]:
        held = (self.levels.get(location, {}).get(item) for location in self.locations)
        return [level for level in held if level is not None]

    def shown(self, level: Level) -> bool:
        """A level that sleeps, or whose location does, is not there for anybody who reads."""
        return level.active and self.locations[level.location_id].active
