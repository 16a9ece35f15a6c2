"""Carries exchanges between hosts, in memory and virtual time or over sockets. Knows no OCM."""
