"""Who lives at a site and what is in their homes: seeded, and made up only when asked for.

A site of 37,000 users costs nothing until somebody is looked at.
"""

import hmac
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec

from meshsim.entropy import stream

if TYPE_CHECKING:
    from faker import Faker

NUMBERED = re.compile(r"u([1-9][0-9]{0,8})")
MEMBERS = 5
"""People in a group of a site that only says how many groups it has."""

_KNOWN = 4096
"""Users and homes kept in memory per site."""


class User(msgspec.Struct, frozen=True):
    """Somebody at a site."""

    id: str
    name: str
    email: str


class People:
    """The users and groups of one site.

    `users` are names, or a number: then they are u1, u2 and so on. `groups` are members by name,
    or a number: then they are g1, g2 and so on.
    """

    def __init__(
        self,
        seed: int | str,
        host: str,
        users: int | tuple[str, ...],
        groups: int | Mapping[str, tuple[str, ...]] = 0,
    ) -> None:
        self.seed = seed
        self.host = host
        self.users = users
        self.groups = groups
        self._named = frozenset(()) if isinstance(users, int) else frozenset(users)
        self._gone: set[str] = set()
        self.find = lru_cache(_KNOWN)(self._find)
        """The person with exactly that identifier, or None."""

    def __len__(self) -> int:
        return self.users if isinstance(self.users, int) else len(self.users)

    def __iter__(self) -> Iterator[str]:
        """The identifiers of all users."""
        if isinstance(self.users, int):
            return (f"u{n}" for n in range(1, self.users + 1))
        return iter(self.users)

    def knows(self, user_id: str) -> bool:
        """Whether there is such a user; costs nothing."""
        if isinstance(self.users, int):
            return _number(user_id, "u", self.users)
        return user_id in self._named

    def _find(self, user_id: str) -> User | None:
        if not self.knows(user_id):
            return None
        faker = self._faker("user", user_id)
        name = faker.name() if isinstance(self.users, int) else f"{user_id.title()} {faker.last_name()}"
        return User(user_id, name, f"{user_id}@{self.host.partition(':')[0]}")

    def group(self, group_id: str) -> tuple[str, ...] | None:
        """The identifiers of a group's members, or None if there is no such group."""
        if group_id in self._gone:
            return None
        if not isinstance(self.groups, int):
            return self.groups.get(group_id)
        if not _number(group_id, "g", self.groups):
            return None
        chance = stream(self.seed, "group", self.host, group_id)
        if isinstance(self.users, int):
            picked = chance.sample(range(1, self.users + 1), min(MEMBERS, self.users))
            return tuple(f"u{n}" for n in sorted(picked))
        return tuple(sorted(chance.sample(self.users, min(MEMBERS, len(self.users)))))

    def groups_of(self, user_id: str) -> tuple[str, ...]:
        """The groups a user is in."""
        groups = self.groups
        names = (f"g{n}" for n in range(1, groups + 1)) if isinstance(groups, int) else groups
        return tuple(name for name in names if user_id in (self.group(name) or ()))

    def dissolve(self, group_id: str) -> None:
        """Let there be no such group any more; LookupError if there was none."""
        if self.group(group_id) is None:
            raise LookupError(f"no group {group_id!r} at {self.host}")
        self._gone.add(group_id)

    def password(self, user_id: str) -> str:
        """What the user signs in with; never written anywhere but where its owner asked for it."""
        secret = f"password\0{self.seed}\0{self.host}\0{user_id}"
        return sha256(secret.encode(errors="replace")).hexdigest()[:20]

    def authenticate(self, user_id: str, password: str) -> bool:
        """Whether that is the password of such a user."""
        right = hmac.compare_digest(self.password(user_id).encode(), password.encode(errors="surrogatepass"))
        return right and self.knows(user_id)

    def files(self, home: str) -> Mapping[str, bytes] | None:
        """What is in a user's home at first, by relative path; None if there is no such user."""
        if not self.knows(home):
            return None
        faker = self._faker("files", home)
        words = faker.words(64)  # at once: each call costs as much as all of them
        rows = "\n".join(f"{n},{faker.pyint()},{word}" for n, word in enumerate(words))
        return {
            "notes.txt": faker.paragraph(8).encode(),
            "papers/abstract.txt": faker.paragraph(5).encode(),
            "papers/review.md": f"# {faker.sentence()}\n\n{faker.paragraph(12)}\n".encode(),
            "data/measurements.csv": f"run,count,label\n{rows}\n".encode(),
        }

    def _faker(self, purpose: str, user_id: str) -> "Faker":
        faker = _shared_faker()
        # Seeded anew for each person, so that nobody depends on who was asked for before.
        faker.seed_instance(stream(self.seed, purpose, self.host, user_id).getrandbits(64))
        return faker


def _number(name: str, letter: str, count: int) -> bool:
    match = NUMBERED.fullmatch(name.replace(letter, "u", 1)) if name.startswith(letter) else None
    return match is not None and int(match[1]) <= count


@lru_cache(1)
def _shared_faker() -> "Faker":
    # Imported when first needed: it takes longer than all the rest of the package.
    from faker import Faker

    return Faker("en_US")
