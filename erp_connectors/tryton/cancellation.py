"""Calls off a sale, as far as Tryton can: nothing of it may have left the warehouse."""

from typing import Any

from erp_connectors.contract import Pushed, PushResult
from erp_connectors.errors import ErpOutcomeUnknown, ErpRejected, ErpUnavailable
from erp_connectors.tryton.client import Row, TrytonClient
from erp_connectors.tryton.orders import Orders

TOO_LATE = ("shipped", "done")
WIZARD = "wizard.sale.handle.shipment.exception"


class Cancellation:
    """Cancels web orders in the ERP."""

    def __init__(self, client: TrytonClient, orders: Orders) -> None:
        self._client = client
        self._orders = orders

    def cancel(self, reference: str, *, reason: str) -> PushResult:
        """Cancel an order; ALREADY if it is, REJECTED with the reason if it is too late."""
        row = self._orders.find(reference)
        if row is None:
            return PushResult(outcome=Pushed.REJECTED, message="Tryton does not have this order.")
        held = self._orders.lookup(reference).order
        if held and held.cancelled:
            return PushResult(outcome=Pushed.ALREADY, order=held)
        key = f"cancel/{reference}"
        try:
            self._cancel(row, reason, key=key)
        except ErpRejected as refused:
            return PushResult(outcome=Pushed.REJECTED, order=held, message=str(refused))
        except (ErpOutcomeUnknown, ErpUnavailable) as error:
            return PushResult(outcome=Pushed.UNKNOWN, message=str(error))
        return PushResult(
            outcome=Pushed.ACCEPTED, order=self._orders.lookup(reference).order, message=reason
        )

    def _cancel(self, row: Row, reason: str, *, key: str) -> None:
        if row["state"] in ("draft", "quotation"):
            self._client.write("model.sale.sale.cancel", [row["id"]], key=key)
            return
        shipments: list[Row] = self._client.read(
            "model.stock.shipment.out.read", row["shipments"], ["number", "state"]
        )
        gone = [each["number"] for each in shipments if each["state"] in TOO_LATE]
        if gone:
            raise ErpRejected(f"Too late to cancel: {', '.join(gone)} has left the warehouse.")
        waiting = [each["id"] for each in shipments if each["state"] != "cancelled"]
        if waiting:
            self._client.write("model.stock.shipment.out.cancel", waiting, key=key)
        self._drop_the_goods(row["id"], key=key)
        if reason:
            comment = {"comment": f"Cancelado en la tienda: {reason}"[:2000]}
            self._client.write("model.sale.sale.write", [row["id"]], comment, key=key)

    def _drop_the_goods(self, sale: int, *, key: str) -> None:
        """Answer Tryton's question what to do with the goods that will not be sent: nothing."""
        (row,) = self._client.read("model.sale.sale.read", [sale], ["shipment_state"])
        if row["shipment_state"] != "exception":
            return
        context: dict[str, Any] = {
            "active_model": "sale.sale",
            "active_id": sale,
            "active_ids": [sale],
        }
        session, start, _end = self._client.write(f"{WIZARD}.create", key=key)
        asked = self._client.write(f"{WIZARD}.execute", session, {}, start, key=key, **context)
        moves = asked["view"]["defaults"]["domain_moves"]
        answer = {"recreate_moves": [], "ignore_moves": moves, "domain_moves": moves}
        self._client.write(
            f"{WIZARD}.execute", session, {start: answer}, "handle", key=key, **context
        )
        self._client.write(f"{WIZARD}.delete", session, key=key)
