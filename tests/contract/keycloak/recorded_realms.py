"""The realms that Keycloak was recorded with, in the simulator, and what was changed in them."""

from collections.abc import Callable, Iterator

import attrs

from tests.contract.keycloak.simulator import (
    KeycloakSimulator,
    SimulatedClient,
    SimulatedGroup,
    SimulatedUser,
)

ROLES = {
    "sa-view-users": {"view-users"},
    "sa-view-users-query-groups": {"view-users", "query-groups"},
    "sa-none": set(),
    "sa-view-realm": {"view-realm"},
    "sa-view-users-view-realm": {"view-users", "view-realm"},
    "sa-realm-admin": {"realm-admin"},
    "sa-query-users": {"query-users"},
    "sa-query-groups": {"query-groups"},
    "sa-query-both": {"query-users", "query-groups"},
    "sa-manage-users": {"manage-users"},
    "sa-view-clients": {"view-clients"},
    "sa-disabled": {"view-users"},
    "sa-not-a-service-account": set(),
}
SERVICE_ACCOUNTS = {
    "sa-view-users": "17dc0b8b-c7dc-4d0e-818f-6ec94d534c5e",
    "sa-none": "40110bed-bce1-48ef-85cd-e42b5e725038",
    "sa-query-users": "291496f8-5de1-4123-a5df-2d85336a2762",
}
"""Those whose ids were recorded."""
NAMES = {
    1: "alice",
    2: "dora.disabled",
    3: "larry.locked",
    4: "rita.required",
    5: "ulla.unverified",
    9: "Upper.Case",
    12: "nested.nick",
    13: "parent.pam",
    26: "100%sure_x",
    27: "100zsureyx",
    31: "<b>bold",
}
"""Those that were recorded, by number; the others have some name."""
EMPTY = "058004ab-4266-4981-a7dd-32cdf740a350"
PARENT = "a75c0331-67a0-4626-95bb-472cc9c72ae8"
CHILD = "3967ba71-22b1-4b20-8138-736aceb8e29b"
WIDE = "2d87c5fa-9cde-4fdc-b507-1718043646d0"
WIDE_CHILDREN = (
    "7543bd8d-ef8c-46a4-9c5d-bcff96098628",
    "602507df-8d02-4326-a8a5-1be90afe145c",
    "02dc071c-74e5-4676-8951-e0e1632e1586",
    *(f"31de0000-0000-4000-8000-{number:012}" for number in range(3, 15)),
)


Change = Callable[[KeycloakSimulator], None]


def a_user_id(number: int, realm: str = "rig") -> str:
    block = {"rig": 8000, "fgap": 8001}[realm]
    return f"00000000-0000-4000-{block}-{number:012}"


def people(realm: str, number_of_people: int) -> Iterator[SimulatedUser]:
    """31 with names of their own, then user0001, user0002, … of whom every 50th is disabled."""
    for number in range(1, 32):
        yield SimulatedUser(
            id=a_user_id(number, realm),
            username=NAMES.get(number, f"person{number:02}"),
            is_enabled=number != 2,
        )
    for number in range(1, number_of_people - 30):
        yield SimulatedUser(
            id=a_user_id(1000 + number, realm),
            username=f"user{number:04}",
            is_enabled=number % 50 != 0,
        )


def groups() -> Iterator[SimulatedGroup]:
    """As the recorded realm `rig` had them, as far as they are asked about."""
    trusted = tuple(map(a_user_id, (3, 1, 2)))
    big = tuple(a_user_id(number) for number in (4, *range(1001, 1250)))
    slash = "R&D/ops team é"
    yield SimulatedGroup(id="4a32b239-1dac-483b-9013-0779b1c1b2f7", name="trusted", members=trusted)
    yield SimulatedGroup(id="164c20e4-df8d-4b04-906f-6009418a775b", name="big", members=big)
    yield SimulatedGroup(id=EMPTY, name="empty")
    yield SimulatedGroup(id="bb382607-ce73-4bc9-9d1c-9a03b671a3ba", name=slash)
    yield SimulatedGroup(id=PARENT, name="parent", members=(a_user_id(13),))
    yield SimulatedGroup(id=CHILD, name="child", parent_id=PARENT, members=(a_user_id(12),))
    yield SimulatedGroup(
        id="75bc2dcc-865c-486d-83e8-a0583de0fcaf", name="grandchild", parent_id=CHILD
    )
    yield SimulatedGroup(id=WIDE, name="wide")
    for number, group_id in enumerate(WIDE_CHILDREN):
        yield SimulatedGroup(id=group_id, name=f"w{number:02}", parent_id=WIDE)


def clients() -> Iterator[SimulatedClient]:
    for number, (client_id, roles) in enumerate(ROLES.items()):
        made_up = f"5a000000-0000-4000-8000-{number:012}"
        yield SimulatedClient(
            client_id=client_id,
            user_id=SERVICE_ACCOUNTS.get(client_id, made_up),
            roles=frozenset(roles),
            has_service_account=client_id != "sa-not-a-service-account",
        )


def rig() -> KeycloakSimulator:
    """The realm that most was recorded in: 600 people."""
    return KeycloakSimulator(
        realm="rig",
        users={user.id: user for user in people("rig", 600)},
        groups={group.id: group for group in groups()},
        clients={client.client_id: client for client in clients()},
    )


def fgap() -> KeycloakSimulator:
    """The realm with fine-grained permissions: 60 people, and `sa-query-both` views by them."""
    members = tuple(a_user_id(number, "fgap") for number in (1, 2, 3))
    group_id = "0ecb01be-b472-4a31-b6d6-bb19deeabbbc"
    simulator = KeycloakSimulator(
        realm="fgap",
        users={user.id: user for user in people("fgap", 60)},
        groups={group_id: SimulatedGroup(id=group_id, name="trusted", members=members)},
        clients={client.client_id: client for client in clients()},
    )
    simulator.change_client("sa-query-both", is_permitted=True)
    return simulator


def disabled(**changes: object) -> Change:
    """The client `sa-disabled`, with these changes."""
    return lambda simulator: simulator.change_client("sa-disabled", **changes)


def its_user_is_disabled(simulator: KeycloakSimulator) -> None:
    simulator.change_user(simulator.clients["sa-disabled"].user_id, is_enabled=False)


def realm_is_disabled(simulator: KeycloakSimulator) -> None:
    simulator.is_enabled = False


def https_is_required(simulator: KeycloakSimulator) -> None:
    simulator.requires_https = True


def a_path_has_two_readings(simulator: KeycloakSimulator) -> None:
    parent = SimulatedGroup(id="c5f3ef3e-b720-44d0-b86e-03a90810223e", name="R&D")
    child = SimulatedGroup(
        id="58003ea4-3955-45a1-b7eb-064198eedf3d", name="ops team é", parent_id=parent.id
    )
    simulator.groups |= {each.id: each for each in (parent, child)}


def a_service_account_is_a_member(simulator: KeycloakSimulator) -> None:
    member = SERVICE_ACCOUNTS["sa-none"]
    simulator.groups[EMPTY] = attrs.evolve(simulator.groups[EMPTY], members=(member,))


def somebody_is_hidden(simulator: KeycloakSimulator) -> None:
    simulator.hidden_from_ids = frozenset({a_user_id(2, "fgap")})


def lists_look_empty(simulator: KeycloakSimulator) -> None:
    simulator.members_look_empty = True
