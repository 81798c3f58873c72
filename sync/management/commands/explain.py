import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone
from django.utils.translation import gettext as _

from mapping import rules
from mapping.models import Channel, FieldRule, WarehouseMapping
from mapping.ownership import STOCK, owner_of
from sync import explain, trace, words
from sync.management.stores import add_store, find_store
from sync.models import StockPosition


class Command(BaseCommand):
    help = "Say why a number is what it is: explain variant SKU available --store D"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("entity", choices=["variant"])
        parser.add_argument("id", help="the SKU")
        parser.add_argument("field", nargs="?", default="available", choices=["available"])
        add_store(parser)
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *args: Any, **options: Any) -> None:
        channel = find_store(options["store"])
        rows = StockPosition.objects.filter(channel=channel, sku=options["id"])
        found = [_told(row) for row in rows.order_by("location")]
        if not found:
            raise CommandError(f"{options['id']} is not linked to this store.", returncode=2)
        owner = str(owner_of(STOCK, rules.owners(channel)))
        places = _places(channel)
        for each in found:
            each |= {"owner": owner, "place": places.get(each["location"], each["location"])}
        if options["as_json"]:
            self.stdout.write(json.dumps(found, cls=DjangoJSONEncoder, ensure_ascii=False))
            return
        for each in found:
            self._say(each)

    def _say(self, told: dict[str, Any]) -> None:
        self.stdout.write(f"{told['place']}: {told['sentence']}")
        for part in told["parts"]:
            self.stdout.write(f"  {part['units']:>6}  {_source(part)}")
        for each in told["components"]:
            text = _("%(sku)s: %(left)s left, %(per_kit)s in each, allows %(allows)s")
            self.stdout.write(f"          {text % each}")
        shown = "—" if told["shown"] is None else told["shown"]
        # Apart from the f-strings: sentences inside of those are not collected.
        shows, wrote, decides = (
            _("The store shows"),
            _("Last write"),
            _("The number is decided by"),
        )
        read = _("read %s") % _clock(told["level_at"]) if told["level_at"] else ""
        self.stdout.write(f"  {shows}: {shown}{f' ({read})' if read else ''}")
        self.stdout.write(f"  {decides}: {FieldRule.Owner(told['owner']).label}")
        self.stdout.write(f"  {wrote}: {_write(told['last_write'])}")


def _source(part: dict[str, Any]) -> str:
    orders = f": {', '.join(part['orders'])}" if part["orders"] else ""
    times = [
        text % _clock(part[name])
        for name, text in (("as_of", _("as of %s")), ("asked_at", _("asked %s")))
        if part[name]
    ]
    return f"{part['source']}{orders}" + (f" ({', '.join(times)})" if times else "")


def _told(row: StockPosition) -> dict[str, Any]:
    return {
        "sku": row.sku,
        "location": row.location,
        "shown": row.mirror,
        "target": row.target,
        "sentence": explain.sentence(row),
        "parts": [asdict(part) for part in explain.stock(row, with_rules=True)],
        "components": [asdict(each) for each in explain.components(row)],
        "figures": row.explanation,
        "decided_at": row.decided_at,
        "level_at": row.level_at,
        "published_at": row.published_at,
        "last_write": _last_write(row),
    }


def _last_write(row: StockPosition) -> dict[str, Any] | None:
    write = trace.last_write(row)
    if write is None or write.call is None:
        return None
    return {
        "at": write.at,
        "key": write.call.idempotency_key,
        "request_id": write.call.request_id,
        "because_of": write.cause.topic if write.cause else None,
        "message": write.cause.pk if write.cause else None,
    }


def _write(last: dict[str, Any] | None) -> str:
    if last is None:
        return _("none yet")
    text = _("%(at)s, Shopify's request id %(request_id)s, key %(key)s")
    written = text % (last | {"at": _clock(last["at"])})
    if not last["message"]:
        return written
    cause = f"{words.subject(last['because_of'])} #{last['message']}"
    because = _("because of %s") % cause
    return f"{written}, {because}"


def _places(channel: Channel) -> dict[str, str]:
    named = WarehouseMapping.objects.filter(channel=channel).exclude(location_name="")
    return dict(named.values_list("location", "location_name"))


def _clock(moment: Any) -> str:
    return timezone.localtime(moment).strftime("%d/%m/%Y %H:%M:%S")
