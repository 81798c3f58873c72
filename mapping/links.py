"""Find and remember a record's other name."""

from collections.abc import Iterable, Mapping

from mapping.models import Channel, RecordLink

Kind = RecordLink.Kind


def shopify_id(channel: Channel, kind: RecordLink.Kind, erp_key: str) -> str | None:
    """Return the Shopify id linked to an ERP key, or None."""
    return (
        RecordLink.objects.filter(channel=channel, kind=kind, erp_key=erp_key)
        .values_list("shopify_id", flat=True)
        .first()
    )


def shopify_ids(
    channel: Channel, kind: RecordLink.Kind, erp_keys: Iterable[str]
) -> dict[str, str]:
    rows = RecordLink.objects.filter(channel=channel, kind=kind, erp_key__in=list(erp_keys))
    return dict(rows.values_list("erp_key", "shopify_id"))


def erp_keys(channel: Channel, kind: RecordLink.Kind, ids: Iterable[str]) -> dict[str, str]:
    rows = RecordLink.objects.filter(channel=channel, kind=kind, shopify_id__in=list(ids))
    return dict(rows.values_list("shopify_id", "erp_key"))


def attach(channel: Channel, kind: RecordLink.Kind, pairs: Mapping[str, str]) -> None:
    """Remember that ERP keys and Shopify ids are the same records. Repeatable.

    A key that got another id (a product deleted and made again) follows the new one.
    """
    RecordLink.objects.bulk_create(
        [
            RecordLink(channel=channel, kind=kind, erp_key=key, shopify_id=gid)
            for key, gid in pairs.items()
        ],
        update_conflicts=True,
        unique_fields=["channel", "kind", "erp_key"],
        update_fields=["shopify_id"],
    )
