"""Faces of a site: they translate between the wire and the services, and decide nothing."""
