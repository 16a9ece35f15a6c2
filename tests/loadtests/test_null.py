"""A target that does nothing shows what the generator can do at most."""

from loadtests import null
from loadtests.reach import Reach
from meshsim.network.blocking import BlockingPort


def test_the_generator_is_measured_against_it():
    """Some requests a second, whatever the machine."""
    reach = Reach()
    dial = reach.dial()

    def connect(scheme, authority, timeout):
        reach.aim(scheme, authority)
        return dial(scheme, authority, timeout)

    assert null.measured(0.2, lambda: BlockingPort(connect)) > 10
