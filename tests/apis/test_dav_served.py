"""WebDAV over real sockets, with many at once: nobody sees half of a file, or is told it was our fault."""

import asyncio
import hashlib
import threading
from urllib.parse import urlsplit

import aiohttp
import pytest

from meshsim.served import ServedMesh
from meshsim.storage import _disk as disk

SIZE = 3_000_000


@pytest.fixture
def talk(tmp_path):
    """Runs a story, given `ask(method, name, **options)` of a client of a shared folder, and the storage."""
    with ServedMesh(2, data=tmp_path) as mesh:
        alpha, beta = (mesh.site(host) for host in mesh.hosts)
        alpha.ports.storage.make_folder("/alice/shared")

        async def run(story):
            share = await alpha.sending.share(
                "alice", "shared", beta.address("bob"), permissions=("read", "write")
            )
            headers = {"authorization": f"Bearer {share.secret}"}
            url = alpha.dav_url(share.provider_id)
            async with aiohttp.ClientSession(headers=headers) as session:

                def ask(method, name, **options):
                    return session.request(method, f"{url}/{name}", **options)

                ask.path = urlsplit(url).path
                await story(ask, alpha.ports.storage)
            assert [] == mesh.sockets.failures

        yield lambda story: mesh.run(asyncio.wait_for(run(story), 60))


