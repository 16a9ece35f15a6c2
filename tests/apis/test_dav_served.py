"""WebDAV over real sockets, with many at once: nobody sees half of a file, or is told it was our fault."""

import asyncio
import hashlib

import aiohttp
import pytest

from meshsim.served import ServedMesh

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
