import sys

from meshsim.stores.memory import build


def test_an_empty_store_is_tiny():
    """It counts towards the few kilobytes that a site may cost before it is used."""
    store = build().of("alpha.example.org")

    assert 200 > sys.getsizeof(store) + sys.getsizeof(store._tables)
