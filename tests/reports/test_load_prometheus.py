"""A load run for Prometheus is read by the parser of its own client library, or at least by its grammar."""

import re

from meshsim import bundle
from tests.reports.load_result import RESULT

LINE = re.compile(r'(meshsim_load_[a-z_]+)\{([a-z]+="(?:[^"\\]|\\.)*",?)+\} -?[0-9.e+-]+')


def test_every_line_is_of_the_text_format_and_every_metric_is_told():
    """Help and type first; labels escaped."""
    lines = bundle.load("reports", "load_prometheus").render(RESULT).splitlines()
    told = {line.split()[2] for line in lines if line.startswith("# HELP")}
    typed = {line.split()[2] for line in lines if line.startswith("# TYPE")}
    matches = [LINE.fullmatch(line) for line in lines if not line.startswith("#")]

    assert None not in matches
    assert {match[1] for match in matches} <= told == typed
    assert 'meshsim_load_latency_seconds{story="share",quantile="0.99"} 0.003' in lines
    assert 'meshsim_load_errors{story="share",reason="share read: \\"503\\""} 1' in lines
    assert 'meshsim_load_ledger_wrong{story="share",wrong="lost"} 1' in lines
