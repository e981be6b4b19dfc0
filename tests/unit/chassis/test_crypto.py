"""A sealed value opens only in its place and with its key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from logloop_chassis.crypto import KeyHasher, SecretBox, Unsealable

BOX = SecretBox("k" * 32)


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"])))
def test_a_sealed_text_can_be_opened(text: str, place: str) -> None:
    sealed = BOX.seal(text, place)
    assert BOX.open(sealed, place) == text
    assert sealed != BOX.seal(text, place)


@pytest.mark.parametrize("sealed", ["", "v1:", "v1:AAAA", "v2:" + "A" * 60, "plain text", "v1:é"])
def test_an_invalid_sealed_value_does_not_open(sealed: str) -> None:
    with pytest.raises(Unsealable):
        BOX.open(sealed, "here")


def test_a_sealed_value_does_not_open_in_another_place_or_with_another_key() -> None:
    sealed = BOX.seal("token", "shop/github")
    for box, place in ((BOX, "other/github"), (SecretBox("l" * 32), "shop/github")):
        with pytest.raises(Unsealable, match="enter it again"):
            box.open(sealed, place)


def test_key_hashes_depend_on_the_deployment() -> None:
    assert KeyHasher("a" * 32).hash("x") == KeyHasher("a" * 32).hash("x") != KeyHasher("b" * 32).hash("x")
