"""The served benchmark measures what it says, beside whichever servers are there."""

import json

import jsonschema
import pytest

from meshsim import bundle

served = bundle.load("loadtests", "served")

missing = bundle.load("loadtests", "wrk").missing()


@pytest.mark.skipif(bool(missing), reason=missing or "-")
@pytest.mark.parametrize(
    "only", ["get-1k-c16", "put-1k-c16", "propfind-100-c1", "mkcol-delete-c16", "get-64m-c1", "put-64m-c1"]
)
def test_a_measurement_gives_rows_by_the_schema(only):
    """In a short form: every server that is there does the work without an error; who is not, is named."""
    told = []
    rows = list(served.measure(only, 0.1, told.append))
    schema = json.loads((bundle.root() / "reports" / "schemas" / "bench.json").read_text())
    jsonschema.validate({"version": "0", "rows": rows}, schema)
    names = {name for name in served.RIVALS if f"{only}-{name}" in {row["id"] for row in rows}}

    assert set(served.RIVALS) == names | {
        name for name, module in served.RIVALS.items() if any(module.NAME in text for text in told)
    }
    assert all(row["ours"] > 0 for row in rows)
    assert all("broke off" in row["note"] if row["peer"] is None else row["peer"] > 0 for row in rows)


class Server:
    """A server that nobody needs to ask; its process may have ended."""

    def __init__(self, folder):
        self.folder, self.process = folder, self
        self.ended, self.spent = False, 0.0

    def poll(self):
        return 1 if self.ended else None

    def cpu(self):
        self.spent += 1.0
        return self.spent

    def stop(self):
        self.ended = True


class Module:
    """Servers of one kind."""

    __name__ = "loadtests.servers.module"

    def __init__(self, name):
        self.NAME, self.started = name, []

    def start(self, space, port):
        self.started.append(Server(space / "data"))
        return self.started[-1]


def compared(tmp_path, does, goals, rounds=3):
    """The rows of one work; `does` says by name what each server does in each round, or why it breaks off."""
    turns = {name: iter(figures) for name, figures in does.items()}
    contenders = {}
    for name in does:
        space = tmp_path / name
        contenders[name] = served.Contender(Module(name), space, lambda folder: None)
    names = {id(one.module): name for name, one in contenders.items()}

    def do(server, seconds):
        name = next(names[id(one.module)] for one in contenders.values() if one.server is server)
        figure = next(turns[name])
        if isinstance(figure, Exception):
            raise figure
        return figure

    rows = list(served._compared("row", served.Work("things", do, goals), contenders, 1.0, rounds))
    schema = json.loads((bundle.root() / "reports" / "schemas" / "bench.json").read_text())
    jsonschema.validate({"version": "0", "rows": rows}, schema)
    return {row["id"]: row for row in rows}, contenders


def broken(why="broken"):
    return bundle.load("loadtests", "wrk").Failed(why)


def test_who_breaks_off_is_said_to_have_broken_off(tmp_path):
    """In some rounds, or in all: neither a nought nor a victory; the others are compared all the same."""
    does = {
        "ours": [10.0, 20.0, 30.0],
        "cheroot": [5.0, broken("5 answers were errors"), 10.0],
        "rclone": [broken()] * 3,
        "nginx": [40.0] * 3,
    }
    rows, _ = compared(tmp_path, does, {"cheroot": 1.0, "rclone": 1.0, "nginx": 0.9})

    assert ["row-cheroot", "row-cheroot-cpu", "row-rclone", "row-nginx", "row-nginx-cpu"] == list(rows)
    assert (2.5, True) == (rows["row-cheroot"]["ratio"], rows["row-cheroot"]["met"])
    assert "cheroot broke off in 1 of 3 rounds: 5 answers were errors" == rows["row-cheroot"]["note"]
    assert [None] * 3 == [rows["row-rclone"][field] for field in ("peer", "ratio", "met")]
    assert "rclone broke off in 3 of 3 rounds: broken" == rows["row-rclone"]["note"]
    assert (0.5, False) == (rows["row-nginx"]["ratio"], rows["row-nginx"]["met"])
    assert "note" not in rows["row-nginx"]


@pytest.mark.parametrize(("ours", "median"), [([9.0, broken("we"), 9.0], 9.0), ([broken("we")] * 3, None)])
def test_where_we_break_off_the_goal_is_missed(tmp_path, ours, median):
    """However fast we were in the other rounds."""
    rows, _ = compared(tmp_path, {"ours": ours, "nginx": [1.0] * 3}, {"nginx": 0.9})

    assert (median, False) == (rows["row-nginx"]["ours"], rows["row-nginx"]["met"])
    assert "ours broke off in" in rows["row-nginx"]["note"]
    assert rows["row-nginx"]["note"].endswith("rounds: we")


def test_a_server_that_died_is_started_anew_for_the_next_round(tmp_path):
    """In another folder, with the same files."""
    filled = []
    nginx = served.Contender(Module("nginx"), tmp_path / "space", filled.append)
    nginx.server.stop()
    figure, _ = nginx.do(lambda server, seconds: 7.0, 1.0)

    assert 7.0 == figure
    assert filled == [server.folder for server in nginx.module.started]
    assert 2 == len(set(filled))
    assert nginx.server is nginx.module.started[-1]


def test_flows_go_over_sockets():
    """A figure, and no peer."""
    (row,) = served.measure("flow-signed-sockets", 0.01)

    assert row["ours"] > 0
