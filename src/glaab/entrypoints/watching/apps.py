"""The app of each look and full run, made of what was read when the process began."""

import attrs
import structlog

from glaab.adapters.policy_file import PolicyReader
from glaab.adapters.redaction import redactor
from glaab.domain.errors import SettingsInvalid, System
from glaab.domain.policy import Policy
from glaab.entrypoints.runtime.bootstrap import App, Options, renew
from glaab.settings.loader import reread_secrets

log = structlog.get_logger()


@attrs.define(kw_only=True)
class Apps:
    """Each has connections of its own, so that none is too old; settings and policy stay."""

    app: App
    """The present one."""
    lists_read: frozenset[System] = attrs.field(default=frozenset(), init=False)
    """The sources whose lists this run has read."""
    _unread_secrets: frozenset[str] = attrs.field(default=frozenset(), init=False)
    """The problems that were said."""
    _options: Options = attrs.field(init=False)
    _policy: Policy = attrs.field(init=False)
    _reader: PolicyReader = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._options = self.app.options
        self._reader = self._options.policy_reader
        assert self.app.policy  # noqa: S101  # there is one if it was bootstrapped
        self._policy = self.app.policy

    def renew(self) -> App:
        """The app of another run, in place of the one before, which is closed."""
        self.close()
        self.app = renew(self.app, self._options, self._policy)
        self.lists_read = frozenset()
        structlog.contextvars.bind_contextvars(run_id=self.app.run)
        return self.app

    def close(self) -> None:
        """Close every connection."""
        self.app.container.env().connections.close()

    def reread_lists(self) -> dict[System, str]:
        """Use the files of the policy as they are now; whose cannot be read, and why."""
        reader, text = self._reader, self.app.policy_text
        assert text  # noqa: S101  # as above
        try:
            self._policy = text.read_with(reader)
        except SettingsInvalid as error:
            return dict.fromkeys(reader.sources_with_files, "; ".join(error.problems))
        self.app.container.policy.override(self._policy)
        self.app = attrs.evolve(self.app, policy=self._policy)
        self.lists_read = frozenset(reader.sources_with_files)
        return {}

    def reread_secrets(self) -> None:
        """Use the secrets of files as they are now; the old ones if something is wrong there."""
        try:
            settings = reread_secrets(self._options.settings)
        except SettingsInvalid as error:
            for problem in set(error.problems) - self._unread_secrets:
                log.warning("secret_not_read", reason=problem)
            self._unread_secrets = frozenset(error.problems)
            return
        self._unread_secrets = frozenset()
        if settings != self._options.settings:
            redactor().add(settings.secrets)  # before they are used
            self._options = attrs.evolve(self._options, settings=settings)
            log.info("secrets_read_again")
