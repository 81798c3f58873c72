"""What the back office's page says, in the two languages of whoever plays with it."""

from typing import Literal

Language = Literal["es", "en"]

# Spanish, then English.
WORDS: dict[str, tuple[str, str]] = {
    "title": ("Gestión · Calzados Fuencarral", "Back office · Calzados Fuencarral"),
    "stock": ("Existencias", "Stock"),
    "prices": ("Precios", "Prices"),
    "orders": ("Pedidos web", "Web orders"),
    "notes": ("Albaranes", "Delivery notes"),
    "search_stock": ("Buscar por SKU, EAN o descripción", "Search by SKU, EAN or description"),
    "search_prices": ("Buscar por artículo o descripción", "Search by article or description"),
    "search_orders": ("Buscar por número o cliente", "Search by number or customer"),
    "search_notes": ("Buscar por número o seguimiento", "Search by number or tracking"),
    "find": ("Buscar", "Search"),
    "article": ("Artículo", "Article"),
    "warehouse": ("Almacén", "Warehouse"),
    "on_hand": ("Físico", "On hand"),
    "reserved": ("Reservado", "Reserved"),
    "blocked": ("Bloqueado", "Blocked"),
    "free": ("Disponible", "Free"),
    "changed": ("Modificado", "Changed"),
    "save": ("Guardar", "Save"),
    "price": ("Precio", "Price"),
    "price_list": ("Tarifa", "Price list"),
    "from": ("Desde uds.", "From units"),
    "tax": ("IVA", "VAT"),
    "included": ("incluido", "included"),
    "excluded": ("no incluido", "not included"),
    "number": ("Número", "Number"),
    "date": ("Fecha", "Date"),
    "customer": ("Cliente", "Customer"),
    "state": ("Estado", "State"),
    "base": ("Base", "Net"),
    "rounding": ("Redondeo", "Rounding"),
    "total": ("Total", "Total"),
    "quantity": ("Cantidad", "Quantity"),
    "sent": ("Servida", "Sent"),
    "now": ("Enviar ahora", "Send now"),
    "amount": ("Importe sin IVA", "Amount before VAT"),
    "carrier": ("Agencia", "Carrier"),
    "tracking": ("Nº de seguimiento", "Tracking number"),
    "ship": ("Enviar", "Send"),
    "cancel": ("Anular", "Cancel"),
    "order": ("Pedido", "Order"),
    "lines": ("Líneas", "Lines"),
    "refused": ("Pedidos rechazados", "Refused orders"),
    "reason": ("Motivo", "Reason"),
    "reference": ("Referencia web", "Web reference"),
    "nothing": ("No hay nada que mostrar.", "There is nothing to show."),
    "no_orders": (
        "Todavía no ha llegado ningún pedido de la web.",
        "No order has come from the web shop yet.",
    ),
    "saved": ("Guardado", "Saved"),
    "done": ("Hecho", "Done"),
    "not_a_number": ("Eso no es un número.", "That is not a number."),
    "shown": ("Se muestran las primeras %d filas.", "The first %d rows are shown."),
    "PENDIENTE": ("Pendiente", "Open"),
    "PARCIAL": ("Enviado en parte", "Partly sent"),
    "SERVIDO": ("Enviado", "Sent"),
    "ANULADO": ("Anulado", "Cancelled"),
}


def say(word: str, language: Language) -> str:
    spanish, english = WORDS.get(word, (word, word))
    return spanish if language == "es" else english
