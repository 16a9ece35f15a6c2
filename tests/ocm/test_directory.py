"""The signed directory: only what the handed-over key signed is believed, entry by entry."""

import json

import pytest

from meshsim.ocm import base64url, document
from meshsim.ocm.directory import Directory, Server, sign, verify
from meshsim.ocm.errors import OcmError, Unauthenticated
from meshsim.ocm.keys import PrivateKey

KEY = PrivateKey.from_seed("directory.example#1", bytes(32))
OTHER = PrivateKey.from_seed("directory.example#1", bytes([1] * 32))
MESH = Directory("ScienceMesh", (Server("https://a.example", "A"), Server("https://b.example:8443", "B")))


@pytest.mark.parametrize("alg", ["Ed25519", "ES256"])
def test_what_is_signed_is_read_back(alg):
    """In compact form, with the key's own algorithm."""
    key = PrivateKey.from_seed("k", bytes(32), alg)

    assert MESH == verify(sign(MESH, key), key.public)
    assert ["a.example", "b.example:8443"] == [server.host for server in MESH.servers]


def test_another_key_or_an_altered_list_is_not_believed():
    """Whatever the header says."""
    header, payload, signature = sign(MESH, KEY).decode().split(".")
    forged = base64url.encode(base64url.decode(payload).replace(b"a.example", b"e.example"))
    none = base64url.encode(b'{"alg":"none"}')
    hmac = base64url.encode(b'{"alg":"HS256"}')
    critical = base64url.encode(b'{"alg":"Ed25519","crit":["b64"],"b64":false}')
    for jws in (
        *(f"{header}.{forged}.{signature}", f"{none}.{payload}.", f"{hmac}.{payload}.{signature}"),
        f"{critical}.{payload}.{signature}",
    ):
        with pytest.raises(Unauthenticated):
            verify(jws.encode(), KEY.public)
    with pytest.raises(Unauthenticated):
        verify(sign(MESH, OTHER), KEY.public)


@pytest.mark.parametrize("jws", [b"", b"a.b", b"a.b.c.d", b"\xff", b"..", b"!.!.!", b'{"payload": ""}'])
def test_what_is_no_jws_is_refused(jws):
    """With an error, not an exception of the parser."""
    with pytest.raises(OcmError):
        verify(jws, KEY.public)


def entry(**changes):
    return {"url": "https://a.example", "displayName": "A", **changes}


@pytest.mark.parametrize(
    "bad",
    [
        *(entry(url="https://a.example/path"), entry(url="https://a.example/"), entry(url="a.example")),
        *(
            entry(url="https://u@a.example"),
            entry(url="https://a.example?x"),
            entry(url="https://a.example#x"),
        ),
        *(entry(url="ftp://a.example"), entry(url=1), entry(displayName=None), "text", None, {}),
    ],
)
def test_bad_entries_are_left_out_and_told(bad):
    """OCM-DIR-005 to 009, 011: the others stay."""
    raw = json.dumps({"federation": "F", "servers": [bad, entry(url="https://good.example")]}).encode()
    found = Directory.parse(raw)

    assert ["https://good.example"] == [server.url for server in found.servers]
    assert 1 == len(found.rejected)
    assert found.rejected[0].startswith("servers[0]: ")


def test_a_payload_without_list_is_refused_whole():
    """Both bad members are named."""
    with pytest.raises(OcmError) as refusal:
        Directory.parse(b'{"federation": 1, "servers": {}}')

    assert {"federation", "servers"} == {problem.name for problem in refusal.value.problems}
    payload = base64url.decode(sign(MESH, KEY).decode().split(".")[1])
    assert {"federation", "servers"} == set(document.load(payload))
