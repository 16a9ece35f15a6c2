from meshsim.topology import default_topology


def test_alike_sites_have_names_of_their_own():
    """However many there are, no two are called the same."""
    hosts = [plan.host for plan in default_topology(30).sites]

    assert 30 == len(set(hosts))
    assert ["alpha.example.org", "beta.example.org"] == hosts[:2]
