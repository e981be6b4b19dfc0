import pytest
from shop.payment import PaymentFailed, charge


def slow(order: str, cents: int) -> None:
    raise TimeoutError("no response within 3000 ms")


def working(order: str, cents: int) -> None:
    pass


def test_the_first_provider_charges(order: str) -> None:
    assert charge(order, 1290, {"pay-eu": working, "pay-us": working}) == "pay-eu"


def test_a_slow_provider_is_replaced(order: str) -> None:
    assert charge(order, 1290, {"pay-eu": slow, "pay-us": working}) == "pay-us"


def test_an_order_is_not_lost_when_no_provider_answers(order: str) -> None:
    with pytest.raises(PaymentFailed):
        charge(order, 1290, {"pay-eu": slow, "pay-us": slow})
