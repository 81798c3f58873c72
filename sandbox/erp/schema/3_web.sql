-- What the back office gives to whoever connects a web shop: views to read, and tables to
-- leave orders in. Nothing else of it can be seen or changed with the role for the web.

CREATE SCHEMA puente;

-- `version` is always that of one row. The greatest of two rows' versions would hide a change
-- that commits late: the other row may have taken a higher number and been read already.

CREATE VIEW puente.v_articulos AS
SELECT a.codigo, a.descripcion, a.descripcion_larga, a.marca, f.descripcion AS familia,
       a.temporada, a.genero, a.composicion, a.altura_tacon_mm, a.impermeable,
       a.fecha_lanzamiento, i.porcentaje AS tipo_iva, a.peso_gramos, a.activo_web,
       a.modificado_en, a.version
FROM gestion.articulos a
JOIN gestion.familias f ON f.codigo = a.familia
JOIN gestion.tipos_iva i ON i.codigo = a.tipo_iva;

CREATE VIEW puente.v_variantes AS
SELECT v.sku, v.articulo AS codigo_articulo, coalesce(c.nombre, '') AS color,
       coalesce(c.hexadecimal, '') AS color_hexadecimal, v.talla, v.orden, v.ean,
       coalesce(v.peso_gramos, a.peso_gramos) AS peso_gramos,
       a.activo_web AND NOT v.baja AS activo,
       v.modificado_en, v.version
FROM gestion.articulos_variantes v
JOIN gestion.articulos a ON a.codigo = v.articulo
LEFT JOIN gestion.colores c ON c.codigo = v.color;

-- One row for each item, also where the price is kept for the whole article.
CREATE VIEW puente.v_precios AS
SELECT v.sku, p.articulo AS codigo_articulo, p.tarifa, t.descripcion AS nombre_tarifa,
       t.iva_incluido, p.cantidad_minima, p.precio,
       p.modificado_en, p.version
FROM gestion.precios p
JOIN gestion.tarifas t ON t.codigo = p.tarifa
JOIN gestion.articulos_variantes v
    ON v.articulo = p.articulo AND (p.sku IS NULL OR p.sku = v.sku)
WHERE p.sku IS NOT NULL OR NOT EXISTS (
    SELECT FROM gestion.precios propio
    WHERE propio.sku = v.sku AND propio.tarifa = p.tarifa
      AND propio.cantidad_minima = p.cantidad_minima
);

CREATE VIEW puente.v_existencias AS
SELECT e.sku, e.almacen, e.fisico, e.reservado, e.bloqueado, e.pendiente_recibir,
       e.modificado_en, e.version
FROM gestion.existencias e;

-- What a kit takes from the shelf. Its change counts as one of the kit's row in v_variantes.
CREATE VIEW puente.v_componentes AS
SELECT kit AS sku, componente, cantidad FROM gestion.componentes;

CREATE VIEW puente.v_almacenes AS
SELECT codigo, descripcion FROM gestion.almacenes;

CREATE VIEW puente.v_tipos_iva AS
SELECT codigo, descripcion, porcentaje FROM gestion.tipos_iva;

