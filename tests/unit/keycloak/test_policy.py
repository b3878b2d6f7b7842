"""What a policy may say of Keycloak, and beside what."""

import pytest

from glaab.domain.errors import SettingsInvalid
from glaab.domain.sources.keycloak import DISABLED, KEYCLOAK, InKeycloakGroup
from tests.policies import parse_policy

POLICY = """
version = 1
[identity]
providers = ["openid_connect"]
extern_uid = "keycloak_id"
[[trust]]
name = "Staff"
keycloak_group = "/staff"
"""


def problems_of(text: str) -> list[str]:
    with pytest.raises(SettingsInvalid) as raised:
        parse_policy(text, "it")
    return [problem.removeprefix("it: ") for problem in raised.value.problems]


@pytest.mark.parametrize("kind", ["keycloak_id", "keycloak_username"])
def test_where_keycloak_proves_nobody_else_is_needed(kind):
    policy = parse_policy(
        POLICY.replace("keycloak_id", kind) + "[veto]\nkeycloak_disabled = true\n", "it"
    )

    assert ({KEYCLOAK}, KEYCLOAK) == (policy.systems, policy.proved_by)
    assert (InKeycloakGroup("/staff"),) == policy.conditions
    assert DISABLED in policy.vetoes


def test_a_group_that_may_be_several_or_none_is_refused_with_its_place():
    text = POLICY.replace('"/staff"', '"staff/developers"')

    assert [
        "trust[0].keycloak_group: a path begins with a slash; a group whose name has a slash is"
        " named by its id"
    ] == problems_of(text)


def test_beside_keycloak_only_lists_can_be_asked():
    """Each key that cannot be is told with what to use instead; a whole table is left out."""
    text = POLICY.replace("[[trust]]", '[directory]\nlayout = "freeipa"\n[[trust]]') + (
        'phabricator_project = "x"\n[veto]\ndirectory_locked = true\n'
    )
    nobody = 'where extern_uid is "keycloak_id", people have no'

    assert [
        f"trust[0].phabricator_project: {nobody} cn by which phabricator could be asked; use"
        " keycloak_group or vetted_list",
        f"veto.directory_locked: {nobody} dn by which directory could be asked; use"
        " keycloak_disabled",
        'directory: it is not asked where extern_uid is "keycloak_id"; leave it out',
    ] == problems_of(text)


def test_where_the_directory_proves_keycloak_cannot_be_asked():
    text = POLICY.replace('"keycloak_id"', '"cn"')

    assert [
        'trust[0].keycloak_group: where extern_uid is "cn", people have no keycloak_id by which'
        " keycloak could be asked; use directory_group, phabricator_project, gerrit_group or"
        " vetted_list"
    ] == problems_of(text)
