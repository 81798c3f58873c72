"""The metafields that are ours on a product and its variants: those, and only those, are read.

Other apps hang any number of theirs on a product, and a page of all might end before ours.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from mapping.decide.catalogue import Metafield, MetafieldTarget
from shopify_app import product_input
from shopify_app.translate import Node

# What the documents ask for at once: `first` of product.graphql and products.graphql.
PRODUCT_FIELDS, VARIANT_FIELDS = 54, 33
# The variables of one read.
Part = dict[str, list[str]]
# To ask for no key might mean to ask for all: then this one is asked for.
_CODE = f"{product_input.NAMESPACE}.{product_input.KEY}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnFields:
    """Names as Shopify takes them, `namespace.key`."""

    product: tuple[str, ...] = ()
    variant: tuple[str, ...] = ()

    @classmethod
    def of(cls, targets: Iterable[MetafieldTarget]) -> "OwnFields":
        """Return the names of what the attributes of a channel are written to."""
        each = sorted({(to.on_variant, f"{to.namespace}.{to.key}") for to in targets})
        return cls(
            product=tuple(name for on_variant, name in each if not on_variant),
            variant=tuple(name for on_variant, name in each if on_variant),
        )

    def parts(self) -> list[Part]:
        """Return the variables of as many reads as it takes to be told of all; mostly one."""
        pairs = zip_longest(
            _chunks(self.product, PRODUCT_FIELDS), _chunks(self.variant, VARIANT_FIELDS)
        )
        return [{"own": own or [_CODE], "variantOwn": of or [_CODE]} for own, of in pairs]


# For reads that are about something else.
NONE = OwnFields()


def join(nodes: Sequence[Node]) -> bool:
    """Put what several reads of one product told into the first; False: it changed meanwhile."""
    first, *others = nodes
    if any(each["updatedAt"] != first["updatedAt"] for each in others):
        return False
    for other in others:
        first["metafields"]["nodes"] += other["metafields"]["nodes"]
        pairs = zip(first["variants"]["nodes"], other["variants"]["nodes"], strict=True)
        for variant, more in pairs:
            variant["metafields"]["nodes"] += more["metafields"]["nodes"]
    return True


def told(node: Node) -> tuple[Metafield, ...]:
    """Return the metafields of a product or a variant.

    Those asked for by name are told by name: their key has the namespace before it.
    """
    return tuple(
        Metafield(
            namespace=each["namespace"],
            key=each["key"].removeprefix(f"{each['namespace']}."),
            type=each["type"],
            value=each["value"],
        )
        for each in node["metafields"]["nodes"]
    )


def _chunks(names: tuple[str, ...], size: int) -> Iterator[list[str]]:
    for start in range(0, len(names) or 1, size):
        yield list(names[start : start + size])
