"""A result of a load run, made for tests of its forms."""

TIMES = {"p50": 1.0, "p90": 2.0, "p99": 3.0, "p999": 4.0, "p9999": 4.5, "max": 5.0}
SECOND = {"begun": 2, "done": 1, "failed": 1, "requests": 9, "used": 0.5, "latency_ms": TIMES, "marks": []}
RESULT = {
    "version": "0.1.0",
    "story": "share",
    "target": ["http://localhost:1"],
    "seed": 7,
    "simulated": False,
    "asked": {"rate": 2.0, "arrival": "constant", "duration": 2.0, "peers": 2},
    "valid": False,
    "invalid": ["workers died: w1"],
    "left_out": ["share: its users cannot list what they gave"],
    "ok": False,
    "arrivals": 4,
    "begun": 4,
    "done": 3,
    "rate": 1.5,
    "latency_ms": TIMES,
    "service_ms": TIMES,
    "stories": {},
    "steps": {"share read": TIMES},
    "errors": {'share read: "503"': 1},
    "error_share": 0.25,
    "fairness": 0.9,
    "peers": {"127.66.0.1:1": {"done": 3, "failed": 1, "mean_ms": 2.0}},
    "ledger": {
        **{"entries": 4, "acknowledged": 4, "lost": 1, "doubled": 0, "altered": 0, "leaked": 0, "undead": 0},
        "unasked": 0,
        "findings": [{"wrong": "lost", "entry": "1", "sentence": "share [S] is <gone>"}],
    },
    "generator": {
        **{"limit": 9000.0, "used": 0.25, "requests": 18, "requests_per_second": 30.0},
        "lag_ms": TIMES,
    },
    "workers": [{"name": "w1", "died": True}],
    "seconds": [{"second": 0, **SECOND}, {"second": 1, **SECOND, "marks": ["=peer down"]}],
    "environment": {"python": "3.11", "system": "Linux", "machine": "x86_64", "cores": 2},
    "thresholds": [
        {"name": "ledger.lost", "limit": 0, "value": 1, "ok": False},
        {"name": "latency_ms.p99", "limit": 9, "value": 3.0, "ok": True},
        {"name": "x", "limit": 9, "value": None, "ok": False},
    ],
}
