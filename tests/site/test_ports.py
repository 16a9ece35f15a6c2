"""The ports of a simulated site are what the protocols say."""

from meshsim.site import ports


def test_a_site_has_all_its_ways_out(mesh):
    """Each port of a running site has the methods its protocol names."""
    found = mesh.site(mesh.hosts[0]).ports
    wanted = {
        "network": ports.Network,
        "clock": ports.Clock,
        "entropy": ports.Entropy,
        "store": ports.Store,
        "storage": ports.Storage,
        "users": ports.Users,
    }
    for name, protocol in wanted.items():
        methods = [method for method in vars(protocol) if not method.startswith("_")]

        assert methods
        assert all(callable(getattr(getattr(found, name), method)) for method in methods), name
