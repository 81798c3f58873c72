"""Metafield definitions: the shop knows what our metafields mean, and checks their values."""

from collections.abc import Iterable
from dataclasses import dataclass

from shopify_app.client import ShopifyClient
from shopify_app.errors import ShopifyRejected
from shopify_app.product_input import ID_TYPE, KEY, NAMESPACE

_THERE = "TAKEN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    namespace: str
    key: str
    type: str
    on_variant: bool = False


def ensure(client: ShopifyClient, wanted: Iterable[Definition]) -> None:
    """Make the definitions that the shop lacks; one that is there stays as it is.

    The first is ours: the ERP's key of a product, unique in the shop, by which a
    repeated creation finds what the first try made.
    """
    own = Definition(namespace=NAMESPACE, key=KEY, type=ID_TYPE)
    for each in (own, *wanted):
        definition = {
            "name": each.key.replace("_", " ").capitalize(),
            "namespace": each.namespace,
            "key": each.key,
            "type": each.type,
            "ownerType": "PRODUCTVARIANT" if each.on_variant else "PRODUCT",
        }
        answer = client.run("metafield_definition_create", {"definition": definition})
        errors = answer["metafieldDefinitionCreate"]["userErrors"]
        serious = [error for error in errors if error["code"] != _THERE]
        if serious:
            raise ShopifyRejected(
                "metafield_definition_create", [error["message"] for error in serious]
            )
