"""`python -m meshsim` is the command `meshsim`."""

from meshsim.cli import main

main()
