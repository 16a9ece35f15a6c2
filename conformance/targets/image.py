"""A container image as a target: `image:NAME`, or `image:NAME?port=PORT&command=WORDS&network=MODE`.

The container is started, waited for, judged as the site http://localhost:PORT, and removed, whatever
happens; its log becomes part of the evidence. PORT is the one that OCM is served at inside, 8401 unless said
otherwise, and is the same outside, since a site names it. WORDS replace the command of the image. MODE is
`bridge` or `host`; by itself bridge, where the engine has one.
"""

import os
import shlex
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl

from conformance.reach import Reach
from conformance.targets import Misuse
from conformance.targets.url import Url, people
from meshsim.wire import NetworkError, Request
from reports.har import Mask

READY = 120.0
"""Seconds of looks at discovery, until the container must have answered."""
LOOK = 0.25
LABEL = "org.meshsim.check"
"""Whose container it is: the process that examines it."""
TAIL = 5
"""Lines of a log that explain why a container ended."""


class Image(Url):
    """A site that lives as long as it is examined."""

    def __init__(self, text: str, image: str, options: Mapping[str, str], reach: Reach, *more: Any) -> None:
        super().__init__(f"{options.get('scheme', 'http')}://{reach.host}", reach, *more)
        self.name = text
        self.image = image
        self.options = options
        self.container: Any = None
        self.log = ""
        """What it wrote, without what looks like a secret."""

    def prepare(self) -> None:
        """Start it, and wait for its discovery; Misuse, with its last words, if that does not come."""
        self._start()
        left = int(READY / LOOK)
        while left:
            left -= 1
            try:
                self.reach.send(Request("GET", f"{self.scheme}://{self.host}/.well-known/ocm"))
                break
            except NetworkError as error:
                reason = error.reason
            if self._ended():
                raise Misuse(f"the container of {self.image} ended: {self._last_words()}")
            self.reach.wait(LOOK)
        else:
            raise Misuse(f"{self.image} does not answer at {self.host}: {reason}. {self._last_words()}")
        super().prepare()

    def close(self) -> None:
        """Keep its log, and remove it."""
        try:
            if self.container is not None:
                self._keep_log()
                with suppress(Exception):  # it may be gone already
                    self.container.stop(force=True, delete_volume=True)
                self.container = None
                # An interrupt between its making and its naming leaves one that only the label finds.
                with suppress(Exception):
                    _sweep(_engine(), own=True)
        finally:
            super().close()

    def _start(self) -> None:
        engine = _engine()
        try:
            import docker

            _sweep(engine)
            bridge = engine.networks.list(names=["bridge"])
            network = self.options.get("network") or ("bridge" if bridge else "host")
            port = int(self.host.rpartition(":")[2])
            mode = {"network_mode": "host"} if network == "host" else {}
            container = _container(self.image).with_kwargs(labels={LABEL: str(os.getpid())}, **mode)
            if command := self.options.get("command"):
                container.with_command(shlex.split(command))
            if network != "host":
                container.ports[port] = ("127.0.0.1", port)
            self.container = container
            container.start()
        except docker.errors.ImageNotFound as error:
            raise Misuse(f"there is no image {self.image}, and it cannot be pulled") from error
        except docker.errors.APIError as error:
            raise Misuse(f"{self.image} cannot be started: {error.explanation or error}") from error
        finally:
            engine.close()

    def _ended(self) -> bool:
        wrapped = self.container.get_wrapped_container()
        wrapped.reload()
        return str(wrapped.status) in ("exited", "dead")

    def _keep_log(self) -> None:
        with suppress(Exception):  # the engine may have stopped
            written = b"".join(self.container.get_logs())
            self.log = Mask(()).body(written).decode(errors="replace")

    def _last_words(self) -> str:
        self._keep_log()
        lines = [line for line in self.log.splitlines() if line.strip()][-TAIL:]
        return f"It wrote: {' / '.join(lines)}" if lines else "It wrote nothing"


def _container(image: str) -> Any:
    try:
        from testcontainers.core.config import testcontainers_config
        from testcontainers.core.container import DockerContainer
    except ImportError as error:
        raise Misuse("images need the extra `containers`: pip install 'meshsim[containers]'") from error
    # Its reaper is an image of its own, that may not be there; what a killed check leaves is swept below.
    testcontainers_config.ryuk_disabled = True
    return DockerContainer(image)


def _engine() -> Any:
    engine = None
    try:
        import docker

        engine = docker.from_env()
        engine.ping()
    except ImportError as error:
        raise Misuse("images need the extra `containers`: pip install 'meshsim[containers]'") from error
    except docker.errors.DockerException as error:
        if engine is not None:
            engine.close()
        raise Misuse(f"no container engine answers; DOCKER_HOST says where one is: {error}") from error
    return engine


def _sweep(engine: Any, *, own: bool = False) -> None:
    """Remove containers of checks that were killed, and could not do it themselves; with `own` ours, too."""
    for container in engine.containers.list(all=True, filters={"label": LABEL}):
        owner = container.labels.get(LABEL, "")
        gone = owner.isdecimal() and not os.path.exists(f"/proc/{owner}")
        if gone or (own and owner == str(os.getpid())):
            container.remove(force=True, v=True)


def build(
    text: str,
    *,
    peer: str | None = None,
    driver: str | None = None,
    users: Any = None,
    login: str | None = None,
    ca: str | None = None,
    certificate: str | None = None,
) -> Image:
    """Misuse says what is wrong, and what to write instead."""
    image, _, query = text.removeprefix("image:").partition("?")
    options = dict(parse_qsl(query, keep_blank_values=True))
    unknown = sorted(options.keys() - {"port", "network", "scheme", "command"})
    port, scheme, network = options.get("port", "8401"), options.get("scheme", "http"), options.get("network")
    if not image or unknown:
        raise Misuse(f"{text!r}: write image:NAME, or image:NAME?port=8401&command=WORDS&network=host")
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise Misuse(f"port={port} is no port")
    if scheme not in ("http", "https") or network not in (None, "bridge", "host"):
        raise Misuse("scheme is http or https, network is bridge or host")
    reach = Reach(f"localhost:{port}", peer=peer, certificate=certificate, authority=ca)
    return Image(text, image, options, reach, people(users, login), driver)
