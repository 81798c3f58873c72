"""The whole way: catalogue, prices and stock out, an order in, its shipment back."""

from tests.end_to_end.world import World


def test_the_catalogue_is_in_the_store_and_a_second_run_writes_nothing(world: World) -> None:
    world.load()

    products = world.shop.state()["products"]
    assert len(products) >= 40
    assert sum(len(each["variants"]) for each in products) >= 150
    start = world.shop.mark()
    world.work()
    assert world.shop.mutations(since=start) == []
