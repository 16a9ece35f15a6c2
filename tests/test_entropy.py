import re

from hypothesis import given
from hypothesis import strategies as st

from meshsim.entropy import Entropy, stream

texts = st.text(alphabet=st.characters(codec="utf-8"))


@given(texts, texts, st.integers(0, 5), texts)
def test_one_seed_gives_the_same_again(seed, host, incarnation, purpose):
    """Whoever knows seed, host, incarnation and purpose knows the stream."""
    one, other = Entropy(seed, host, incarnation), Entropy(seed, host, incarnation)

    assert [one.bytes(purpose, n) for n in (5, 64, 33)] == [other.bytes(purpose, n) for n in (5, 64, 33)]
    assert one.key(purpose) == other.key(purpose)


@given(st.lists(st.integers(1, 100), min_size=2, max_size=20))
def test_nothing_is_given_out_twice(counts):
    """Blocks of a stream never overlap, and have the length asked for."""
    entropy = Entropy(1, "alpha.example.org")
    given_out = [entropy.bytes("id", count) for count in counts]

    assert counts == [len(part) for part in given_out]
    blocks = [part[i : i + 32] for part in given_out for i in range(0, len(part), 32)]
    whole = [block for block in blocks if len(block) == 32]
    assert len(whole) == len(set(whole))


def test_streams_are_apart():
    """Another seed, host, incarnation or purpose is another stream; text cannot slide between them."""
    streams = [
        Entropy(seed, host, incarnation).bytes(purpose, 32)
        for seed, host, incarnation, purpose in [
            (1, "alpha", 0, "id"),
            (2, "alpha", 0, "id"),
            (1, "alpha", 1, "id"),
            (1, "alpha", 0, "token"),
            (1, "alphai", 0, "d"),
            (11, "lpha", 0, "id"),
        ]
    ]

    assert len(streams) == len(set(streams))


def test_asking_for_one_purpose_does_not_disturb_another():
    """So that new code with a purpose of its own leaves old runs as they were."""
    one, other = Entropy(1, "alpha"), Entropy(1, "alpha")
    other.token("something else")

    assert one.token("id") == other.token("id")


def test_a_restarted_site_repeats_no_identifier_and_keeps_its_keys():
    """Its memory is lost, but not its name."""
    before, after = Entropy(1, "alpha", 0), Entropy(1, "alpha", 1)

    assert not {before.token("id") for _ in range(100)} & {after.token("id") for _ in range(100)}
    assert before.key("signing") == after.key("signing")
    assert before.key("signing") != before.key("tokens") != Entropy(1, "beta").key("tokens")
    assert 32 == len(before.key("signing"))


def test_a_token_is_text_for_urls():
    """24 bytes are 32 characters of base64url, without padding whatever the length."""
    entropy = Entropy(1, "alpha")

    assert re.fullmatch(r"[\w-]{32}", entropy.token("id"), re.ASCII)
    assert 22 == len(entropy.token("id", 16))


def test_no_bytes_are_no_bytes():
    """Asking for none uses nothing up."""
    one, other = Entropy(1, "alpha"), Entropy(1, "alpha")

    assert b"" == one.bytes("id", 0)
    assert one.token("id") == other.token("id")


def test_a_stream_of_chance_belongs_to_its_purpose():
    """Two faults draw from two streams."""
    assert stream(1, "fault", "delay").random() == stream(1, "fault", "delay").random()
    assert 3 == len(
        {stream(1, "a", "bc").random(), stream(1, "ab", "c").random(), stream(2, "a", "bc").random()}
    )
