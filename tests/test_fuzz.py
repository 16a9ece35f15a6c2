"""Whatever octets arrive, the sites of a served mesh answer, stay up, and touch nothing that is not theirs.

A seeded short form runs with the other tests; `nox -s fuzz` sends 100,000 requests.
"""

# ruff: noqa: E501 - the tables of what is sent are easier to read in long lines

import asyncio
import base64
import contextlib
import logging
import os
import ssl
from random import Random

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from meshsim.apis.openapi import describe
from meshsim.dialects import DAV_PATH
from meshsim.doors import Doors
from meshsim.network.http1 import Limits
from meshsim.served import ServedMesh
from meshsim.site.site import DIALOG_PATH, JWKS_PATH, OCM_PATH, TOKEN_PATH, WAYF_PATH
from meshsim.wire import hostname
from tests.described import requests

COUNT = int(os.environ.get("MESHSIM_FUZZ", "1500"))
SEED = int(os.environ.get("MESHSIM_FUZZ_SEED", "0"))
LANES = 64
"""Requests under way at a time."""
BATCH = 8
"""Requests that Hypothesis makes at a time."""

FILES = "/dav/files/alice"
PATHS = (
    *("/", "/signin", "/signout", WAYF_PATH, DIALOG_PATH, "/act/share", "/act/invite", "/.well-known/ocm"),
    *("/ocm-provider/", JWKS_PATH, TOKEN_PATH, OCM_PATH + "/shares", OCM_PATH + "/notifications"),
    *(OCM_PATH + "/invite-accepted", DAV_PATH, DAV_PATH + "/x/y", "/api/me", "/api/invites", "/api/contacts"),
    *("/api/invites/accept", "/api/shares/sent", "/api/shares/received", "/api/requests/share", "/directory"),
    *(FILES + "/", FILES + "/notes.txt", FILES + "/papers", FILES + "/papers/review.md", FILES + "/new"),
    *(FILES + "/huge", "/openapi.json"),
)
METHODS = (
    *("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "PROPFIND", "PROPPATCH", "MKCOL", "COPY"),
    *("MOVE", "LOCK", "UNLOCK", "TRACE", "REPORT", "get", "CONNECT"),
)
STEPS = (
    *(
        "/..",
        "/../../../../etc/passwd",
        "/%2e%2e/%2e%2e/outside",
        "/%2e%2e%2f..%2foutside",
        "/..%5c..%5coutside",
    ),
    *(
        "/.%2e/outside",
        "//outside",
        "/%00",
        "/\xff",
        "/caf\u00e9",
        "/cafe\u0301",
        "/%c0%ae%c0%ae/x",
        "/.meshsim",
    ),
    *(
        "/a" * 60,
        "/" + "n" * 300,
        "/con",
        "/x%0d%0aset-cookie:%20a=b",
        "?" + "a=b&" * 200,
        "?token=%ff",
        "#x",
    ),
    *("/%ED%A0%80", "/\u202etxt", "/NOTES.TXT", "/notes.txt.", "/notes.txt/", ";v=1", "/%zz", "/%"),
)
FIELDS = {
    "depth": ("0", "1", "infinity", "2", "-1", "", "0, 1"),
    "if": (
        "(<opaquelocktoken:x>)",
        "(",
        "(Not <DAV:no-lock>)",
        "<http://x/> ([*])",
        "(" * 500,
        '(["' + "a" * 50,
    ),
    "range": (
        "bytes=0-1",
        "bytes=-5",
        "bytes=9-1",
        "bytes=0-0,2-3",
        "bytes=99999999999999999999-",
        "bytes=x",
        "b",
    ),
    "destination": (
        *(
            "http://evil.example/x",
            FILES + "/copy",
            "/etc/passwd",
            FILES + "/../../x",
            "",
            "\xe9",
            "http://[::",
        ),
        *("http://{host}" + FILES + "/copy2", "http://{host}" + FILES + "/%2e%2e/%2e%2e/outside"),
    ),
    "overwrite": ("T", "F", "x"),
    "timeout": ("Second-600", "Infinite", "Second-99999999999999999999", "x"),
    "lock-token": ("<opaquelocktoken:x>", "x", ""),
    "if-match": ('"x"', "*", "W/", '"'),
    "if-modified-since": ("Thu, 01 Jan 1970 00:00:00 GMT", "yesterday", "Thu, 99 Foo 99999 00:00:00 GMT"),
    "content-type": (
        *("application/json", "application/json; charset=utf-16", "text/xml", "multipart/form-data", "x", ""),
        "application/x-www-form-urlencoded",
    ),
    "content-encoding": ("gzip", "br", "x"),
    "content-range": ("bytes 0-1/2", "x"),
    "cookie": ("meshsim-session=x", "a" * 4000, "=;;=", "\xff=\xfe"),
    "authorization": ("Bearer x", "Basic x", "Basic ====", "Bearer", "Digest x", "Basic " + "A" * 4000),
    "signature-input": ('sig1=("@method");created=1;keyid="x"', "sig1=(", "()" * 1000),
    "signature": ("sig1=:AAAA:", "sig1=::", "x"),
    "signature-date": ("x",),
    "expect": ("100-continue", "miracles"),
    "transfer-encoding": ("chunked", "gzip, chunked", "chunked, chunked", "xchunked", "identity", " chunked"),
    "content-length": ("0", "5", "99999999999999999999", "-1", "+5", "5, 5", "0x5", "5 "),
    "connection": ("close", "upgrade", "keep-alive, x"),
    "upgrade": ("websocket", "h2c"),
    "x-http-method-override": ("DELETE",),
    "x-forwarded-host": ("evil.example",),
    "host": ("evil.example", "{host}:80", "", "a b", "[::1", "\xff", "{host}, {host}"),
}
BOMB = (
    '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + ']><D:propfind xmlns:D="DAV:"><D:prop>&i;</D:prop></D:propfind>'
)
EXTERNAL = (
    '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    '<D:propfind xmlns:D="DAV:"><D:prop><x>&x;</x></D:prop></D:propfind>'
)
SHARE = (
    '{"shareWith":"alice@%s","name":"x","providerId":"1","owner":"o@evil.example","sender":"s@evil.example",'
    '"shareType":"user","resourceType":"file","protocol":{"name":"multi","webdav":{"uri":"https://evil.example/",'
    '"sharedSecret":"x","permissions":["read"]}}}'
)
BODIES = (
    *(
        b"",
        b"{}",
        b"[]",
        b"null",
        b'{"a":' * 5000,
        b'{"a":1,"a":2}',
        b"\xff\xfe",
        b'"\\ud800"',
        b"1e999",
        b"{" * 99,
    ),
    *(
        b"user=alice&password=x&csrf=%ff",
        b"a=b&" * 500,
        b"<x",
        b"<a>" * 5000,
        BOMB.encode(),
        EXTERNAL.encode(),
    ),
    *(
        b"x" * 5,
        b"y" * 70_000,
        b"5\r\nhello\r\n0\r\n\r\n",
        b"ffffffffffffffff\r\nx",
        b"-1\r\nx\r\n",
        b"0\r\n\r\n",
    ),
    b'<?xml version="1.0"?><D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope>'
    b"<D:locktype><D:write/></D:locktype></D:lockinfo>",
    b'<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><x xmlns="u:">1</x></D:prop></D:set></D:propertyupdate>',
    b'{"path":"../../etc","shareWith":"x@evil.example","permissions":["read"]}',
    b"grant_type=authorization_code&code=x&client_id=evil.example",
)
TOO_MUCH = b'{"name":"' + b"z" * 1_100_000 + b'"}'
"""More than any endpoint but a file takes."""
RAW = (
    *(
        b"",
        b"\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET / HTTP/0.9\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00",
    ),
    *(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", b"\x00" * 4096),
    *(b"GET / HTTP/1.1\r\n Host: folded\r\n\r\n", b"GET / HTTP/1.1\nHost: x\n\n", b"A" * 70_000),
    *(b"OPTIONS * HTTP/1.1\r\nHost: {host}\r\n\r\n", b"GET  /  HTTP/1.1\r\nHost: {host}\r\n\r\n"),
    b"GET / HTTP/1.1\r\nHost: {host}\r\nX: a\r\n folded\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost : {host}\r\n\r\n",
    b"GET http://{host}@evil.example/ HTTP/1.1\r\nHost: {host}\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: {host}\r\n" + b"X: y\r\n" * 3000 + b"\r\n",
    b"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n" * 40,
    b"POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x",
)


def made(chance, host, password):
    """One request, more or less malformed."""
    kind = chance.random()
    if kind < 0.1:
        octets = chance.choice(RAW).replace(b"{host}", host.encode())
    else:
        path = chance.choice(PATHS)
        while chance.random() < 0.3:
            path += chance.choice(STEPS)
        fields = [("host", host)]
        if chance.random() < 0.7:
            word = base64.b64encode(f"alice:{password}".encode()).decode()
            fields.append(("authorization", f"Basic {word}"))
        while chance.random() < 0.6:
            name = chance.choice(list(FIELDS))
            value = chance.choice(FIELDS[name]).replace("{host}", host)
            if chance.random() < 0.8:
                fields = [field for field in fields if field[0] != name]
            fields.append((name, value))
        body = chance.choice(BODIES) if chance.random() < 0.6 else b""
        if chance.random() < 0.1:
            body = (SHARE % host).encode()
        elif chance.random() < 0.002:
            body = TOO_MUCH
        if body and not any(name in ("content-length", "transfer-encoding") for name, _ in fields):
            fields.append(("content-length", str(len(body))))
        head = f"{chance.choice(METHODS)} {path} HTTP/1.1\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in fields)
        octets = head.encode("utf-8" if chance.random() < 0.5 else "latin-1", "replace") + b"\r\n" + body
    while chance.random() < 0.15 and octets:
        place = chance.randrange(len(octets))
        new = bytes(chance.randrange(256) for _ in range(chance.randrange(3)))
        octets = octets[:place] + new + octets[place + chance.randrange(3) :]
    return octets[: chance.randrange(len(octets))] if octets and chance.random() < 0.03 else octets


def described(target, request, signed_in):
    """The octets of a request that the description of the site has, from alice or nobody."""
    method, path, media_type, body = request
    fields = {"host": target.host, "content-length": str(len(body))}
    if media_type:
        fields["content-type"] = media_type
    if signed_in:
        word = base64.b64encode(f"alice:{target.password}".encode()).decode()
        fields["authorization"] = f"Basic {word}"
    if method in ("COPY", "MOVE"):
        fields["destination"] = (
            f"http://{target.host}{FILES}/copy" if len(path) % 2 else "http://evil.example/x"
        )
    head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return head.encode("utf-8") + b"\r\n" + body


async def answered(octets, port):
    """What comes back until the server closes or says no more."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    got = b""
    try:
        writer.write(octets)
        await writer.drain()
        got = await reader.read(1 << 16)
        # A pipeline has more answers; they come at once, or their requests were cut off.
        while more := await asyncio.wait_for(reader.read(1 << 16), 0.005):
            got += more
    except (TimeoutError, ConnectionError):
        pass
    finally:
        writer.transport.abort()
    return got


def said(answer):
    """The statuses in it."""
    lines = [line for line in answer.split(b"\r\n") if line.startswith((b"HTTP/1.1 ", b"HTTP/1.0 "))]
    return [int(line.split(b" ", 2)[1]) for line in lines if line[9:12].isdigit()]


def everything(folder):
    """Every path below a folder, with what is in the files."""
    return {str(p.relative_to(folder)): p.read_bytes() if p.is_file() else None for p in folder.rglob("*")}


class Target:
    """A site that is sent anything, and what it answered, by status."""

    def __init__(self, mesh):
        self.mesh, self.host = mesh, mesh.hosts[0]
        self.port = mesh.sockets.doors[self.host][1]
        self.password = mesh.people(self.host).password("alice")
        self.sent, self.statuses = 0, {}

    async def send(self, octets):
        self.sent += 1
        answer = await answered(octets, self.port)
        for status in said(answer):
            self.statuses[status] = self.statuses.get(status, 0) + 1
            assert status < 500, (octets[:2000], answer[:2000])
        assert [] == self.mesh.sockets.failures, octets[:2000]


@pytest.fixture
def target(tmp_path, monkeypatch, caplog, capfd):
    """A mesh with data on disk: afterwards it still works, nobody complained, and nothing else was touched."""
    around = tmp_path / "around"
    (around / "outside").mkdir(parents=True)
    (around / "outside" / "secret.txt").write_text("nobody's business")
    monkeypatch.chdir(around)
    before = everything(around)
    caplog.set_level(logging.WARNING)
    limits = Limits(idle=1.0, pause=0.3, head=1.0)
    with ServedMesh(2, limits=limits, data=around / "mesh") as mesh:
        made = Target(mesh)
        storage = mesh.storage(made.host)
        for number in range(1050):
            storage.make_folder(f"/alice/huge{f'/{number}' if number else ''}")
        yield made
        for one in mesh.hosts:
            other = mesh.hosts[1] if one == made.host else made.host
            mesh.run(mesh.site(one).peers.discover(other, fresh=True))
    after = everything(around)
    complaints = capfd.readouterr().err
    with capfd.disabled():
        print(f"{made.sent} requests, answers by status: {dict(sorted(made.statuses.items()))}")

    assert "" == complaints
    assert [] == [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR]
    assert before == {path: data for path, data in after.items() if not path.startswith("mesh")}


def test_no_octets_harm_a_served_mesh(target):
    """No 5xx, nothing in the log, no file outside the sites' folders touched, and all sites still answer."""
    chance, left = Random(SEED), iter(range(COUNT - COUNT // 3))

    async def lane():
        for _ in left:
            await target.send(made(chance, target.host, target.password))

    async def all_lanes():
        await asyncio.gather(*(lane() for _ in range(LANES)))

    target.mesh.run(all_lanes())

    assert {200, 400, 401, 404, 405, 415, 421} <= target.statuses.keys()


def test_nothing_that_the_description_allows_harms_a_served_mesh(target):
    """Neither what `/openapi.json` says a site takes, nor what is more or less that; by Hypothesis."""
    whole = requests(describe(target.mesh.site(target.host)), target.host)
    mostly = st.integers(0, 9).map(lambda number: number < 9)

    @seed(SEED)
    @settings(
        max_examples=-(-(COUNT // 3) // BATCH),
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(
        st.lists(whole, min_size=BATCH, max_size=BATCH),
        st.lists(mostly, min_size=BATCH, max_size=BATCH),
    )
    def all_together(made, signed_in):
        octets = [described(target, *parts) for parts in zip(made, signed_in, strict=True)]
        target.mesh.run(at_once(octets))

    async def at_once(octets):
        await asyncio.gather(*map(target.send, octets))

    all_together()

    assert {200, 400, 401, 404} <= target.statuses.keys()


def hello(name):
    """What a client says first."""
    into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(into, out, server_hostname=name)
    with contextlib.suppress(ssl.SSLWantReadError):
        client.do_handshake()
    return out.read()


def test_no_octets_harm_a_mesh_behind_tls(caplog):
    """Handshakes that are none, that break off or are altered: nothing in the log, and the site still answers."""
    caplog.set_level(logging.WARNING)
    chance = Random(SEED)
    limits = Limits(idle=1.0, pause=0.3, head=1.0)
    with ServedMesh(2, limits=limits, doors=Doors(tls=True)) as mesh:
        host = mesh.hosts[0]
        port = mesh.sockets.doors[host][1]
        left = iter(range(max(COUNT // 10, 200)))
        starts = (hello(hostname(host)), hello("evil.example"), b"\x16\x03\x01", *RAW)

        def made():
            octets = chance.choice(starts)
            for _ in range(chance.randrange(4)):
                place = chance.randrange(len(octets) + 1)
                octets = (
                    octets[:place]
                    + chance.randbytes(chance.randrange(8))
                    + octets[place + chance.randrange(3) :]
                )
            return octets[: chance.randrange(len(octets) + 1)] if chance.random() < 0.3 else octets

        async def lane():
            for _ in left:
                answer = await answered(made(), port)
                assert not answer.startswith(b"HTTP/"), answer[:500]
            assert [] == mesh.sockets.failures

        async def all_lanes():
            await asyncio.gather(*(lane() for _ in range(LANES)))

        mesh.run(all_lanes())
        assert mesh.run(mesh.site(mesh.hosts[1]).peers.discover(host, fresh=True)).host == host

    assert [] == [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR]
