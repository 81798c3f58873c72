"""Metafield definitions: the shop knows what our metafields mean, and checks their values."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from shopify_app.client import ShopifyClient
from shopify_app.errors import ShopifyRejected
from shopify_app.paging import next_cursor
from shopify_app.product_input import ID_TYPE, KEY, NAMESPACE

_THERE = "TAKEN"
_PRODUCT, _VARIANT = "PRODUCT", "PRODUCTVARIANT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    namespace: str
    key: str
    type: str
    on_variant: bool = False

    @property
    def owner(self) -> str:
        return _VARIANT if self.on_variant else _PRODUCT


def ensure(client: ShopifyClient, wanted: Iterable[Definition]) -> None:
    """Make the definitions that the shop lacks; one that is there stays as it is.

    The first is ours: the ERP's key of a product, unique in the shop, by which a
    repeated creation finds what the first try made.
    """
    own = Definition(namespace=NAMESPACE, key=KEY, type=ID_TYPE)
    there = {(owner, *name) for owner in (_PRODUCT, _VARIANT) for name in _existing(client, owner)}
    for each in (own, *wanted):
        if (each.owner, each.namespace, each.key) in there:
            continue
        definition = {
            "name": each.key.replace("_", " ").capitalize(),
            "namespace": each.namespace,
            "key": each.key,
            "type": each.type,
            "ownerType": each.owner,
        }
        answer = client.run("metafield_definition_create", {"definition": definition})
        errors = answer["metafieldDefinitionCreate"]["userErrors"]
        serious = [error for error in errors if error["code"] != _THERE]
        if serious:
            raise ShopifyRejected(
                "metafield_definition_create", [error["message"] for error in serious]
            )


def _existing(client: ShopifyClient, owner: str) -> Iterator[tuple[str, str]]:
    after = None
    while True:
        variables = {"owner": owner, "after": after}
        page = client.run("metafield_definitions", variables)["metafieldDefinitions"]
        yield from ((node["namespace"], node["key"]) for node in page["nodes"])
        after = next_cursor(page)
        if after is None:
            return
