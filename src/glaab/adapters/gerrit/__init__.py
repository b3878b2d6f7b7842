"""Gerrit as a source of trust."""
