"""`python -m meshsim` is the command `meshsim`."""

import sys

from meshsim.cli import main

sys.exit(main())
