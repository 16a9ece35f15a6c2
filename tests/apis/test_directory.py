"""The face of a directory: a JWS for everybody, and answers for those who join."""

import json

import pytest

from meshsim.mesh import Plan, Topology
from meshsim.ocm.directory import verify

DIRECTORY = "https://directory.example.org/directory"


@pytest.fixture
def client(make_mesh):
    mesh = make_mesh(Topology((Plan("alpha.example.org"),), directory="directory.example.org"))
    mesh.run(mesh.site("alpha.example.org").listing.register())
    with mesh.client() as found:
        found.mesh = mesh
        yield found


def test_anybody_reads_it_and_whoever_has_the_key_believes_it(client):
    """OCM-DIR-001, 003, 004"""
    answer = client.get(DIRECTORY)
    key = client.mesh.site("directory.example.org").key.public
    found = verify(answer.content, key)

    assert (200, "application/jose") == (answer.status_code, answer.headers["content-type"])
    assert ("ScienceMesh", ["https://alpha.example.org"]) == (
        found.federation,
        [s.url for s in found.servers],
    )


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "named"),
    [
        ("POST", "", b"{}", 405, ""),
        ("GET", "/register", b"", 405, ""),
        ("POST", "/register", b"{}", 400, "url"),
        ("POST", "/register", b"[", 400, ""),
        ("POST", "/register", json.dumps({"url": "x", "displayName": 1}).encode(), 400, "displayName"),
        (
            "POST",
            "/unregister",
            json.dumps({"url": "https://alpha.example.org", "displayName": ""}).encode(),
            401,
            "",
        ),
    ],
)
def test_bad_requests_are_refused(client, method, path, body, status, named):
    """And the list stays as it is."""
    answer = client.request(
        method, DIRECTORY + path, content=body, headers={"content-type": "application/json"}
    )

    assert status == answer.status_code
    assert answer.json()["message"]
    assert not named or named in [problem["name"] for problem in answer.json()["validationErrors"]]
    assert 1 == len(list(client.mesh.store("directory.example.org").rows("members")))
