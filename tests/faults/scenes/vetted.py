"""A list vouches for people, and nobody else is asked: the provider's word proves who they are."""

from glaab.domain.sources.vetted import LISTS
from tests.faults import scenes
from tests.faults.scenes.keycloak import waiting

POLICY = """
version = 1
[identity]
providers = ["openid_connect"]
extern_uid = "itself"
[[trust]]
name = "Speaker"
vetted_list = "speakers.toml"
"""
SPEAKERS = """
version = 1
[[person]]
extern_uid = "Ada"
vouched_by = "@admin"
[[person]]
extern_uid = "Bea"
until = 2000-01-31
"""

SCENE = scenes.Scene(
    source=LISTS,
    policy=POLICY,
    files={"speakers.toml": SPEAKERS},
    accounts=waiting({"ada": "Ada", "bea": "Bea", "cyd": "ada"}),
    trusted=("ada",),
)
