"""A mesh that is served again and again: `python tests/reborn.py WORDS...` runs `meshsim WORDS...`.

A line on its input starts it in a fresh process, whose number it prints, and in the end how that ended. What
was loaded once need not be loaded again: on a machine at work that takes longer than all that is tried.
"""

import os
import sys

from meshsim import cli, served, serving  # noqa: F401 - loaded before the first process
from meshsim.mesh import Mesh

Mesh(1).site("alpha.example.org")  # and what sites are made of

if __name__ == "__main__":
    while sys.stdin.readline():
        process = os.fork()
        if not process:
            sys.argv[0] = "meshsim"
            cli.main()
        print(process, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), flush=True)
