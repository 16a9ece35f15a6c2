"""Before a load run: whether a target lets itself be loaded, and whether it can reach our peers."""

import json
import re

import pytest

from loadtests import meshes, opening
from loadtests.credentials import kept
from loadtests.opening import Options
from loadtests.reach import Reach
from loadtests.target import BadTarget
from meshsim.network.blocking import complete


def options(**rest):
    return Options(**{"story": "share", "urls": ("http://127.0.0.1:1",), "peers": 2, **rest})


@pytest.mark.parametrize(
    ("rest", "why"),
    [
        ({"urls": ("https://127.0.0.1:1",)}, "a target on https calls our peers so, too: give --peer-ca"),
        ({"urls": ("https://127.0.0.1:1",), "peer_ca": "none.pem"}, "none.pem: No such file"),
        ({"peer_host": "*.peers.example"}, "each peer of a load run has a port of its own"),
        ({"peer_host": "localhost:0"}, "--peer-host 'localhost:0': write HOST"),
        ({"peers": 10**9}, "open files"),
    ],
)
def test_peers_that_cannot_be_had_are_refused_with_the_option_that_helps(rest, why):
    """Before anything listens."""
    with pytest.raises(BadTarget, match=re.escape(why)):
        opening.planted(options(**rest), Reach())


def test_peers_have_ports_of_one_public_name():
    """Each worker its own, from its share of the ports on."""
    farms = [opening.planted(options(peer_host="localhost"), Reach(), n, 2) for n in range(2)]
    try:
        hosts = [host for farm in farms for host in farm.hosts]
        assert 2 == len(set(hosts))
        assert {"localhost"} == {host.partition(":")[0] for host in hosts}
    finally:
        for farm in farms:
            farm.close()


def test_what_is_to_be_trusted_and_is_no_certificate_is_named():
    """By option and file."""
    with pytest.raises(BadTarget, match=r"--ca none\.pem: "):
        opening.reach(options(authority="none.pem"))


def disbelieved(asked, why):
    """A run is refused by what the target makes of a signed message, for this reason."""
    way = opening.reach(asked)
    target = opening.aimed(asked, way)
    farm = opening.planted(asked, way)
    try:
        with pytest.raises(BadTarget, match=why):
            complete(opening.believed(farm, target, asked))
    finally:
        farm.close()
        target.network.close()


def test_a_target_that_does_not_trust_our_peers_is_told_what_to_trust(tmp_path):
    """It is served on https and trusts another authority than ours."""
    trusted, ours = kept(tmp_path / "others.pem"), tmp_path / "ours.pem"
    kept(ours)
    with meshes.started("share", 1, 0, trusted) as mesh:
        asked = options(
            urls=(mesh["sites"][0]["url"],),
            accounts=json.dumps(mesh),
            authority=mesh["ca"],
            peer_ca=str(ours),
        )
        disbelieved(asked, r"broke off \(.+\); it has to trust .*ours\.crt")


def test_a_target_that_may_not_call_our_peers_is_told_where_they_are(tmp_path):
    """It has no way to loopback addresses, as a served mesh of which nobody said otherwise."""
    with meshes.started("share", 1, 0, networks=()) as mesh:
        asked = options(urls=(mesh["sites"][0]["url"],), accounts=json.dumps(mesh))
        disbelieved(asked, r"did not look who we are .* --peer-host")
