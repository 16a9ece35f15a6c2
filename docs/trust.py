"""Prints docs/trust.md: the scenario `trust`, run now."""

from meshsim import bundle, running
from meshsim.story import Options

HEAD = """# What each policy is worth

Made by running `meshsim run trust`: each cell is a run of its own, told from what the sites wrote down and
from what went over the network. On real sockets (`--served`) the tables are the same, cell by cell, as
the tests find. [Trust policies](policies.md) says how to choose them.

A victim and a friend are set up alike, an attacker has a server of its own, and the victim works on four
requests at a time. While the attack goes on, the friend gives six shares.
"""

MEANING = """## What to read out of it

- **Pair keys do not survive a man in the middle.** A key says who calls and nothing about what is said,
  so what is altered on the way comes with the right key. Whoever reads the key can use it, too: only the
  look-up of the caller's address, as in `profile paper`, stops a leaked one. A signature covers what is
  said.
- **The central service is a single point of failure.** While it is down, keys end one by one and nobody
  is let in any more. And what it says is believed: one that lies lets in whom it likes. Lists that
  operators keep have neither fault.
- **The session of 2021 gives away the house.** It is what opens the share, and it opens all that its
  owner has, and goes on to do so after the share is taken back, until its day is over. Then the share is
  dead for its receiver, too, although both sides still list it. The paper's own token, which nobody
  built, does neither.
- **A name without a proof is worth nothing.** Lists of names, contacts and directories stop nobody who
  says that he is somebody else, unless signatures, keys or addresses prove who calls.
- **A signature is worth what its key is.** Whoever can change a server's pages can change its key; a
  pinned one holds.
- **What is cheap to refuse should be refused first.** Slow requests hurt where a request of anybody makes
  the server ask somebody else.
- A man in the middle can always make requests disappear: what the friend gave does not arrive, whatever
  the policy.
"""


def main() -> None:
    """Run it, and write it down."""
    report = running.run("trust", bundle.load("scenarios", "trust"), Options()).report
    if not report["ok"]:
        raise SystemExit("\n".join(flow["reason"] for flow in report["flows"] if not flow["ok"]))
    markdown = bundle.load("reports", "tables").markdown
    first = report["tables"][0]
    print(HEAD)
    print("| attacker | what it wants |\n|---|---|")
    for column in first["columns"]:
        print(f"| `{column['title']}` | {column['about']} |")
    print("\n| setting | what it is |\n|---|---|")
    for row in first["rows"]:
        print(f"| {row['title']} | {row['about']} |")
    for table in report["tables"]:
        print(f"\n## {table['title'].capitalize()}\n\n{table['note'].capitalize()}.\n")
        print(markdown(table))
    print(MEANING, end="")


main()
