"""Makes `mutants.md`: the faulty sites, as their files say it themselves."""

import sys
from collections import Counter

from conformance import mutants

HEAD = """\
# Mutants

Faulty sites that the suite must catch, each for what it breaks; [how to write one](write-a-mutant.md).
`meshsim mutants` runs the suite against all of them and prints which test caught which, citing what;
`--quick` runs only the tests that cite what a mutant breaks. FB is the catalogue of bugs that were seen in
the field. This page is made from the files by `nox -s docs`.
"""


def page() -> str:
    """The whole page."""
    found = [mutants.load(slug) for slug in mutants.names()]
    counted = Counter(mutant.area for mutant in found if not mutant.hidden)
    parts = [HEAD, f"{counted.total()} count: {', '.join(f'{area} {n}' for area, n in counted.items())}.\n"]
    for area in mutants.AREAS:
        parts.append(f"## {area}\n\n| mutant | what it does | breaks | seen |\n|---|---|---|---|")
        parts += [
            f"| `{m.slug}` | {m.story} | {', '.join(m.breaks)} | {', '.join(m.seen)} |"
            for m in found
            if m.area == area and not m.hidden
        ]
        parts.append("")
    parts.append("## Cannot be told apart from outside\n\nThey do not count.\n")
    parts.append("| mutant | what it does | why | seen |\n|---|---|---|---|")
    parts += [f"| `{m.slug}` | {m.story} | {m.hidden} | {', '.join(m.seen)} |" for m in found if m.hidden]
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
