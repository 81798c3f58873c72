"""The documents both sides are translated into: what we mean, in our own words.

A document is a frozen value: no database, no HTTP, no vendor's vocabulary. It says
what was true on one side at one moment, and nothing about where it will be sent.
"""

from mapping.documents.calls import CallRecord, Recorder
from mapping.documents.catalogue import (
    AttributeKind,
    AttributeValue,
    Component,
    Price,
    Product,
    Variant,
)
from mapping.documents.money import Money, MoneyBag
from mapping.documents.orders import (
    Address,
    Customer,
    ErpOrder,
    ErpOrderStub,
    HeldAt,
    Order,
    OrderLine,
    ShippingLine,
    TaxLine,
)
from mapping.documents.serial import digest, dump, load
from mapping.documents.shipments import Shipment, ShipmentLine, Tracking
from mapping.documents.stock import StockLevel

__all__ = [
    "Address",
    "AttributeKind",
    "AttributeValue",
    "CallRecord",
    "Component",
    "Customer",
    "ErpOrder",
    "ErpOrderStub",
    "HeldAt",
    "Money",
    "MoneyBag",
    "Order",
    "OrderLine",
    "Price",
    "Product",
    "Recorder",
    "Shipment",
    "ShipmentLine",
    "ShippingLine",
    "StockLevel",
    "TaxLine",
    "Tracking",
    "Variant",
    "digest",
    "dump",
    "load",
]
