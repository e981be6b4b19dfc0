from shop.cart import total
from shop.payment import charge


def slow(order: str, cents: int) -> None:
    raise TimeoutError("no response within 3000 ms")


def working(order: str, cents: int) -> None:
    pass


def test_a_discount_is_charged(order: str) -> None:
    assert charge(order, total([1000, 290], discount=10), {"pay-eu": working}) == "pay-eu"


def test_a_cart_is_paid_although_a_provider_is_slow(order: str) -> None:
    assert charge(order, total([1000, 290]), {"pay-eu": slow, "pay-us": working}) == "pay-us"
