"""base64url: one spelling for each value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshsim.ocm import base64url


@given(st.binary())
def test_what_is_encoded_is_decoded(data):
    """Encoding loses nothing and uses no padding."""
    text = base64url.encode(data)

    assert data == base64url.decode(text)
    assert "=" not in text


@pytest.mark.parametrize("text", ["QQ==", "QR", "Q", "+/8", "Q Q", "QQ\n", "é", "\ud800"])
def test_other_spellings_are_refused(text):
    """Padding, unused bits, the other alphabet, white space and foreign characters are ValueErrors."""
    with pytest.raises(ValueError):  # noqa: PT011 - the type is the contract
        base64url.decode(text)


@given(st.text())
def test_any_text_is_a_value_or_a_value_error(text):
    """Whatever is decoded is spelled in the one way."""
    try:
        data = base64url.decode(text)
    except ValueError:
        return

    assert text == base64url.encode(data)
