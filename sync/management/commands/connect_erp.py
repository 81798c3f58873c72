import json
import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from erp_connectors.errors import ErpError
from erp_connectors.models import ApiKey, ErpConnection
from erp_connectors.registry import CONNECTORS, open_connector
from mapping.models import Company


class Command(BaseCommand):
    help = "Connect a company's ERP. Secrets come from ERP_SECRETS (JSON); without it they stay."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--company", required=True)
        parser.add_argument("--kind", required=True, choices=sorted(CONNECTORS))
        parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
        parser.add_argument("--settings-file", type=Path)
        parser.add_argument("--poll-seconds", type=int, default=2)
        parser.add_argument("--api-key-name", help="issue a key for the REST API")
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *args: Any, **options: Any) -> None:
        company, _created = Company.objects.get_or_create(name=options["company"])
        connection, _created = ErpConnection.objects.update_or_create(
            company=company,
            defaults={
                "kind": options["kind"],
                "settings": self._settings(options),
                "poll_seconds": options["poll_seconds"],
            },
        )
        if "ERP_SECRETS" in os.environ:
            connection.secrets = self._secrets()
            connection.save()
        answer = {"connection": connection.pk, "company": company.name}
        if name := options["api_key_name"]:
            ApiKey.objects.filter(connection=connection, name=name).delete()
            _key, answer["api_key"] = ApiKey.issue(connection, name)
        # Last, because an ERP that calls us is only there once it has a key.
        self._check(connection)
        if options["as_json"]:
            self.stdout.write(json.dumps(answer))
        else:
            self.stdout.write(", ".join(f"{key}: {value}" for key, value in answer.items()))

    def _settings(self, options: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if options["settings_file"]:
            found |= json.loads(options["settings_file"].read_text())
        for pair in options["set"]:
            key, equals, value = pair.partition("=")
            if not equals:
                raise CommandError(f"--set takes KEY=VALUE, not {pair!r}")
            found[key] = _json_or_text(value)
        return found

    def _secrets(self) -> dict[str, Any]:
        try:
            found = json.loads(os.environ.get("ERP_SECRETS", "{}"))
        except ValueError:
            raise CommandError("ERP_SECRETS is not JSON.") from None
        if not isinstance(found, dict):
            raise CommandError("ERP_SECRETS must be an object.")
        return found

    def _check(self, connection: ErpConnection) -> None:
        try:
            connector = open_connector(connection)
            health = connector.health()
            connector.close()
        except ErpError as error:
            raise CommandError(f"The ERP cannot be reached: {error}") from None
        if not health.ok:
            raise CommandError(f"The ERP cannot be used: {health.message}")


def _json_or_text(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value
