"""Phabricator, or Phorge, as a source of trust."""
