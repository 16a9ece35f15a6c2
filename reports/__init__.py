"""Results of a run as facts, and one file for each form they are told in. Imports nothing of ours."""
