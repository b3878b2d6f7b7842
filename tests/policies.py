"""Policies read with the keys of all sources that exist."""

from glaab.adapters.policy_file import PolicyReader
from glaab.entrypoints.runtime.registry import INTEGRATIONS

READER = PolicyReader(INTEGRATIONS)
read_policy = READER.read
parse_policy = READER.parse
