import socket

import pytest

from meshsim.doors import Doors, Opened
from meshsim.network.hosts import Hosts
from meshsim.network.sockets import BLOCK

HOSTS = ("alpha.example.org", "beta.example.org:8443")


class Doorless:
    """Remembers which doors it was told to open."""

    resolver = None

    def __init__(self):
        self.hosts = Hosts(self, BLOCK)
        self.doors, self.names = {}, {}

    def open_door(self, authority, address, port, *aliases):
        self.doors[authority] = (address, port)
        self.names[authority] = aliases


@pytest.fixture
def opened():
    """Opens doors, and closes them in the end."""
    made = []

    def build(**options):
        sockets = Doorless()
        made.append(Opened(Doors(**options), HOSTS, sockets))
        return made[-1], sockets

    yield build
    for one in made:
        one.close()


def test_sites_are_called_by_their_ports_on_one_address(opened):
    """Which every client can open."""
    found, sockets = opened()
    ports = [door.getsockname()[1] for door in found.listening]

    assert [f"localhost:{port}" for port in ports[1:]] == list(found.called.values())
    assert [("127.0.0.1", port) for port in ports[1:]] == list(sockets.doors.values())
    assert found.name_server is None


def test_sites_have_addresses_of_their_own(opened):
    """And are called by their names, which the name server knows, with the port they have there."""
    found, sockets = opened(per_site=True)
    _, (one, first), (other, second) = (door.getsockname() for door in found.listening)

    assert ("127.77.0.1", "127.77.0.2") == (one, other)
    assert [f"alpha.example.org:{first}", f"beta.example.org:{second}"] == list(found.called.values())
    assert "127.77.0.1" == sockets.hosts.address_of("alpha.example.org")
    assert f"127.77.0.2:{second}" in sockets.names[f"beta.example.org:{second}"]
    assert found.name_server is not None


def test_with_names_of_the_story_nothing_is_said_of_ports(opened):
    """Whoever looks up the names in the mesh is told the ports, too."""
    found, sockets = opened(per_site=True, virtual=True)

    assert HOSTS == tuple(found.called.values())
    assert ["127.77.0.1", "127.77.0.2"] == [address for address, _ in sockets.doors.values()]


def test_nothing_stays_open_where_one_door_is_taken(opened):
    """The message names it, and the others are free again."""
    # Below the ports that the system gives to whoever asks for any.
    with socket.create_server(("127.77.0.2", 29431)):
        for _ in range(2):
            with pytest.raises(OSError, match=r"127\.77\.0\.2 port 29431: it is taken"):
                opened(per_site=True, port=29431)


def test_the_port_of_the_name_server_may_be_taken_too(opened):
    """It is the one after the first."""
    with (
        socket.create_server(("127.0.0.1", 29442)),
        pytest.raises(OSError, match=r"127\.0\.0\.1 port 29442: it is taken"),
    ):
        opened(per_site=True, port=29441)


@pytest.mark.parametrize(("address", "beyond"), [("127.0.0.1", False), ("::1", False), ("0.0.0.0", True)])
def test_others_can_come_beyond_loopback(address, beyond):
    """All addresses are more than this machine's own."""
    assert beyond is Doors(address=address).beyond
