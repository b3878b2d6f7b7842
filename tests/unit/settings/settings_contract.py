"""What holds for every class of settings: the core's, and each source's."""

from collections.abc import Mapping
from typing import ClassVar

import pytest

from glaab.settings.core import fields_by_variable, secret_variables
from glaab.settings.values import Secret
from tests.variables import changes, settings_of, values


@pytest.mark.usefixtures("elsewhere")
class SettingsContract:
    """Subclass, set `group` and `table`, name it Test...."""

    group: type
    table: Mapping[str, tuple[object, str, object]]
    """By variable: the default, another value as text, and what that becomes."""
    empty: ClassVar[Mapping[str, object]] = {}
    """What an empty variable becomes, where that is not the default."""

    def test_the_variables_are_these(self):
        """In this order, which is that of problems."""
        assert list(self.table) == list(fields_by_variable(self.group))

    def test_the_secrets_are_these(self):
        """They may be given as a file."""
        secrets = {name for name, row in self.table.items() if isinstance(row[2], Secret)}

        assert secrets == secret_variables(fields_by_variable(self.group))

    def test_what_is_unset_has_its_default(self):
        defaults = {name: row[0] for name, row in self.table.items()}

        unset = values(settings_of())

        assert defaults == {name: unset[name] for name in self.table}

    def test_what_is_empty_is_unset(self):
        """But where empty means something."""
        settings = settings_of(**dict.fromkeys(self.table, ""))

        assert self.empty == changes(settings)
        assert self.empty.keys() == settings.are_set

    def test_a_variable_sets_its_setting_and_no_other(self):
        expected = {name: {name: row[2]} for name, row in self.table.items()}

        assert expected == {
            name: changes(settings_of(**{name: row[1]})) for name, row in self.table.items()
        }

    def test_it_is_known_what_was_set(self):
        settings = settings_of(**{name: row[1] for name, row in self.table.items()})

        assert self.table.keys() == settings.are_set
