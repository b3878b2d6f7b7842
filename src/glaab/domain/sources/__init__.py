"""One module for each source of trust: its port, its values, and what its answers mean."""
