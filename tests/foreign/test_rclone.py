"""rclone, on a user's own files and through shares that were received."""

import asyncio
import hashlib

import httpx
import pytest

from meshsim.served import ServedMesh
from tests.foreign.programs import need, run

FILES = {
    "plan.txt": b"first",
    "empty.txt": b"",
    "deep/er/numbers.csv": b"1,2\n" * 5000,
    "name with ü & %23 + signs.txt": b"odd",
    "big.bin": bytes(range(256)) * 8192,
}


@pytest.fixture
def rclone(tmp_path):
    """Runs rclone with no settings but what it is told."""
    (program,) = need("rclone")

    def go(*words):
        return run(program, "--config", tmp_path / "none.conf", "--retries", "1", *words)

    return go


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "here"
    for name, content in FILES.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(content)
    return place


def tree(place):
    """What is in a folder, by relative path."""
    return {str(p.relative_to(place)): p.read_bytes() for p in place.rglob("*") if p.is_file()}


def both_ways(rclone, remote, folder, back):
    """Copy there and back, compare, and delete one file on the way."""
    rclone("copy", folder, remote)
    rclone("check", "--download", folder, remote)
    rclone("copy", remote, back)
    assert FILES == tree(back)
    (folder / "plan.txt").unlink()
    rclone("sync", folder, remote)
    rclone("check", folder, remote)


def test_ones_own_files_both_ways_with_a_bearer_token(served, rclone, folder, tmp_path):
    """An app password is the token."""
    user = served.user(0)
    remote = f":webdav,url='{user.files}',bearer_token='{user.app_password()}':rclone-own"

    both_ways(rclone, remote, folder, tmp_path / "back")


def test_a_received_share_both_ways_with_a_bearer_token(served, rclone, folder, tmp_path):
    """At the receiver's own site, which asks the sender; what is written there is the owner's."""
    owner, user = served.user(0), served.user(1)
    owner.http.request("MKCOL", f"{owner.files}/through")
    owner.give("through", user)
    remote = f":webdav,url='{user.shares}',bearer_token='{user.app_password()}':through"

    both_ways(rclone, remote, folder, tmp_path / "back")
    left = owner.http.get(f"{owner.files}/through/big.bin").content
    assert hashlib.sha256(FILES["big.bin"]).digest() == hashlib.sha256(left).digest()
    assert 404 == owner.http.get(f"{owner.files}/through/plan.txt").status_code


def test_the_sending_site_itself_with_an_exchanged_token(rclone, folder, tmp_path):
    """Whoever holds the token of a share needs no account."""
    with ServedMesh(2) as mesh:
        alice, bob = (mesh.person(f"{n}@{h}") for n, h in zip(("alice", "bob"), mesh.hosts, strict=True))

        async def story():
            alice.make_folder("direct")
            share = await alice.share("direct", bob.address, ("read", "write"), require_exchange=True)
            received = await bob.accept(bob.received()[0])
            await bob.names(received)
            token = bob.site.opening.tokens[received.key].text
            url = alice.site.dav_url(share.provider_id)
            remote = f":webdav,url='{url}',bearer_token='{token}':"
            await asyncio.to_thread(both_ways, rclone, remote, folder, tmp_path / "back")
            return await alice.get("direct/big.bin")

        assert FILES["big.bin"] == mesh.run(story())


def test_a_share_that_may_only_be_read_takes_nothing(served, folder, tmp_path):
    """rclone is told so, and the owner has what they had."""
    (program,) = need("rclone")
    owner, user = served.user(0), served.user(1, 1)
    owner.http.request("MKCOL", f"{owner.files}/closed")
    owner.put("closed/a.txt", b"mine")
    owner.give("closed", user, ("read",))
    remote = f":webdav,url='{user.shares}',bearer_token='{user.app_password()}':closed"
    with pytest.raises(AssertionError, match="403"):
        run(program, "--retries", "1", "copy", folder, remote)
    run(program, "copy", remote, tmp_path / "back")

    assert {"a.txt": b"mine"} == tree(tmp_path / "back")


def test_who_has_no_token_gets_nothing(served, rclone):
    """Neither without one nor with a wrong one."""
    user = served.user(0)
    for token in ("", "wrong"):
        headers = {"authorization": f"Bearer {token}"} if token else {}
        for url in (user.files, user.shares):
            answer = httpx.request("PROPFIND", f"{url}/", headers={**headers, "depth": "0"})
            assert 401 == answer.status_code
