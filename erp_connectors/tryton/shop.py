"""Which of the ERP's web shops the orders are entered under."""

from erp_connectors.errors import ErpMisconfigured
from erp_connectors.tryton.client import TrytonClient
from erp_connectors.tryton.settings import TrytonSettings


class WebShop:
    """The web shop record, looked up once: with an order's id it is the unique reference."""

    def __init__(self, client: TrytonClient, settings: TrytonSettings) -> None:
        self._client = client
        self._settings = settings
        self._id: int | None = None

    def id(self) -> int:
        if self._id is None:
            name = self._settings.web_shop
            domain = [["name", "=", name]] if name else []
            rows = self._client.search("web.shop", domain, ["name"], limit=2)
            if len(rows) != 1:
                found = "no" if not rows else "more than one"
                raise ErpMisconfigured(f"Tryton has {found} web shop {name!r}: set 'web_shop'.")
            self._id = int(rows[0]["id"])
        return self._id
