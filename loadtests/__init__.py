"""Load on sites and meshes, and the programs that other servers are measured with."""