async def slowly(data, pieces=20):
    for start in range(0, len(data), len(data) // pieces):
        yield data[start : start + len(data) // pieces]
        await asyncio.sleep(0)


async def status(request):
    async with request as answer:
        await answer.read()
        return answer.status


async def content(request):
    async with request as answer:
        assert 200 == answer.status
        return await answer.read()


def scraps(tmp_path):
    return [place for folder in tmp_path.rglob("scratch") for place in folder.iterdir()]


def test_of_many_puts_of_one_file_one_stays_whole(talk, tmp_path):
    """Readers meanwhile see one or another, and each as long as it was promised."""
    contents = [bytes([number]) * (SIZE + number) for number in range(6)]
    sums = {hashlib.sha256(data).digest() for data in contents}

    async def story(ask, storage):
        assert 201 == await status(ask("PUT", "a", data=slowly(contents[0])))
        writers = [status(ask("PUT", "a", data=slowly(data))) for data in contents]
        readers = [content(ask("GET", "a")) for _ in range(6)]
        told = await asyncio.gather(*writers, *readers)

        assert {204} == set(told[:6])
        assert sums >= {hashlib.sha256(data).digest() for data in told[6:]}
        assert hashlib.sha256(await content(ask("GET", "a"))).digest() in sums

    talk(story)

    assert [] == scraps(tmp_path)


def test_of_many_mkcols_of_one_path_one_makes_it(talk):
    """The others are told that it is there: 405, and never 500."""

    async def story(ask, storage):
        told = await asyncio.gather(*(status(ask("MKCOL", "new")) for _ in range(8)))

        assert [201, *[405] * 7] == sorted(told)

    talk(story)


def test_who_reads_a_file_that_is_deleted_gets_all_of_it(talk):
    """And whoever comes later gets none."""
    data = bytes(range(256)) * 40_000

    async def story(ask, storage):
        await status(ask("PUT", "a", data=slowly(data)))
        async with ask("GET", "a") as answer:
            first = await answer.content.read(1000)
            assert 204 == await status(ask("DELETE", "a"))
            rest = await answer.content.read()
        assert data == first + rest
        assert 404 == await status(ask("GET", "a"))

    talk(story)


def test_a_put_that_breaks_off_leaves_the_old_file(talk, tmp_path):
    """With its tag, and without a scrap of the new one."""

    async def broken():
        yield b"x" * SIZE
        await asyncio.Event().wait()

    async def story(ask, storage):
        await status(ask("PUT", "a", data=b"old"))
        before = storage.stat("/alice/shared/a")
        sender = asyncio.create_task(status(ask("PUT", "a", data=broken())))
        while not scraps(tmp_path):
            await asyncio.sleep(0.01)
        sender.cancel()  # which breaks the connection
        while scraps(tmp_path):
            await asyncio.sleep(0.01)
        assert b"old" == await content(ask("GET", "a"))
        assert before == storage.stat("/alice/shared/a")

    talk(story)

    assert [] == scraps(tmp_path)


def test_a_put_whose_folder_goes_away_meanwhile_is_refused(talk, tmp_path):
    """As any PUT without a folder: 409."""

    async def story(ask, storage):
        await status(ask("MKCOL", "in"))

        async def body():
            yield b"x" * 100_000
            assert 204 == await status(ask("DELETE", "in"))
            yield b"x"

        assert 409 == await status(ask("PUT", "in/a", data=body()))

    talk(story)

    assert [] == scraps(tmp_path)


def test_a_huge_tree_is_not_walked_through(talk):
    """Depth: infinity beyond the bound is refused with the precondition of RFC 4918, 9.1."""

    async def story(ask, storage):
        for number in range(1001):
            storage.make_folder(f"/alice/shared/{number}")
        async with ask("PROPFIND", "", headers={"depth": "infinity"}) as answer:
            assert 403 == answer.status
            assert b"propfind-finite-depth" in await answer.read()
        assert 207 == await status(ask("PROPFIND", "", headers={"depth": "1"}))

    talk(story)


class Gate:
    """Holds a function up in its thread until it is opened; the loop must not wait at it."""

    def __init__(self, monkeypatch, name, only):
        self._begun, self._go = threading.Event(), threading.Event()
        real = getattr(disk, name)

        def held(place, *others):
            if only in place:
                self._begun.set()
                assert self._go.wait(30), "others waited for it"
            return real(place, *others)

        monkeypatch.setattr(disk, name, held)

    async def reached(self):
        """Somebody waits there."""
        assert await asyncio.get_running_loop().run_in_executor(None, self._begun.wait, 30)

    def open(self):
        """Let them go on."""
        self._go.set()


def big(storage):
    """A folder of 2000 files, and one file beside it."""
    storage.make_folder("/alice/shared/big")
    for number in range(2000):
        storage.write(f"/alice/shared/big/{number}", b"x")
    storage.write("/alice/shared/beside", b"words")


async def others_are_served(ask):
    """Reading, writing and listing go on, of the same site and in the very folder."""
    assert b"words" == await content(ask("GET", "beside"))
    assert b"x" == await content(ask("GET", "big/7"))
    assert 201 == await status(ask("PUT", "meanwhile", data=b"1"))
    assert 204 == await status(ask("PUT", "big/8", data=b"2"))
    assert 207 == await status(ask("PROPFIND", "big/9", headers={"depth": "0"}))


def test_a_big_copy_holds_nobody_up(talk, monkeypatch, tmp_path):
    """It appears in one piece when it is whole."""
    gate = Gate(monkeypatch, "copy", "big")

    async def story(ask, storage):
        big(storage)
        to = {"destination": f"{ask.path}/copy"}
        copying = asyncio.ensure_future(status(ask("COPY", "big", headers=to)))
        await gate.reached()
        await others_are_served(ask)
        assert 404 == await status(ask("GET", "copy/7"))
        gate.open()
        assert 201 == await copying
        assert b"x" == await content(ask("GET", "copy/7"))

    talk(story)

    assert [] == scraps(tmp_path)


def test_what_others_did_during_a_big_copy_counts(talk, monkeypatch):
    """A destination that was locked meanwhile is not overwritten."""
    gate = Gate(monkeypatch, "copy", "big")
    lock = (
        b'<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope>'
        b"<D:locktype><D:write/></D:locktype></D:lockinfo>"
    )

    async def story(ask, storage):
        big(storage)
        to = {"destination": f"{ask.path}/copy"}
        copying = asyncio.ensure_future(status(ask("COPY", "big", headers=to)))
        await gate.reached()
        assert 201 == await status(ask("LOCK", "copy", data=lock))
        gate.open()
        assert 423 == await copying
        assert b"" == await content(ask("GET", "copy"))

    talk(story)


@pytest.mark.parametrize(
    ("method", "depth", "told"),
    [("PROPFIND", "1", 207), ("PROPFIND", "infinity", 403), ("MOVE", "infinity", 201)],
)
def test_a_big_folder_holds_nobody_up(talk, monkeypatch, method, depth, told):
    """Neither when it is listed, nor when it is looked through for names that would get too long."""
    gate = Gate(monkeypatch, "members", "big")

    async def story(ask, storage):
        big(storage)
        headers = {"destination": f"{ask.path}/a-longer-name", "depth": depth}
        listing = asyncio.ensure_future(status(ask(method, "big", headers=headers)))
        await gate.reached()
        await others_are_served(ask)
        gate.open()
        assert told == await listing

    talk(story)


def test_what_is_left_of_a_big_folder_is_removed_aside(talk, monkeypatch):
    """It is gone for everybody at once."""
    gate = Gate(monkeypatch, "remove", "scratch")

    async def story(ask, storage):
        big(storage)
        assert 204 == await status(ask("DELETE", "big"))
        await gate.reached()
        assert 404 == await status(ask("GET", "big/7"))
        assert b"words" == await content(ask("GET", "beside"))
        gate.open()

    talk(story)
