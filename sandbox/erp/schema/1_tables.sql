-- The tables of a small Spanish back office: shoes, clothes and accessories.
-- It knows nothing of web shops except the folder "puente" (3_web.sql).

CREATE SCHEMA gestion;

-- One number for every change of every row, as honest in-house systems have it.
CREATE SEQUENCE gestion.cambios;

CREATE FUNCTION gestion.marcar_cambio() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW IS NOT DISTINCT FROM OLD THEN
        RETURN NULL;
    END IF;
    -- The transaction takes its own number before the change takes one. So whoever reads
    -- by version can tell from the list of open transactions which versions may still come.
    PERFORM pg_current_xact_id();
    NEW.version := nextval('gestion.cambios');
    NEW.modificado_en := clock_timestamp();
    RETURN NEW;
END $$;

CREATE TABLE gestion.parametros (
    clave text PRIMARY KEY,
    valor text NOT NULL
);

CREATE TABLE gestion.contadores (
    serie text NOT NULL,
    ejercicio integer NOT NULL,
    ultimo bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (serie, ejercicio)
);

CREATE TABLE gestion.tipos_iva (
    codigo text PRIMARY KEY,
    descripcion text NOT NULL,
    porcentaje numeric(5, 2) NOT NULL UNIQUE
);

CREATE TABLE gestion.familias (
    codigo text PRIMARY KEY,
    descripcion text NOT NULL,
    padre text REFERENCES gestion.familias
);

CREATE TABLE gestion.tallajes (
    tallaje text NOT NULL,
    talla text NOT NULL,
    orden integer NOT NULL,
    PRIMARY KEY (tallaje, talla)
);

CREATE TABLE gestion.colores (
    codigo text PRIMARY KEY,
    nombre text NOT NULL,
    hexadecimal text NOT NULL CHECK (hexadecimal ~ '^#[0-9A-F]{6}$')
);

CREATE TABLE gestion.articulos (
    codigo text PRIMARY KEY,
    descripcion text NOT NULL,
    descripcion_larga text NOT NULL DEFAULT '',
    familia text NOT NULL REFERENCES gestion.familias,
    marca text NOT NULL DEFAULT '',
    temporada text NOT NULL DEFAULT '',
    genero text NOT NULL DEFAULT '',
    composicion text NOT NULL DEFAULT '',
    altura_tacon_mm integer,
    impermeable boolean NOT NULL DEFAULT false,
    fecha_lanzamiento date,
    tallaje text NOT NULL,
    tipo_iva text NOT NULL REFERENCES gestion.tipos_iva,
    peso_gramos integer,
    activo_web boolean NOT NULL DEFAULT true,
    modificado_en timestamptz NOT NULL DEFAULT now(),
    version bigint NOT NULL DEFAULT 0
);

CREATE TABLE gestion.articulos_variantes (
    sku text PRIMARY KEY,
    articulo text NOT NULL REFERENCES gestion.articulos,
    color text REFERENCES gestion.colores,
    talla text NOT NULL DEFAULT '',
    orden integer NOT NULL DEFAULT 0,
    ean text NOT NULL DEFAULT '' CHECK (ean ~ '^([0-9]{13})?$'),
    peso_gramos integer,
    baja boolean NOT NULL DEFAULT false,
    modificado_en timestamptz NOT NULL DEFAULT now(),
    version bigint NOT NULL DEFAULT 0,
    UNIQUE NULLS NOT DISTINCT (articulo, color, talla)
);
CREATE UNIQUE INDEX ean_una_vez ON gestion.articulos_variantes (ean) WHERE ean <> '';

-- What a kit ("lote") takes from the shelf. It has no stock of its own.
CREATE TABLE gestion.componentes (
    kit text NOT NULL REFERENCES gestion.articulos_variantes,
    componente text NOT NULL REFERENCES gestion.articulos_variantes,
    cantidad numeric(12, 3) NOT NULL CHECK (cantidad > 0),
    PRIMARY KEY (kit, componente),
    CHECK (kit <> componente)
);

CREATE TABLE gestion.tarifas (
    codigo text PRIMARY KEY,
    descripcion text NOT NULL,
    iva_incluido boolean NOT NULL
);

-- A price of an article, or of one of its variants where that one costs more or less.
CREATE TABLE gestion.precios (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tarifa text NOT NULL REFERENCES gestion.tarifas,
    articulo text NOT NULL REFERENCES gestion.articulos,
    sku text REFERENCES gestion.articulos_variantes,
    cantidad_minima numeric(12, 3) NOT NULL DEFAULT 1 CHECK (cantidad_minima > 0),
    precio numeric(12, 4) NOT NULL CHECK (precio >= 0),
    modificado_en timestamptz NOT NULL DEFAULT now(),
    version bigint NOT NULL DEFAULT 0,
    UNIQUE NULLS NOT DISTINCT (tarifa, articulo, sku, cantidad_minima)
);

CREATE TABLE gestion.almacenes (
    codigo text PRIMARY KEY,
    descripcion text NOT NULL
);

CREATE TABLE gestion.existencias (
    sku text NOT NULL REFERENCES gestion.articulos_variantes,
    almacen text NOT NULL REFERENCES gestion.almacenes,
    fisico numeric(12, 3) NOT NULL DEFAULT 0,
    reservado numeric(12, 3) NOT NULL DEFAULT 0 CHECK (reservado >= 0),
    bloqueado numeric(12, 3) NOT NULL DEFAULT 0 CHECK (bloqueado >= 0),
    pendiente_recibir numeric(12, 3) NOT NULL DEFAULT 0,
    modificado_en timestamptz NOT NULL DEFAULT now(),
    version bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (sku, almacen)
);

