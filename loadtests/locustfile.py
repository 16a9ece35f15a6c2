"""Locust's way in: `locust -f loadtests/locustfile.py --host URL Share`, alone or with master and workers.

A user class for each story; with none chosen, all are told by weight. Without `--rate` it is Locust's own
closed model; with it, stories begin at intended instants, and latency counts from there.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))
# Locust puts our folder on the path, where module names of ours would hide others'.
sys.path[:] = [place for place in sys.path if Path(place or ".").resolve() != ROOT / "loadtests"]

import gevent  # noqa: E402
from locust import User, between, events, task  # noqa: E402
from locust.exception import StopUser  # noqa: E402

from loadtests import arrivals, stories, thresholds  # noqa: E402
from loadtests.conduct import Conduct  # noqa: E402
from loadtests.figures import LATENCY, Figures, summary  # noqa: E402
from loadtests.ledger import ACKNOWLEDGED, Ledger  # noqa: E402
from loadtests.opening import Options  # noqa: E402


@events.init_command_line_parser.add_listener
def _options(parser: Any) -> None:
    group = parser.add_argument_group("meshsim")
    group.add_argument("--rate", type=float, default=0.0, help="stories a second; 0: as fast as users can")
    group.add_argument("--arrival", default="constant", help=f"{', '.join(arrivals.NAMES)}, CURVE+poisson")
    group.add_argument("--duration", type=float, default=10.0, help="seconds in which stories begin")
    group.add_argument("--peers", type=int, default=10, help="sites of our own, over all workers")
    group.add_argument("--seed", type=int, default=0)
    group.add_argument(
        "--target-seed", type=int, default=0, help="seed of a `meshsim serve` without accounts"
    )
    group.add_argument("--accounts", default="", help="what `meshsim serve --json` printed, in a file")
    group.add_argument("--driver", default="", help="who makes users of another kind of site act")
    group.add_argument("--login", default="", help="a file of lines NAME:PASSWORD")
    group.add_argument("--user", action="append", default=[], help="somebody at the target", dest="people")
    group.add_argument("--dav", default="", help="where its users have files by WebDAV: a path with {user}")
    group.add_argument("--thresholds", default="", help="a TOML file instead of the story's own")
    group.add_argument("--yes-i-may-load", action="append", default=[], metavar="HOST", dest="may_load")
    group.add_argument("--ca", default="", help="an authority to trust for the target")
    group.add_argument(
        "--peer-host", default="", metavar="HOST[:PORT]", help="where the target reaches our peers"
    )
    group.add_argument("--peer-ca", default="", help="an authority that vouches for our peers, on https")
    group.add_argument("--peer-cert", default="", help="or a certificate of theirs, and its key")
    group.add_argument(
        "--calibrate", type=float, default=1.0, help="seconds against a target that does nothing"
    )
    group.add_argument("--books", default="", help="a folder for the ledgers of the workers")
    group.add_argument("--progress", default="", help="append a line a second to this file")
    group.add_argument("--result", default="", help="write the result there, as JSON")


def _asked(environment: Any) -> Options:
    given = environment.parsed_options
    chosen = [one.__name__.lower() for one in environment.user_classes]
    story = "mixed" if len(chosen) != 1 else chosen[0]
    return Options(
        story=story,
        urls=tuple((environment.host or "").split(",")),
        rate=given.rate,
        arrival=given.arrival,
        duration=given.duration,
        peers=given.peers,
        seed=given.seed,
        target_seed=given.target_seed,
        accounts=given.accounts,
        driver=given.driver,
        login=given.login,
        people=tuple(given.people),
        dav=given.dav,
        allowed=tuple(given.may_load),
        authority=given.ca or None,
        peer_host=given.peer_host,
        peer_ca=given.peer_ca,
        peer_cert=given.peer_cert,
        books=given.books,
        calibrate=given.calibrate,
    )


@events.init.add_listener
def _init(environment: Any, **kwargs: Any) -> None:
    given = environment.parsed_options
    # The loop knows the time of its last turn. Where imports took long, --run-time would be over at once.
    gevent.get_hub().loop.update_now()
    if not given.user_classes:
        # Who asks for all stories gets those that can be told side by side.
        mixed = stories.chosen("mixed")
        environment.user_classes = [one for one in environment.user_classes if one.story in mixed]
    asked = _asked(environment)

    def write(found: Mapping[str, Any]) -> None:
        text = json.dumps(found, indent=2)
        if given.result:
            Path(given.result).write_text(text + "\n", encoding="utf-8")
        else:
            ledger = found["ledger"]
            sys.stderr.write(
                f"meshsim: {'ok' if found['ok'] else 'not ok'}; {found['done']} stories, ledger "
                f"{json.dumps({k: v for k, v in ledger.items() if k != 'findings'})}; "
                f"{'; '.join(found['invalid'])}\n"
            )

    def progress(figures: Figures, books: Ledger) -> None:
        second = max(figures.seconds)
        last = figures.seconds[second]
        seen = {
            "second": second,
            "begun": figures.begun,
            "done": figures.done,
            "failed": sum(figures.errors.values()),
            "rate": last.done,
            "used": round(last.used, 3),
            "requests": last.requests,
            "entries": len(books.entries),
            "acknowledged": sum(ACKNOWLEDGED in entry.told for entry in books.entries.values()),
            "errors": dict(figures.errors.most_common(5)),
            "second_ms": summary(last.latency),
            "workers": {one["name"]: one["pid"] for one in conduct.workers.values() if "pid" in one},
            "latency_ms": figures.summary(LATENCY),
        }
        with Path(given.progress).open("a", encoding="utf-8") as file:
            file.write(json.dumps(seen) + "\n")

    conduct = Conduct(environment, asked, write)
    if given.progress:
        conduct.progress = progress
    conduct.limits = thresholds.load(asked.story, Path(given.thresholds) if given.thresholds else None)
    environment.meshsim = conduct


@events.test_start.add_listener
def _start(environment: Any, **kwargs: Any) -> None:
    environment.meshsim.options = _asked(environment)
    environment.meshsim.begin()


@events.spawning_complete.add_listener
def _spawned(user_count: int, **kwargs: Any) -> None:
    for conduct in _conducts:
        conduct.spawned()


@events.test_stop.add_listener
def _stop(environment: Any, **kwargs: Any) -> None:
    environment.meshsim.stopped()


_conducts: list[Conduct] = []


@events.init.add_listener
def _remember(environment: Any, **kwargs: Any) -> None:
    _conducts.append(environment.meshsim)


THINKING = between(0.5, 1.5)
"""Seconds between two stories of a user in the closed model."""


class Peer(User):
    """Tells a story again and again."""

    abstract = True
    story: str | None = None

    def wait_time(self) -> float:
        """Only in the closed model: otherwise the next intended instant is waited for."""
        return 0.0 if self.environment.meshsim.options.rate else float(THINKING(self))

    @task
    def tell(self) -> None:
        """The next story."""
        clerk = self.environment.meshsim.clerk
        # Open arrival has one stream for all stories: which one is due is drawn there.
        story = None if self.environment.meshsim.options.rate else self.story
        if clerk is None or not clerk.turn(story):
            raise StopUser


for _name in [name for name in stories.own() if not stories.simulated(name)]:
    _weight = getattr(stories.load(_name), "WEIGHT", 1.0) or 1.0
    globals()[_name.title()] = type(
        _name.title(), (Peer,), {"abstract": False, "story": _name, "weight": _weight, "__module__": __name__}
    )
