"""The audit log on a wiki page."""