CREATE TABLE gestion.clientes (
    codigo text PRIMARY KEY,
    nombre text NOT NULL,
    nif text NOT NULL DEFAULT '',
    email text NOT NULL DEFAULT '',
    telefono text NOT NULL DEFAULT '',
    direccion text NOT NULL DEFAULT '',
    codigo_postal text NOT NULL DEFAULT '',
    poblacion text NOT NULL DEFAULT '',
    provincia text NOT NULL DEFAULT '',
    pais text NOT NULL DEFAULT 'ES',
    creado_en timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX clientes_por_nif ON gestion.clientes (nif) WHERE nif <> '';
CREATE INDEX clientes_por_email ON gestion.clientes (lower(email)) WHERE email <> '';

CREATE TABLE gestion.agencias (
    codigo text PRIMARY KEY,
    nombre text NOT NULL,
    -- {} stands for the tracking number.
    url_seguimiento text NOT NULL
);

CREATE TABLE gestion.pedidos (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    numero text NOT NULL UNIQUE,
    fecha timestamptz NOT NULL DEFAULT now(),
    cliente text NOT NULL REFERENCES gestion.clientes,
    almacen text NOT NULL REFERENCES gestion.almacenes,
    referencia_web text NOT NULL DEFAULT '',
    pedido_web text NOT NULL DEFAULT '',
    estado text NOT NULL DEFAULT 'PENDIENTE'
        CHECK (estado IN ('PENDIENTE', 'PARCIAL', 'SERVIDO', 'ANULADO')),
    base numeric(14, 2) NOT NULL DEFAULT 0,
    cuota_iva numeric(14, 2) NOT NULL DEFAULT 0,
    redondeo numeric(14, 2) NOT NULL DEFAULT 0,
    total numeric(14, 2) NOT NULL DEFAULT 0,
    destinatario text NOT NULL DEFAULT '',
    direccion_envio text NOT NULL DEFAULT '',
    observaciones text NOT NULL DEFAULT '',
    modificado_en timestamptz NOT NULL DEFAULT now(),
    version bigint NOT NULL DEFAULT 0
);
CREATE INDEX pedidos_por_referencia ON gestion.pedidos (referencia_web);

CREATE TABLE gestion.pedidos_lineas (
    pedido bigint NOT NULL REFERENCES gestion.pedidos,
    linea integer NOT NULL,
    sku text REFERENCES gestion.articulos_variantes,
    descripcion text NOT NULL,
    cantidad numeric(12, 3) NOT NULL CHECK (cantidad > 0),
    servida numeric(12, 3) NOT NULL DEFAULT 0,
    precio numeric(14, 4) NOT NULL,
    descuento numeric(14, 4) NOT NULL DEFAULT 0,
    tipo_iva numeric(5, 2) NOT NULL REFERENCES gestion.tipos_iva (porcentaje),
    importe numeric(14, 4) NOT NULL,
    linea_web text NOT NULL DEFAULT '',
    PRIMARY KEY (pedido, linea),
    CHECK (servida BETWEEN 0 AND cantidad)
);

-- What one unit of a line takes from the shelf, as it was when the order was entered:
-- a kit that is put together otherwise later must not be given back otherwise.
CREATE TABLE gestion.pedidos_unidades (
    pedido bigint NOT NULL,
    linea integer NOT NULL,
    sku text NOT NULL REFERENCES gestion.articulos_variantes,
    cantidad numeric(12, 3) NOT NULL CHECK (cantidad > 0),
    PRIMARY KEY (pedido, linea, sku),
    FOREIGN KEY (pedido, linea) REFERENCES gestion.pedidos_lineas
);

CREATE TABLE gestion.albaranes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    numero text NOT NULL UNIQUE,
    fecha timestamptz NOT NULL DEFAULT clock_timestamp(),
    pedido bigint NOT NULL REFERENCES gestion.pedidos,
    almacen text NOT NULL REFERENCES gestion.almacenes,
    agencia text REFERENCES gestion.agencias,
    seguimiento text NOT NULL DEFAULT '',
    modificado_en timestamptz NOT NULL DEFAULT now(),
    version bigint NOT NULL DEFAULT 0
);

CREATE TABLE gestion.albaranes_lineas (
    albaran bigint NOT NULL REFERENCES gestion.albaranes,
    linea integer NOT NULL,
    pedido_linea integer NOT NULL,
    sku text NOT NULL REFERENCES gestion.articulos_variantes,
    cantidad numeric(12, 3) NOT NULL CHECK (cantidad > 0),
    PRIMARY KEY (albaran, linea)
);

DO $$
DECLARE
    tabla text;
BEGIN
    FOREACH tabla IN ARRAY ARRAY[
        'articulos', 'articulos_variantes', 'precios', 'existencias', 'pedidos', 'albaranes'
    ] LOOP
        EXECUTE format(
            'CREATE TRIGGER cambio BEFORE INSERT OR UPDATE ON gestion.%I
             FOR EACH ROW EXECUTE FUNCTION gestion.marcar_cambio()', tabla);
        EXECUTE format('CREATE INDEX ON gestion.%I (version)', tabla);
    END LOOP;
END $$;
