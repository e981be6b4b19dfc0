from shop.cart import tags, total


def test_an_empty_cart_costs_nothing() -> None:
    assert total([]) == 0


def test_tags_keep_their_order() -> None:
    assert tags(["new", "sale", "new"]) == "new,sale"
