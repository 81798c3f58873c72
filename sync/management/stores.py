"""What the commands have in common: naming a store."""

from django.core.management.base import CommandError, CommandParser

from mapping.models import Channel


def add_store(parser: CommandParser) -> None:
    parser.add_argument("--store", required=True, help="myshopify.com domain, or the channel")


def find_store(name: str) -> Channel:
    """Return the channel with this shop domain or name, or say which ones there are."""
    channels = Channel.objects.select_related("shop", "company__erpconnection")
    found = channels.filter(shop__domain=name).first() or channels.filter(name=name).first()
    if found is None:
        known = ", ".join(channels.values_list("shop__domain", flat=True)) or "none"
        raise CommandError(f"There is no store {name!r}. Known stores: {known}.")
    return found
