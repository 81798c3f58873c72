-- The one account for the web: it reads the views, leaves orders, and can do nothing else.

REVOKE ALL ON SCHEMA public FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA gestion FROM PUBLIC;
REVOKE ALL ON SCHEMA gestion, puente FROM PUBLIC;
GRANT USAGE ON SCHEMA puente TO {role};
GRANT SELECT ON
    puente.v_articulos, puente.v_variantes, puente.v_precios, puente.v_existencias,
    puente.v_componentes, puente.v_almacenes, puente.v_tipos_iva, puente.v_pedidos, puente.v_albaranes
TO {role};
-- Not the columns in which the back office writes its answer.
GRANT INSERT (
    envio, referencia, pedido_web, fecha, almacen, divisa, iva_incluido, cliente_nombre,
    cliente_nif, cliente_email, cliente_telefono, factura_direccion, factura_cp,
    factura_poblacion, factura_provincia, factura_pais, envio_nombre, envio_direccion,
    envio_cp, envio_poblacion, envio_provincia, envio_pais, portes, portes_tipo_iva,
    total_web, forma_pago, observaciones
) ON puente.e_pedidos TO {role};
GRANT INSERT ON puente.e_pedidos_lineas TO {role};
GRANT INSERT (referencia, motivo) ON puente.e_anulaciones TO {role};
