"""What the views and columns are called in a Spanish back office that follows the guide."""

from collections.abc import Mapping
from types import MappingProxyType

VIEWS: Mapping[str, str] = MappingProxyType(
    {
        "products": "v_articulos",
        "variants": "v_variantes",
        "prices": "v_precios",
        "stock": "v_existencias",
        "shipments": "v_albaranes",
        "orders": "v_pedidos",
        "components": "v_componentes",
        "warehouses": "v_almacenes",
        "tax_rates": "v_tipos_iva",
    }
)
STAGING: Mapping[str, str] = MappingProxyType(
    {"orders": "e_pedidos", "lines": "e_pedidos_lineas", "cancellations": "e_anulaciones"}
)
# What need not be there: whole views, and columns of others. See optional.py.
OPTIONAL_VIEWS = ("components",)
OPTIONAL_COLUMNS = (("orders", "placed_at"), ("stock", "modified"))
_CHANGES = {"version": "version", "modified": "modificado_en"}
COLUMNS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "products": {
            "code": "codigo",
            "title": "descripcion",
            "description": "descripcion_larga",
            "vendor": "marca",
            "family": "familia",
            "active": "activo_web",
            **_CHANGES,
        },
        "variants": {
            "sku": "sku",
            "product_code": "codigo_articulo",
            "barcode": "ean",
            "weight_grams": "peso_gramos",
            "active": "activo",
            "order": "orden",
            **_CHANGES,
        },
        "prices": {
            "sku": "sku",
            "product_code": "codigo_articulo",
            "price_list": "tarifa",
            "price_list_name": "nombre_tarifa",
            "tax_included": "iva_incluido",
            "min_quantity": "cantidad_minima",
            "amount": "precio",
            **_CHANGES,
        },
        "stock": {
            "sku": "sku",
            "warehouse": "almacen",
            "on_hand": "fisico",
            "reserved": "reservado",
            "blocked": "bloqueado",
            "incoming": "pendiente_recibir",
            **_CHANGES,
        },
        # What a kit takes from the shelf, for one of it.
        "components": {"sku": "sku", "component": "componente", "quantity": "cantidad"},
        "shipments": {
            "number": "numero",
            "reference": "referencia",
            "warehouse": "almacen",
            "shipped_at": "fecha",
            "carrier": "agencia",
            "tracking": "seguimiento",
            "tracking_url": "url_seguimiento",
            "sku": "sku",
            "quantity": "cantidad",
            "line_id": "linea_web",
            **_CHANGES,
        },
        "orders": {
            "reference": "referencia",
            "number": "numero",
            "id": "id",
            "state": "estado",
            "message": "mensaje",
            "total": "total",
            "tax_total": "total_iva",
            "rounding": "redondeo",
            "received_at": "recibido_en",
            "placed_at": "fecha",
        },
        "warehouses": {"code": "codigo", "label": "descripcion"},
        "tax_rates": {"code": "codigo", "label": "descripcion", "rate": "porcentaje"},
        "staged_order": {
            "batch": "envio",
            "reference": "referencia",
            "name": "pedido_web",
            "placed_at": "fecha",
            "warehouse": "almacen",
            "currency": "divisa",
            "tax_included": "iva_incluido",
            "customer_name": "cliente_nombre",
            "customer_tax_id": "cliente_nif",
            "customer_email": "cliente_email",
            "customer_phone": "cliente_telefono",
            "bill_street": "factura_direccion",
            "bill_zip": "factura_cp",
            "bill_city": "factura_poblacion",
            "bill_province": "factura_provincia",
            "bill_country": "factura_pais",
            "ship_name": "envio_nombre",
            "ship_street": "envio_direccion",
            "ship_zip": "envio_cp",
            "ship_city": "envio_poblacion",
            "ship_province": "envio_provincia",
            "ship_country": "envio_pais",
            "shipping": "portes",
            "shipping_tax_rate": "portes_tipo_iva",
            "total": "total_web",
            "payment": "forma_pago",
            "note": "observaciones",
        },
        "staged_line": {
            "batch": "envio",
            "number": "linea",
            "line_id": "linea_web",
            "sku": "sku",
            "title": "descripcion",
            "quantity": "cantidad",
            "unit_price": "precio",
            "discount": "descuento",
            "tax_rate": "tipo_iva",
        },
        "staged_cancellation": {"reference": "referencia", "reason": "motivo"},
    }
)