-- Orders come in here, header and lines in one transaction. `envio` names one attempt.
CREATE TABLE puente.e_pedidos (
    envio uuid PRIMARY KEY,
    referencia text NOT NULL CHECK (referencia <> ''),
    pedido_web text NOT NULL DEFAULT '',
    fecha timestamptz NOT NULL,
    almacen text NOT NULL DEFAULT '',
    divisa text NOT NULL DEFAULT 'EUR',
    iva_incluido boolean NOT NULL,
    cliente_nombre text NOT NULL DEFAULT '',
    cliente_nif text NOT NULL DEFAULT '',
    cliente_email text NOT NULL DEFAULT '',
    cliente_telefono text NOT NULL DEFAULT '',
    factura_direccion text NOT NULL DEFAULT '',
    factura_cp text NOT NULL DEFAULT '',
    factura_poblacion text NOT NULL DEFAULT '',
    factura_provincia text NOT NULL DEFAULT '',
    factura_pais text NOT NULL DEFAULT '',
    envio_nombre text NOT NULL DEFAULT '',
    envio_direccion text NOT NULL DEFAULT '',
    envio_cp text NOT NULL DEFAULT '',
    envio_poblacion text NOT NULL DEFAULT '',
    envio_provincia text NOT NULL DEFAULT '',
    envio_pais text NOT NULL DEFAULT '',
    portes numeric(14, 4) NOT NULL DEFAULT 0,
    portes_tipo_iva numeric(5, 2) NOT NULL DEFAULT 0,
    total_web numeric(14, 2) NOT NULL,
    forma_pago text NOT NULL DEFAULT '',
    observaciones text NOT NULL DEFAULT '',
    estado text NOT NULL DEFAULT 'RECIBIDO' CHECK (estado IN ('RECIBIDO', 'PROCESADO', 'ERROR')),
    mensaje text NOT NULL DEFAULT '',
    pedido bigint REFERENCES gestion.pedidos,
    recibido_en timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX e_pedidos_por_referencia ON puente.e_pedidos (referencia);
CREATE INDEX e_pedidos_por_fecha ON puente.e_pedidos (fecha, referencia);

CREATE TABLE puente.e_pedidos_lineas (
    envio uuid NOT NULL REFERENCES puente.e_pedidos,
    linea integer NOT NULL,
    linea_web text NOT NULL DEFAULT '',
    sku text NOT NULL,
    descripcion text NOT NULL DEFAULT '',
    cantidad numeric(12, 3) NOT NULL CHECK (cantidad > 0),
    precio numeric(14, 4) NOT NULL,
    descuento numeric(14, 4) NOT NULL DEFAULT 0,
    tipo_iva numeric(5, 2) NOT NULL DEFAULT 0,
    PRIMARY KEY (envio, linea)
);

CREATE TABLE puente.e_anulaciones (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    referencia text NOT NULL CHECK (referencia <> ''),
    motivo text NOT NULL DEFAULT '',
    mensaje text NOT NULL DEFAULT '',
    recibida_en timestamptz NOT NULL DEFAULT now()
);

CREATE FUNCTION gestion.cliente_de(e puente.e_pedidos) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_codigo text;
BEGIN
    IF e.cliente_nif = '' AND e.cliente_email = '' THEN
        RETURN '430000000';
    END IF;
    -- Two orders of a new customer at once must not make two customers.
    PERFORM pg_advisory_xact_lock(hashtext(
        coalesce(nullif(upper(e.cliente_nif), ''), lower(e.cliente_email))));
    SELECT codigo INTO v_codigo FROM gestion.clientes
    WHERE (e.cliente_nif <> '' AND nif = upper(e.cliente_nif))
       OR (e.cliente_email <> '' AND lower(email) = lower(e.cliente_email)
           AND (e.cliente_nif = '' OR nif = ''))
    ORDER BY nif = upper(e.cliente_nif) DESC, codigo LIMIT 1;
    IF v_codigo IS NOT NULL THEN
        RETURN v_codigo;
    END IF;
    INSERT INTO gestion.contadores AS c VALUES ('430', 0, 1)
    ON CONFLICT (serie, ejercicio) DO UPDATE SET ultimo = c.ultimo + 1
    RETURNING '430' || lpad(ultimo::text, 6, '0') INTO v_codigo;
    INSERT INTO gestion.clientes (codigo, nombre, nif, email, telefono, direccion,
                                  codigo_postal, poblacion, provincia, pais)
    VALUES (v_codigo, coalesce(nullif(e.cliente_nombre, ''), e.cliente_email),
            upper(e.cliente_nif), e.cliente_email, e.cliente_telefono, e.factura_direccion,
            e.factura_cp, e.factura_poblacion, e.factura_provincia,
            coalesce(nullif(e.factura_pais, ''), 'ES'));
    RETURN v_codigo;
END $$;

-- Raises ER001 with a sentence for the person who must put it right.
CREATE FUNCTION gestion.comprobar_pedido(e puente.e_pedidos) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_malo text;
BEGIN
    IF e.divisa <> 'EUR' THEN
        RAISE EXCEPTION 'La divisa % no está dada de alta.', e.divisa USING ERRCODE = 'ER001';
    END IF;
    IF NOT EXISTS (SELECT FROM gestion.almacenes WHERE codigo = e.almacen) THEN
        RAISE EXCEPTION 'No existe el almacén «%».', e.almacen USING ERRCODE = 'ER001';
    END IF;
    SELECT l.sku INTO v_malo FROM puente.e_pedidos_lineas l
    WHERE l.envio = e.envio
      AND NOT EXISTS (SELECT FROM gestion.articulos_variantes v WHERE v.sku = l.sku)
    ORDER BY l.linea LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'No existe el artículo «%».', v_malo USING ERRCODE = 'ER001';
    END IF;
    SELECT tipo::text INTO v_malo FROM (
        SELECT tipo_iva AS tipo FROM puente.e_pedidos_lineas WHERE envio = e.envio
        UNION SELECT e.portes_tipo_iva WHERE e.portes <> 0
    ) AS tipos WHERE tipo NOT IN (SELECT porcentaje FROM gestion.tipos_iva) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'El tipo de IVA % %% no está dado de alta.', v_malo
            USING ERRCODE = 'ER001';
    END IF;
    IF NOT EXISTS (SELECT FROM puente.e_pedidos_lineas WHERE envio = e.envio) THEN
        RAISE EXCEPTION 'El pedido no tiene líneas.' USING ERRCODE = 'ER001';
    END IF;
END $$;

CREATE FUNCTION gestion.crear_pedido(e puente.e_pedidos) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_pedido bigint;
    v_base numeric;
    v_cuota numeric;
    v_redondeo numeric;
    v_tolerancia numeric;
BEGIN
    IF e.almacen = '' THEN
        e.almacen := (SELECT valor FROM gestion.parametros WHERE clave = 'almacen_web');
    END IF;
    PERFORM gestion.comprobar_pedido(e);
    INSERT INTO gestion.pedidos (numero, cliente, almacen, referencia_web, pedido_web,
                                 destinatario, direccion_envio, observaciones)
    VALUES (gestion.siguiente('W'), gestion.cliente_de(e), e.almacen, e.referencia,
            e.pedido_web, e.envio_nombre,
            concat_ws(', ', nullif(e.envio_direccion, ''),
                      nullif(concat_ws(' ', e.envio_cp, e.envio_poblacion), ' '),
                      nullif(e.envio_provincia, ''), nullif(e.envio_pais, '')),
            e.observaciones)
    RETURNING id INTO v_pedido;
    INSERT INTO gestion.pedidos_lineas
        (pedido, linea, sku, descripcion, cantidad, precio, descuento, tipo_iva, importe, linea_web)
    SELECT v_pedido, neta.linea, neta.sku, neta.descripcion, neta.cantidad, neta.precio,
           neta.descuento, neta.tipo_iva,
           round(neta.cantidad * neta.precio - neta.descuento, 4), neta.linea_web
    FROM (
        SELECT linea, sku, descripcion, cantidad, tipo_iva, linea_web,
               round(precio / divisor, 4) AS precio, round(descuento / divisor, 4) AS descuento
        FROM (
            SELECT linea, sku, descripcion, cantidad, tipo_iva, linea_web, precio, descuento
            FROM puente.e_pedidos_lineas WHERE envio = e.envio
            UNION ALL
            SELECT 9000, NULL, 'Portes', 1, e.portes_tipo_iva, '', e.portes, 0
            WHERE e.portes <> 0
        ) AS web, LATERAL (
            SELECT CASE WHEN e.iva_incluido THEN 1 + web.tipo_iva / 100 ELSE 1 END AS divisor
        ) AS d
    ) AS neta;
    INSERT INTO gestion.pedidos_unidades
    SELECT l.pedido, l.linea, u.sku, u.cantidad
    FROM gestion.pedidos_lineas l, LATERAL gestion.unidades(l.sku) AS u
    WHERE l.pedido = v_pedido AND l.sku IS NOT NULL;
    PERFORM gestion.reservar_pedido(v_pedido, e.almacen, 1);
    SELECT base, cuota INTO v_base, v_cuota FROM gestion.totalizar(v_pedido);
    v_redondeo := e.total_web - v_base - v_cuota;
    v_tolerancia := (SELECT valor FROM gestion.parametros WHERE clave = 'redondeo_maximo');
    IF abs(v_redondeo) > v_tolerancia THEN
        RAISE EXCEPTION 'El total de la web (%) no coincide con el del pedido (%).',
            e.total_web, v_base + v_cuota USING ERRCODE = 'ER001';
    END IF;
    UPDATE gestion.pedidos
    SET base = v_base, cuota_iva = v_cuota, redondeo = v_redondeo,
        total = v_base + v_cuota + v_redondeo
    WHERE id = v_pedido;
    RETURN v_pedido;
END $$;

-- Runs when the transaction that left the order commits, so that all its lines are there.
-- A refused order leaves its reason behind and nothing else.
CREATE FUNCTION gestion.procesar_pedido() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_pedido bigint;
BEGIN
    BEGIN
        v_pedido := gestion.crear_pedido(NEW);
    EXCEPTION WHEN SQLSTATE 'ER001' OR data_exception OR integrity_constraint_violation THEN
        UPDATE puente.e_pedidos SET estado = 'ERROR', mensaje = SQLERRM WHERE envio = NEW.envio;
        RETURN NULL;
    END;
    UPDATE puente.e_pedidos SET estado = 'PROCESADO', pedido = v_pedido WHERE envio = NEW.envio;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER procesar AFTER INSERT ON puente.e_pedidos
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION gestion.procesar_pedido();

CREATE FUNCTION gestion.procesar_anulacion() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_pedido bigint;
BEGIN
    SELECT id INTO v_pedido FROM gestion.pedidos
    WHERE referencia_web = NEW.referencia ORDER BY id LIMIT 1;
    IF v_pedido IS NULL THEN
        NEW.mensaje := 'No existe ese pedido.';
        RETURN NEW;
    END IF;
    BEGIN
        PERFORM gestion.anular_pedido(v_pedido);
    EXCEPTION WHEN SQLSTATE 'ER001' THEN
        NEW.mensaje := SQLERRM;
    END;
    RETURN NEW;
END $$;

CREATE TRIGGER procesar BEFORE INSERT ON puente.e_anulaciones
FOR EACH ROW EXECUTE FUNCTION gestion.procesar_anulacion();

-- What became of each order that was left: one row for each attempt.
CREATE VIEW puente.v_pedidos AS
SELECT e.referencia, coalesce(p.numero, '') AS numero, coalesce(p.id::text, '') AS id,
       coalesce(p.estado, e.estado) AS estado,
       coalesce(nullif(e.mensaje, ''), (
           SELECT a.mensaje FROM puente.e_anulaciones a
           WHERE a.referencia = e.referencia ORDER BY a.id DESC LIMIT 1
       ), '') AS mensaje,
       p.total, p.cuota_iva AS total_iva, p.redondeo, e.fecha, e.recibido_en,
       p.modificado_en, coalesce(p.version, 0) AS version
FROM puente.e_pedidos e
LEFT JOIN gestion.pedidos p ON p.id = e.pedido;

-- One row for each line of each delivery note of an order from the web.
CREATE VIEW puente.v_albaranes AS
SELECT a.numero, p.referencia_web AS referencia, a.almacen, a.fecha,
       coalesce(g.nombre, '') AS agencia, a.seguimiento,
       CASE WHEN a.seguimiento = '' THEN '' ELSE
           coalesce(replace(g.url_seguimiento, '{}', a.seguimiento), '') END AS url_seguimiento,
       l.sku, l.cantidad, pl.linea_web, a.modificado_en, a.version
FROM gestion.albaranes a
JOIN gestion.pedidos p ON p.id = a.pedido AND p.referencia_web <> ''
JOIN gestion.albaranes_lineas l ON l.albaran = a.id
JOIN gestion.pedidos_lineas pl ON pl.pedido = a.pedido AND pl.linea = l.pedido_linea
LEFT JOIN gestion.agencias g ON g.codigo = a.agencia;
