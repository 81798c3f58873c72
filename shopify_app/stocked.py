"""Whether stock can be set for an item. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class Stocked(StrEnum):
    """Why stock is not set for an item; NORMAL: it is.

    Shopify refuses a whole batch because of one bundle, and counts nothing that it
    does not track.
    """

    NORMAL = ""
    UNTRACKED = "untracked"
    GIFT_CARD = "gift_card"
    BUNDLE = "bundle"


def of_variant(variant: Mapping[str, Any], product: Mapping[str, Any]) -> Stocked:
    """Return it for a variant's node and its product's."""
    return stocked(
        tracked=variant["inventoryItem"]["tracked"],
        bundle=variant["requiresComponents"],
        gift_card=product["isGiftCard"],
    )


def stocked(*, tracked: bool, bundle: bool, gift_card: bool) -> Stocked:
    if gift_card:
        return Stocked.GIFT_CARD
    if bundle:
        return Stocked.BUNDLE
    return Stocked.NORMAL if tracked else Stocked.UNTRACKED
