"""Layouts: the presets, and what people can be asked for by."""

import pytest

from glaab.adapters.ldap.layout import PRESETS, WIKIMEDIA
from glaab.domain.names import CN, DN, UID, NameKind

# -- the presets


def test_there_is_a_preset_for_each_product():
    assert ["wikimedia", "freeipa", "active-directory", "rfc2307"] == list(PRESETS)
    assert PRESETS["wikimedia"] == WIKIMEDIA


@pytest.mark.parametrize(
    ("preset", "keys"),
    [
        ("wikimedia", ()),
        ("freeipa", ("krbPrincipalName", "ipaUniqueID")),
        ("active-directory", ("sAMAccountName", "userPrincipalName", "objectGUID")),
        ("rfc2307", ()),
    ],
)
def test_people_can_be_asked_for_by_cn_uid_dn_and_what_the_product_has(preset, keys):
    assert (CN, UID, DN, *keys) == PRESETS[preset].all_keys


def test_the_uid_is_what_the_layout_says():
    layout = PRESETS["active-directory"]

    kinds = (UID, DN, CN, NameKind("userPrincipalName"))

    assert ["sAMAccountName", "sAMAccountName", "cn", "userPrincipalName"] == [
        layout.attribute(kind) for kind in kinds
    ]
