"""The page's words, Spanish first."""

from collections.abc import Mapping

Words = Mapping[str, str]

SPANISH: Words = {
    "lang": "es",
    "other": "In English",
    "title": "Calzados Ibéricos: el ERP (Tryton)",
    "what": "Aquí haces de empresa: cambia existencias y precios, y envía los pedidos.",
    "stock": "Existencias",
    "price": "Precio",
    "warehouse": "Almacén",
    "quantity": "Unidades",
    "code": "Modelo",
    "gross": "PVP con IVA (€)",
    "save": "Guardar",
    "waiting": "Envíos pendientes",
    "left": "Últimos envíos",
    "none": "No hay ninguno.",
    "note": "Albarán",
    "order": "Pedido",
    "customer": "Cliente",
    "lines": "Artículos",
    "state": "Estado",
    "carrier": "Transportista",
    "tracking": "N.º de seguimiento",
    "ship": "Enviar",
    "done": "Hecho.",
    "bad_number": "Escribe un número válido.",
    "draft": "borrador",
    "waiting_state": "en espera",
    "assigned": "reservado",
    "picked": "recogido",
    "packed": "embalado",
    "shipped": "enviado",
    "done_state": "entregado al transportista",
}
ENGLISH: Words = {
    "lang": "en",
    "other": "En español",
    "title": "Calzados Ibéricos: the ERP (Tryton)",
    "what": "Here you play the company: change stock and prices, and ship the orders.",
    "stock": "Stock",
    "price": "Price",
    "warehouse": "Warehouse",
    "quantity": "Units",
    "code": "Model",
    "gross": "Price with VAT (€)",
    "save": "Save",
    "waiting": "Shipments to send",
    "left": "Latest shipments",
    "none": "None.",
    "note": "Delivery note",
    "order": "Order",
    "customer": "Customer",
    "lines": "Items",
    "state": "State",
    "carrier": "Carrier",
    "tracking": "Tracking number",
    "ship": "Ship",
    "done": "Done.",
    "bad_number": "Type a valid number.",
    "waiting_state": "waiting",
    "done_state": "handed to the carrier",
}


def words_for(language: str) -> Words:
    """Return the words of a language; any but English reads Spanish."""
    return ENGLISH if language == "en" else SPANISH


def state_word(words: Words, state: str) -> str:
    """Return how staff read a shipment's state; Tryton's own word where there is no better."""
    return words.get(f"{state}_state") or words.get(state, state)
