"""What nothing_lost looks for."""

from msgspec.structs import replace

from meshsim import plugins
from meshsim.site.records import RECEIVED_SHARES
from meshsim.stores import Drop
from meshsim.wire import Response

ALPHA, BETA = "alpha.example.org", "beta.example.org"


def judge(mesh):
    return plugins.load("invariants", "nothing_lost")()(mesh.facts())


def test_a_share_that_left_the_records_is_found(honest):
    """That it was written once is not enough."""
    row = next(honest.store(BETA).rows(RECEIVED_SHARES))
    honest.store(BETA).commit([Drop(RECEIVED_SHARES, row.key)])

    assert "was taken and is lost" in judge(honest).reason


def test_what_was_refused_is_not_written(honest):
    """Bytes of a refused PUT in place of acknowledged ones are a loss."""
    put = next(e for e in honest.transcript if e.request.method == "PUT")
    request = replace(put.request, body=b"refused")
    refused = honest.transcript.begin(put.source, put.target, request, honest.now)
    refused.response, refused.ended = Response(403), honest.now
    honest.transcript.finish(refused)
    kernel = honest.kernel
    now, kernel.now = kernel.now, kernel.start
    honest.storage(ALPHA).write("/alice/papers/new.txt", b"refused")
    kernel.now = now

    assert "is not what" in judge(honest).reason
