"""Every document we send is one that Shopify would take, at the price we expect."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from shopify_app import cost, documents
from shopify_app.schema import bulk_checks, checks, pricing, samples, source


@pytest.fixture(scope="module")
def schema() -> source.ShopifySchema:
    return source.load()


def test_the_check_finds_nothing() -> None:
    out = StringIO()

    call_command("check_shopify_schema", stdout=out)

    assert "all good" in out.getvalue()


def a_document(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str) -> None:
    """Let the check see one document more."""
    for path in filter(Path.is_file, documents.QUERIES.iterdir()):
        (tmp_path / path.name).write_text(path.read_text())
    (tmp_path / "planted.graphql").write_text(text)
    monkeypatch.setattr(documents, "QUERIES", tmp_path)
    monkeypatch.setitem(samples.VARIABLES, "planted", [{}])
    documents.load.cache_clear()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("query Q { shop { nope } }", "nope"),
        ("query Q { shop { name } } query R { shop { name } }", "operation"),
        ("query Q { orders(query: 3) { nodes { id } } }", "String cannot represent"),
        ("query Q { orders { nodes { id } } }", "neither first nor last"),
        ("query Q($x: ID!) { order(id: $x) { id } }", "planted: Variable"),
        ("query Q { shop { plan { displayName } } }", "deprecated"),
        ("query Q { companies(first: 1) { nodes { id } } giftCards(first: 1) { nodes { id } } }",
         "SCOPES lacks"),
        (
            'mutation M { locationActivate(locationId: "x") { location { id } } }',
            "lacks @idempotent",
        ),
        (
            'mutation M { locationActivate(locationId: "x") @idempotent(key: "fixed") '
            "{ location { id } } }",
            "lacks @idempotent",
        ),
    ],
)  # fmt: skip
def test_the_check_finds_what_shopify_would_refuse(
    schema: source.ShopifySchema,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    text: str,
    complaint: str,
) -> None:
    a_document(monkeypatch, tmp_path, text)

    found = "\n".join(checks.problems(schema))

    assert complaint in found


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{ nope { edges { node { id } } } }", "nope"),
        ("{ products { nodes { id } } }", "must be asked for as edges { node"),
        ("{ products { edges { cursor node { id } } } }", "must be asked for as edges { node"),
        ("{ products { edges { node { title } } } }", "products does not ask for id"),
        ("{ products(first: 9) { edges { node { id } } } }", "names a page size"),
        ("{ shop { name } }", "has 0 connections"),
        (
            "{ orders { edges { node { id fulfillments { fulfillmentLineItems {"
            " edges { node { id } } } } } } } }",
            "fulfillmentLineItems is within a list",
        ),
        ('{ nodes(ids: ["x"]) { id } }', "node or nodes at the top"),
        ("query Q($q: String) { products(query: $q) { edges { node { id } } } }", "variables"),
        ("fragment F on Shop { name } query Q { shop { ...F } }", "more than one definition"),
        (
            "{ products { edges { node { id variants { edges { node { id product { id variants {"
            " edges { node { id metafields { edges { node { id } } } } } } } } } } } } } }",
            "metafields is nested too deep",
        ),
        (
            "{ products { edges { node { id "
            + " ".join(f"m{n}: metafields {{ edges {{ node {{ id }} }} }}" for n in range(5))
            + " } } } }",
            "has 6 connections",
        ),
    ],
)
def test_the_check_finds_what_shopify_would_not_run_in_bulk(
    schema: source.ShopifySchema,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    text: str,
    complaint: str,
) -> None:
    (tmp_path / "bulk").mkdir()
    (tmp_path / "bulk" / "planted.graphql").write_text(text)
    monkeypatch.setattr(documents, "QUERIES", tmp_path)
    documents.bulk_text.cache_clear()

    found = "\n".join(bulk_checks.problems(schema.types, "planted"))

    assert complaint in found


def test_the_check_finds_a_quantity_without_its_comparison(
    schema: source.ShopifySchema, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = {"inventoryItemId": "i", "locationId": "l", "quantity": 1}
    values = {"input": {"name": "available", "reason": "x", "quantities": [row]}, "key": "k"}
    monkeypatch.setitem(samples.VARIABLES, "set_quantities", [values])

    assert list(checks.problems(schema)) == [
        "set_quantities: a quantity is sent without changeFromQuantity"
    ]


def test_the_check_finds_a_scope_that_nothing_needs(
    schema: source.ShopifySchema, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shopify_app.scopes.SCOPES", ("read_themes",))

    found = list(checks.problems(schema))

    assert "SCOPES asks for read_themes, which nothing needs" in found
    assert "SCOPES lacks one of ['write_publications']" in found


def test_the_check_finds_a_price_that_is_not_written_down(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    a_document(monkeypatch, tmp_path, "# cost: 3\nquery Q { shop { name } }\n")

    with pytest.raises(CommandError, match=r"planted: costs\.json does not hold its price"):
        call_command("check_shopify_schema", stdout=StringIO())


@pytest.mark.parametrize("name", documents.names())
@given(size=st.integers(0, 250))
def test_the_stored_price_is_the_price_of_the_document(name: str, size: int) -> None:
    recipe = pricing.recipe_of(source.load().types, checks.parsed(name))

    for sample in samples.VARIABLES[name]:
        variables = sample | {each: size for each in sample if isinstance(sample[each], int)}
        assert cost.price_of(cost.recipes()[name], variables) == cost.price_of(recipe, variables)


@pytest.mark.parametrize(
    ("operation", "variables", "points"),
    [
        ("set_quantities", {"input": {"quantities": [{}] * 250}}, 10),
        ("orders_updated", {}, 13),
        ("location_levels", {}, 36),
        ("publish", {}, 10),
        ("bulk_run", {}, 10),
        ("items", {"items": ["x"] * 250}, 5),
        # 2 + 10 x 90 for 244 products: one step of the logarithm more would cost 992.
        ("products", {}, 902),
        # 10 for the write, 2 + 2 x floor(2 ln 3) for the ids, 0.2 for each of 3 variants.
        ("product_set", {"input": {"variants": [{}] * 3}, "first": 3}, 17),
        ("variants_update", {"variants": [{}] * 50}, 20),
        # 15 exactly; floating point makes it a little more.
        ("variants_update", {"variants": [{}] * 22 + [{"metafields": [{}]}]}, 15),
        ("variants_update", {"variants": [{"metafields": [{}, {}]}] * 10}, 20),
    ],
)
def test_what_a_call_costs(operation: str, variables: dict[str, object], points: int) -> None:
    assert cost.cost_of(operation, variables) == points


@pytest.mark.parametrize(
    ("rows", "factor"),
    [(0, 0), (1, 1), (2, 1), (3, 2), (10, 4), (25, 6), (50, 7), (100, 9), (250, 11)],
)
def test_pages_cost_by_the_logarithm_of_their_size(rows: int, factor: int) -> None:
    assert cost.page_factor(rows) == factor


def test_no_document_may_cost_more_than_one_call_can() -> None:
    for name in documents.names():
        for variables in samples.VARIABLES[name]:
            assert cost.cost_of(name, variables) < 1000


def test_the_shipped_client_does_without_the_graphql_library() -> None:
    shipped = [
        path
        for path in Path(cost.__file__).parent.rglob("*.py")
        if path.parent.name != "schema" and path.name != "check_shopify_schema.py"
    ]

    assert [path.name for path in shipped if "graphql import" in path.read_text()] == []


def test_renewing_the_schema_from_itself_changes_nothing(tmp_path: Path) -> None:
    renewed = tmp_path / "renewed.json.gz"

    source.renew(source.VENDORED, renewed)

    assert renewed.read_bytes() == source.VENDORED.read_bytes()


def test_costs_are_written_as_the_command_writes_them() -> None:
    text = cost.COSTS.read_text()

    assert text == json.dumps(json.loads(text), indent=1, sort_keys=True) + "\n"
