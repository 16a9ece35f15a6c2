"""meshsim: a ScienceMesh of complete Open Cloud Mesh providers, simulated, served or real."""

__version__ = "0.1.0"
