import http.client
import threading
from ipaddress import ip_address

import pytest

from conformance.reach import Peers, Public, Reach
from conformance.targets import Misuse
from meshsim.wire import Response


def asked(reach, authority, port=None):
    """What somebody is answered at one of our servers, while ours wait for something."""
    own = authority.rpartition(":")[2]
    told = []

    def ask():
        client = http.client.HTTPConnection("127.0.0.1", port or int(own), timeout=10)
        client.request("POST", "/x", body=b"octets", headers={"Host": authority})
        answer = client.getresponse()
        told.append((answer.status, answer.read()))
        client.close()

    thread = threading.Thread(target=ask)
    thread.start()
    while thread.is_alive():
        reach.wait(0.01)
    return told[0]


def test_each_server_has_a_port_of_its_own():
    """And is asked by the name that the site knows."""
    reach = Reach("site.example", peer="localhost")
    one, close = reach.listen(lambda request: Response(200, {}, request.body + b" at one"))
    two, _ = reach.listen(lambda request: Response(200, {}, request.url.encode()))

    assert one != two
    assert (200, b"octets at one") == asked(reach, one)
    assert (200, f"http://{two}/x".encode()) == asked(reach, two)
    close()
    with pytest.raises(KeyError):
        reach.sockets.names[one]
    reach.close()


def test_a_wild_name_needs_one_port():
    """Each server has a label of its own."""
    free = Peers("localhost", tls=False).open()
    port = free[1].getsockname()[1]
    free[1].close()
    reach = Reach("site.example", peer=f"*.localhost:{port}")
    one, _ = reach.listen(lambda request: Response(200, {}, b"one"))
    two, _ = reach.listen(lambda request: Response(200, {}, b"two"))

    assert one != two
    assert one.endswith(f".localhost:{port}")
    assert (200, b"one") == asked(reach, one, port)
    assert (200, b"two") == asked(reach, two, port)
    reach.close()


def test_a_port_that_is_taken_is_passed_over():
    """The next one is used."""
    first, door = Peers("localhost", tls=False).open()
    door.listen()
    port = int(first.rpartition(":")[2])
    peers = Peers(f"localhost:{port}", tls=False)
    second, other = peers.open()
    door.close()
    other.close()

    assert int(second.rpartition(":")[2]) > port


@pytest.mark.parametrize("text", ["", "*.", "host:", "host:x", "host:70000", "http://host"])
def test_what_is_no_host_is_wrong_use(text):
    """HOST, HOST:PORT or *.HOST:PORT."""
    with pytest.raises(Misuse):
        Peers(text, tls=False).open()


def test_a_public_site_leads_nobody_into_a_private_network():
    """Nor to this machine."""
    assert ip_address("93.184.216.34") in Public()
    for address in ("127.0.0.1", "10.0.0.1", "169.254.169.254", "::1"):
        assert ip_address(address) not in Public()
