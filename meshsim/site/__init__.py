"""One OCM provider in both roles: plain async services on ports. Knows no server, loop or clock."""
