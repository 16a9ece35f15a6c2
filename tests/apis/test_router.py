"""One dispatcher for all sites and faces."""

import json

import pytest

from meshsim.wire import Request


def ask(mesh, path, method="GET"):
    async def send():
        port = mesh.fabric.port("client.example.org")
        return await port.send(Request(method, f"https://{mesh.hosts[0]}{path}"))

    return mesh.run(send())


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/.well-known/ocm", 200),
        ("/dav/ocm/x", 401),
        ("/dav/files/alice/", 401),
        ("/api/me", 401),
        ("/signin", 200),
        ("/directory", 404),
        ("/dav/ocmx", 404),
        ("/.well-known/ocm/", 404),
        ("/OCM/shares", 404),
        ("//ocm/shares", 404),
        ("/%6fcm/shares", 404),
    ],
)
def test_a_path_leads_to_its_face_or_nowhere(mesh, path, status):
    """Paths are compared as they are; what nobody serves is 404 in JSON."""
    answer = ask(mesh, path)

    assert status == answer.status
    if path in ("/dav/ocmx", "/OCM/shares"):
        assert {"message"} == set(json.loads(answer.body))
