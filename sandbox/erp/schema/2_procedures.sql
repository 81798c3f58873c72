-- What the back office does by itself: number, reserve, add up, ship, cancel.

CREATE FUNCTION gestion.siguiente(p_serie text) RETURNS text LANGUAGE sql AS $$
    INSERT INTO gestion.contadores AS c (serie, ejercicio, ultimo)
    VALUES (p_serie, extract(year FROM now())::integer, 1)
    ON CONFLICT (serie, ejercicio) DO UPDATE SET ultimo = c.ultimo + 1
    RETURNING serie || to_char(now(), 'YY') || '/' || lpad(ultimo::text, 6, '0')
$$;

-- Adds to what is reserved, making the row if this warehouse never kept the item.
CREATE FUNCTION gestion.reservar(p_sku text, p_almacen text, p_cantidad numeric)
RETURNS void LANGUAGE sql AS $$
    INSERT INTO gestion.existencias AS e (sku, almacen, reservado)
    VALUES (p_sku, p_almacen, greatest(p_cantidad, 0))
    ON CONFLICT (sku, almacen) DO UPDATE
        SET reservado = greatest(e.reservado + p_cantidad, 0)
$$;

-- What one unit of an item takes from the shelf: its components, or itself.
CREATE FUNCTION gestion.unidades(p_sku text)
RETURNS TABLE (sku text, cantidad numeric) LANGUAGE sql STABLE AS $$
    SELECT componente, cantidad FROM gestion.componentes WHERE kit = p_sku
    UNION ALL
    SELECT p_sku, 1 WHERE NOT EXISTS (SELECT FROM gestion.componentes WHERE kit = p_sku)
$$;

-- Reserves what an order takes from the shelf (1), or gives it back (-1).
CREATE FUNCTION gestion.reservar_pedido(p_pedido bigint, p_almacen text, p_signo integer)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_unidad record;
BEGIN
    -- In the order of the key, so that two orders cannot block each other.
    FOR v_unidad IN
        SELECT u.sku, sum(l.cantidad * u.cantidad) AS cantidad
        FROM gestion.pedidos_lineas l JOIN gestion.pedidos_unidades u USING (pedido, linea)
        WHERE l.pedido = p_pedido GROUP BY u.sku ORDER BY u.sku
    LOOP
        PERFORM gestion.reservar(v_unidad.sku, p_almacen, p_signo * v_unidad.cantidad);
    END LOOP;
END $$;

-- Its own arithmetic: net lines at four decimals, one base and one tax for each rate.
CREATE FUNCTION gestion.totalizar(p_pedido bigint, OUT base numeric, OUT cuota numeric)
LANGUAGE sql AS $$
    SELECT coalesce(sum(por_tipo.base), 0),
           coalesce(sum(round(por_tipo.base * por_tipo.tipo_iva / 100, 2)), 0)
    FROM (
        SELECT tipo_iva, round(sum(importe), 2) AS base
        FROM gestion.pedidos_lineas WHERE pedido = p_pedido GROUP BY tipo_iva
    ) AS por_tipo
$$;

