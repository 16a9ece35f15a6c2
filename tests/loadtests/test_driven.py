"""Somebody at a target of another kind, made to act by a driver of the conformance suite, or by nobody."""

import pytest

from conformance import Unsupported, drivers
from loadtests import meshes, opening
from loadtests.actors import Local, content
from loadtests.driven import Driven, Named, Place
from loadtests.opening import Options
from loadtests.reach import Reach
from loadtests.target import BadTarget, Target, described
from meshsim.network.blocking import BlockingPort, complete
from meshsim.ocm.address import OcmAddress
from meshsim.ocm.errors import OcmError, PeerError


@pytest.fixture(scope="module")
def mesh():
    with meshes.started("share", 1, 0) as made:
        yield made


@pytest.fixture
def scene(mesh):
    """A peer of ours, and somebody at a served site whom the driver `simulated` makes act."""
    url, reach = mesh["sites"][0]["url"], Reach()
    reach.aim("http", url.partition("://")[2])
    network = BlockingPort(reach.dial())
    passwords = {user["name"]: user["password"] for user in mesh["sites"][0]["users"][:1]}
    place = Place(url, mesh["sites"][0]["host"], passwords, network)
    driver = drivers.load("simulated", place)
    one = Driven(driver, OcmAddress("u1", place.host), url)
    farm = opening.planted(Options(story="share", urls=(url,), peers=1), reach)
    yield farm, one
    farm.close()
    network.close()


def test_somebody_who_is_driven_gives_and_takes_as_everybody(scene):
    """Both ways, by the verbs of a driver; what is taken back is gone."""
    farm, one = scene
    ours = Local(farm.person(f"u1@{farm.hosts[0]}"))
    complete(ours.accept_invite(complete(one.invite())))
    complete(one.put("/driven.txt", b"from the target"))
    assert b"from the target" == complete(one.get("/driven.txt"))
    given = complete(one.share("/driven.txt", ours.address, "user"))
    complete(ours.accept(one.address.host, given))
    assert b"from the target" == complete(content(ours, one.address.host, given))
    complete(one.unshare(given))
    complete(ours.put("/ours.txt", b"from a peer"))
    taken = complete(ours.share("/ours.txt", one.address, "user"))
    complete(one.accept(farm.hosts[0], taken))
    assert b"from a peer" == complete(content(one, farm.hosts[0], taken))

    assert (f"{farm.hosts[0]} {taken}", "accepted") in complete(one.received())
    assert str(ours.address) in complete(one.contacts())
    complete(ours.unshare(taken))
    with pytest.raises(OcmError):
        complete(content(one, farm.hosts[0], taken))


def test_what_the_site_refuses_and_what_the_driver_cannot_do_are_told_apart(scene):
    """The first is an error of the story, the second of whoever chose it."""
    farm, one = scene
    with pytest.raises(OcmError, match="404") as refused:
        complete(one.get("/none.txt"))
    assert 404 == refused.value.status
    with pytest.raises(OcmError, match="not in the inbox"):
        complete(one.accept(farm.hosts[0], "none"))
    with pytest.raises(Unsupported, match="read in shares"):
        complete(one.open(farm.hosts[0], "none", "PUT"))
    one.driver.place.host = "127.0.0.1:1"
    one.driver.base = "http://127.0.0.1:1"
    with pytest.raises(PeerError, match="did not answer"):
        complete(one.invite())


def test_what_others_call_somebody_is_learnt_from_an_invite(scene):
    """Here the name by which they sign in; the two are acquainted from then on."""
    farm, one = scene
    at = Target([], one.driver.place._network, [one])
    known = complete(opening.acquainted(farm, at))

    assert {(f"u1@{farm.hosts[0]}", f"u1@{one.address.host}"): True} == known
    assert at.by_address == {str(one.address): one}


def named(mesh, **rest):
    options = Options(story="share", urls=(mesh["sites"][0]["url"],), target_seed=99, **rest)
    return opening.aimed(options, opening.reach(options))


def test_a_story_that_people_cannot_be_in_is_refused_with_what_is_missing_and_what_can_be_told(mesh):
    """Of somebody who is only named, and of somebody who has files alone."""
    at = named(mesh, people=("u1",))
    at.network.close()
    assert [Named] == [type(one) for one in at.people]
    with pytest.raises(BadTarget, match=r"nobody at the target can be made to write files, share, .*: offer"):
        opening.fitting("share", at)
    with pytest.raises(BadTarget, match="invite: nobody at the target can be made to invite, accept invite"):
        opening.fitting("invite", at)
    assert {"offer": 1.0} == opening.fitting("offer", at)[0]
    at.must_invite.add("somewhere")
    with pytest.raises(BadTarget, match="from contacts alone"):
        opening.fitting("offer", at)


def test_files_of_any_site_are_loaded_by_webdav_and_the_rest_is_left_out(mesh, tmp_path):
    """A path and a login are enough for it; `mixed` is what remains."""
    login = tmp_path / "login"
    user = mesh["sites"][0]["users"][0]
    login.write_text(f"{user['name']}:{user['password']}\n")
    at = named(mesh, dav="/dav/files/{user}", login=str(login))
    chosen, left = opening.fitting("mixed", at)

    assert ["webdav"] == list(chosen)
    assert any(line.startswith("webdav: nobody at the target can share") for line in left)
    assert any(line.startswith("invite: nobody at the target") for line in left)
    complete(at.people[0].put("by-dav.txt", b"x"))
    assert b"x" == complete(at.people[0].get("by-dav.txt"))
    at.network.close()


@pytest.mark.parametrize(
    ("rest", "why"),
    [
        ({"driver": "none", "people": ("u1",)}, "no driver 'none'; there are: "),
        ({"driver": "manual", "people": ("u1",)}, "too slow for load"),
        ({"driver": "opencloudmesh_go", "people": ("u1",)}, "needs the bootstrap user's name and password"),
        ({"dav": "/dav/{user}"}, "--dav needs names and passwords"),
        ({"login": "none"}, "--login none: "),
        ({}, "nobody can sign in at .* --user NAME is enough for the story offer"),
    ],
)
def test_who_acts_has_to_be_known(mesh, rest, why):
    """Each message says what to give."""
    with pytest.raises(BadTarget, match=why):
        named(mesh, **rest)


def test_accounts_and_logins_say_the_same_of_a_mesh(mesh, tmp_path):
    """The user API, with passwords out of a file of lines."""
    login = tmp_path / "login"
    users = mesh["sites"][0]["users"][:3]
    login.write_text("".join(f"{user['name']}:{user['password']}\n" for user in users))
    at = named(mesh, login=str(login))
    at.network.close()

    assert [user["address"] for user in users] == list(at.by_address)
    assert at.can("share", "home", "unshare")
    assert described(b'{"sites": [{"url": "http://x"}]}').sites
