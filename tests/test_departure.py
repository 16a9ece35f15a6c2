from msgspec.structs import replace

from meshsim.departure import Departure
from meshsim.mesh import Mesh
from meshsim.site.receiving import Receiving
from meshsim.wire import Response


def test_a_face_answers_in_the_place_of_the_site():
    """Of that site alone."""

    async def teapot(request):
        return Response(418)

    mesh = Mesh(2, departures={"alpha.example.org": Departure(face=lambda handler: teapot)})
    with mesh.client() as client:
        answers = [client.get(f"https://{host}/.well-known/ocm").status_code for host in mesh.hosts]

    assert [418, 200] == answers


def test_ports_and_profile_are_what_the_departure_makes_of_them():
    """A clock put around the site's own, and another provider's name."""

    class Late:
        def now(self):
            return 7.0

    departure = Departure(
        profile=lambda profile: replace(profile, provider="odd"),
        ports=lambda ports: replace(ports, clock=Late()),
    )
    mesh = Mesh(2, departures={"alpha.example.org": departure})

    assert (7.0, "odd") == (
        mesh.site("alpha.example.org").now(),
        mesh.site("alpha.example.org").profile.provider,
    )
    assert "meshsim" == mesh.site("beta.example.org").profile.provider


def test_a_service_stands_in_for_another():
    """By its name in the profile."""

    class Other(Receiving):
        pass

    departure = Departure(profile=lambda profile: replace(profile, services={"receiving": Other}))
    mesh = Mesh(2, departures={"alpha.example.org": departure})

    assert isinstance(mesh.site("alpha.example.org").receiving, Other)
    assert not isinstance(mesh.site("beta.example.org").receiving, Other)