CREATE FUNCTION gestion.anular_pedido(p_pedido bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_pedido gestion.pedidos;
BEGIN
    SELECT * INTO v_pedido FROM gestion.pedidos WHERE id = p_pedido FOR UPDATE;
    IF v_pedido.estado = 'ANULADO' THEN
        RETURN;
    ELSIF v_pedido.estado <> 'PENDIENTE' THEN
        RAISE EXCEPTION 'El pedido % ya tiene mercancía enviada.', v_pedido.numero
            USING ERRCODE = 'ER001';
    END IF;
    PERFORM gestion.reservar_pedido(p_pedido, v_pedido.almacen, -1);
    UPDATE gestion.pedidos SET estado = 'ANULADO' WHERE id = p_pedido;
END $$;

-- Takes off the shelf, and out of what is reserved, all that a delivery note says.
CREATE FUNCTION gestion.sacar_albaran(p_albaran bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_unidad record;
BEGIN
    FOR v_unidad IN
        SELECT u.sku, a.almacen, sum(l.cantidad * u.cantidad) AS cantidad
        FROM gestion.albaranes a
        JOIN gestion.albaranes_lineas l ON l.albaran = a.id
        JOIN gestion.pedidos_unidades u ON u.pedido = a.pedido AND u.linea = l.pedido_linea
        WHERE a.id = p_albaran GROUP BY u.sku, a.almacen ORDER BY u.sku
    LOOP
        UPDATE gestion.existencias
        SET fisico = fisico - v_unidad.cantidad,
            reservado = greatest(reservado - v_unidad.cantidad, 0)
        WHERE sku = v_unidad.sku AND almacen = v_unidad.almacen;
    END LOOP;
END $$;

-- Sends what is asked ([{"linea": 1, "cantidad": 2}], NULL = all that is left) and
-- returns the number of the delivery note.
CREATE FUNCTION gestion.enviar_pedido(
    p_pedido bigint, p_agencia text, p_seguimiento text, p_lineas jsonb DEFAULT NULL
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_pedido gestion.pedidos;
    v_linea record;
    v_albaran bigint;
    v_numero text;
    v_orden integer := 0;
BEGIN
    SELECT * INTO v_pedido FROM gestion.pedidos WHERE id = p_pedido FOR UPDATE;
    IF v_pedido.id IS NULL THEN
        RAISE EXCEPTION 'No existe el pedido.' USING ERRCODE = 'ER001';
    ELSIF v_pedido.estado NOT IN ('PENDIENTE', 'PARCIAL') THEN
        RAISE EXCEPTION 'El pedido % está %.', v_pedido.numero, v_pedido.estado
            USING ERRCODE = 'ER001';
    END IF;
    v_numero := gestion.siguiente('A');
    INSERT INTO gestion.albaranes (numero, pedido, almacen, agencia, seguimiento)
    VALUES (v_numero, p_pedido, v_pedido.almacen, nullif(p_agencia, ''), p_seguimiento)
    RETURNING id INTO v_albaran;
    FOR v_linea IN
        SELECT l.linea, l.sku, l.cantidad - l.servida AS pendiente,
               CASE WHEN p_lineas IS NULL THEN l.cantidad - l.servida
                    ELSE coalesce(pedida.cantidad, 0) END AS cantidad
        FROM gestion.pedidos_lineas l
        LEFT JOIN jsonb_to_recordset(coalesce(p_lineas, '[]'))
            AS pedida (linea integer, cantidad numeric) ON pedida.linea = l.linea
        WHERE l.pedido = p_pedido AND l.sku IS NOT NULL
        ORDER BY l.sku, l.linea
    LOOP
        CONTINUE WHEN v_linea.cantidad = 0;
        IF v_linea.cantidad < 0 OR v_linea.cantidad > v_linea.pendiente THEN
            RAISE EXCEPTION 'De % quedan % por enviar.', v_linea.sku, v_linea.pendiente
                USING ERRCODE = 'ER001';
        END IF;
        v_orden := v_orden + 1;
        INSERT INTO gestion.albaranes_lineas
        VALUES (v_albaran, v_orden, v_linea.linea, v_linea.sku, v_linea.cantidad);
        UPDATE gestion.pedidos_lineas SET servida = servida + v_linea.cantidad
        WHERE pedido = p_pedido AND linea = v_linea.linea;
    END LOOP;
    IF v_orden = 0 THEN
        RAISE EXCEPTION 'No hay nada que enviar.' USING ERRCODE = 'ER001';
    END IF;
    PERFORM gestion.sacar_albaran(v_albaran);
    UPDATE gestion.pedidos SET estado = CASE WHEN EXISTS (
        SELECT FROM gestion.pedidos_lineas
        WHERE pedido = p_pedido AND sku IS NOT NULL AND servida < cantidad
    ) THEN 'PARCIAL' ELSE 'SERVIDO' END
    WHERE id = p_pedido;
    RETURN v_numero;
END $$;

-- A new item has the prices of its article: they count as changed.
CREATE FUNCTION gestion.poner_precio_a_variante() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE gestion.precios SET modificado_en = clock_timestamp()
    WHERE articulo = NEW.articulo AND sku IS NULL;
    RETURN NULL;
END $$;

CREATE TRIGGER precios AFTER INSERT ON gestion.articulos_variantes
FOR EACH ROW EXECUTE FUNCTION gestion.poner_precio_a_variante();

-- A kit that is put together otherwise is another item to whoever sells it.
CREATE FUNCTION gestion.tocar_kit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'DELETE' AND EXISTS (
        SELECT FROM gestion.componentes
        WHERE kit = NEW.componente OR componente = NEW.kit
    ) THEN
        RAISE EXCEPTION 'Un lote no puede contener otro lote: %.', NEW.componente
            USING ERRCODE = 'ER001';
    END IF;
    UPDATE gestion.articulos_variantes SET modificado_en = clock_timestamp()
    WHERE sku IN (OLD.kit, NEW.kit);
    RETURN NULL;
END $$;

CREATE TRIGGER cambio AFTER INSERT OR UPDATE OR DELETE ON gestion.componentes
FOR EACH ROW EXECUTE FUNCTION gestion.tocar_kit();
