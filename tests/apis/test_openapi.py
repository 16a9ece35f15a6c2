"""The description of what a site serves is true: each operation is there, and takes what is written there."""

import json
import re
from base64 import b64encode

import pytest

from meshsim.mesh import Mesh, Plan, Topology
from meshsim.wire import Request
from tests.described import content, operations

ALPHA, BETA = "alpha.example.org", "beta.example.org"
DIALECTS = ("standard", "ocm_1_1", "ocm_1_0")


@pytest.fixture(params=DIALECTS)
def described(request):
    """A site of each accent, in a mesh, and its description."""
    mesh = Mesh(Topology((Plan(ALPHA, request.param), Plan(BETA, request.param))))
    return mesh, ask(mesh, "GET", "/openapi.json")[1]


def ask(mesh, method, path, document=None):
    """Status and document of an answer to alice."""
    word = b64encode(f"alice:{mesh.people(ALPHA).password('alice')}".encode()).decode()
    headers = {"authorization": f"Basic {word}", "content-type": "application/json"}
    body = b"" if document is None else json.dumps(document).encode()
    answer = mesh.run(mesh.port(BETA).send(Request(method, f"https://{ALPHA}{path}", headers, body)))
    kind = answer.headers.get("content-type", "")
    return answer.status, json.loads(answer.body) if kind == "application/json" and answer.body else {}


def test_what_is_described_is_served(described):
    """No operation leads nowhere or is of another method."""
    mesh, description = described
    for method, path, _ in operations(description):
        filled = re.sub(r"{\w+}", "alice", path)
        status, told = ask(mesh, method, filled)

        if path.startswith("/dav/"):
            # Methods that do not fit what is there (MKCOL of a folder) are refused by name, too.
            assert status != 501, (method, path)
        else:
            assert status != 405, (method, path)
        assert "nothing is served here" != told.get("message"), (method, path)


def test_another_method_is_refused(described):
    """What is served beside files takes no method but those described."""
    mesh, description = described
    served = {}
    for method, path, _ in operations(description):
        served.setdefault(path, set()).add(method)
    for path, methods in served.items():
        if "/dav/" in path or path.endswith("/files/{path}"):
            continue
        missing = (
            {"GET", "POST", "PUT", "DELETE", "PATCH"} - methods - ({"HEAD"} if "GET" in methods else set())
        )
        filled = re.sub(r"{\w+}", "alice", path)
        assert {405} == {ask(mesh, method, filled)[0] for method in missing}, path


def test_every_needed_member_is_asked_for(described):
    """An empty document is answered with the names of just those that the description requires."""
    mesh, description = described
    # The description has the words of the newest draft; what an old accent hears, it names in its own.
    standard = mesh.plans[ALPHA].dialect == "standard"
    seen = 0
    for method, path, operation in operations(description):
        kind, schema = content(operation) or ("", {})
        if kind != "application/json" or (operation["tags"] == ["ocm"] and not standard):
            continue
        seen += 1
        name = schema["$ref"].rpartition("/")[2]
        required = set(description["components"]["schemas"][name].get("required", ()))
        status, told = ask(mesh, method, re.sub(r"{\w+}", "alice", path), {})

        missing = {p["name"] for p in told.get("validationErrors", ()) if p["message"] == "is missing"}
        assert required <= missing or (not required and status < 400), (path, told)
        if required:
            assert 400 == status
    assert seen >= 8


def test_references_in_it_lead_somewhere(described):
    """Every schema that is named is there."""
    _, description = described
    named = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(description)))

    assert "ShareCreation" in named
    assert named <= description["components"]["schemas"].keys()
    assert "/ocm-provider/" in description["paths"]
