"""The six-request flow in a simulated mesh, with everything that a site does otherwise."""

from collections.abc import Callable

from loadtests.peers import AT_ONCE
from meshsim.mesh import Mesh, Plan, Topology
from meshsim.site.site import Site
from meshsim.wire import read

ALPHA, BETA = "alpha.example.org", "beta.example.org"


def prepare(signed: bool) -> Callable[[int], None]:
    """See `loadtests.peers`."""
    plans = tuple(
        Plan(host, dialect_options={"signed": signed}, settings={"unsigned_tokens": True})
        for host in (ALPHA, BETA)
    )
    mesh = Mesh(Topology(plans, latency=0.0))
    alpha, beta = mesh.site(ALPHA), mesh.site(BETA)

    async def flows(first: int) -> None:
        numbers = range(first, first + AT_ONCE)
        for task in [mesh.kernel.spawn(six_requests(alpha, beta, number)) for number in numbers]:
            await task

    def run(first: int) -> None:
        mesh.run(flows(first))

    run.mesh = mesh  # type: ignore[attr-defined]  # for whoever wants to count what was sent
    return run


async def six_requests(alpha: Site, beta: Site, number: int) -> None:
    """One flow, of a number never used before."""
    name = f"data-{number}.bin"
    alpha.ports.storage.write(f"/alice/{name}", b"x" * 1024)
    invitation = alpha.inviting.invite("alice")
    joined = await beta.inviting.accept("bob", alpha.inviting.text(invitation))
    if joined.inviter is None:
        raise ValueError(joined.reason)
    share = await alpha.sending.share("alice", name, beta.address("bob"), require_exchange=True)
    key = f"{alpha.host} {share.provider_id}"
    await beta.receiving.accept("bob", key)
    found = await beta.opening.request("bob", key, "PROPFIND", headers={"depth": "0"})
    if found.status != 207:
        raise ValueError("PROPFIND")
    got = await beta.opening.request("bob", key, "GET")
    if len(await read(got.body)) != 1024:
        raise ValueError("GET")
