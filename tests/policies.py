"""Policies read with the keys of all sources that exist."""

from glaab.adapters.policy_file import PolicyReader
from glaab.adapters.toml_file import either, one_of
from glaab.domain.sources.directory import DIRECTORY
from glaab.entrypoints.runtime.registry import INTEGRATIONS

READER = PolicyReader(INTEGRATIONS)
read_policy = READER.read
parse_policy = READER.parse

SOURCES = [each.kind for each in INTEGRATIONS]
CONDITIONS = either(key for each in SOURCES for key in (kind.key for kind in each.conditions))
"""All that a rule may say, as problems list it."""


def kinds(*keys: str) -> str:
    """All that `extern_uid` may be if the directory has further *keys*, as problems list it."""
    proven = {each.name: each.proves_by for each in SOURCES}
    proven[DIRECTORY] = (*proven[DIRECTORY], *keys)
    return one_of(kind for own in proven.values() for kind in own)
