"""A world of six accounts and a policy of one rule, and the program that runs on them."""

import json

from click.testing import CliRunner

from glaab.entrypoints.cli import glaab

EXAMPLE = "example"
WORLD = """
base_dn = "dc=wikimedia,dc=org"

[[account]]
id = 41
username = "ada"
expect = "approve"
created_at = 2026-11-20T10:00:00Z
identities = [{ provider = "openid_connect", extern_uid = "Ada Example" }]

[[account]]
id = 42
username = "bob"
created_at = 2026-11-20T11:00:00Z

[[account]]
id = 43
username = "cleo"
created_at = 2026-11-21T10:00:00Z
identities = [{ provider = "openid_connect", extern_uid = "Cleo Example" }]
veto = "asked to wait"

[[account]]
id = 44
username = "dan"
created_at = 2026-11-21T11:00:00Z
identities = [{ provider = "openid_connect", extern_uid = "Dan Example" }]

[[account]]
id = 45
username = "eve"
state = "banned"
created_at = 2026-11-19T11:00:00Z
identities = [{ provider = "openid_connect", extern_uid = "Eve Example" }]

[[account]]
id = 46
username = "tove"
state = "active"
created_at = 2026-11-19T12:00:00Z

[account.note]
run = "run-0"
at = 2026-11-21T23:57:00Z
because = ["Toolforge member"]

[[person]]
uid = "ada"
cn = "Ada Example"

[[person]]
uid = "cleo"
cn = "Cleo Example"

[[person]]
uid = "dan"
cn = "Dan Example"

[[person]]
uid = "eve"
cn = "Eve Example"

[[directory_group]]
name = "project-tools"
members = ["ada", "cleo", "eve"]
"""
POLICY = """
version = 1

[identity]
providers = ["openid_connect"]
extern_uid = "cn"

[[trust]]
name = "Toolforge member"
directory_group = "project-tools"

[veto]
directory_locked = true
"""
ADA = """\
@ada (41), since 2026-11-20: would be approved
  identity  openid_connect "Ada Example" is Ada Example (uid ada,\
 dn uid=ada,ou=people,dc=wikimedia,dc=org)
  trust     yes       Toolforge member [directory]: ada is a member of project-tools
  veto      no        Marked by an administrator [gitlab]: no administrator marked the account
  veto      no        Directory entry locked [directory]: uid=ada,ou=people,dc=wikimedia,dc=org is\
 not locked
  verdict   approve. Trusted as Toolforge member, and nothing speaks against it.

"""
BOB = """\
@bob (42), since 2026-11-20: stays pending
  identity  not proven: no sign-in through openid_connect proves who this is
  verdict   hold. No sign-in through openid_connect proves who this is. Sign in to GitLab once\
 through openid_connect; a username or an e-mail proves nothing.

"""
CLEO = """\
@cleo (43), since 2026-11-21: stays pending
  identity  openid_connect "Cleo Example" is Cleo Example (uid cleo,\
 dn uid=cleo,ou=people,dc=wikimedia,dc=org)
  trust     yes       Toolforge member [directory]: cleo is a member of project-tools
  veto      yes       Marked by an administrator [gitlab]: an administrator marked the account:\
 asked to wait
  veto      no        Directory entry locked [directory]: uid=cleo,ou=people,dc=wikimedia,dc=org is\
 not locked
  verdict   veto. Trusted as Toolforge member, but an administrator marked the account: asked to\
 wait. An administrator of GitLab has to decide.

"""
DAN = """\
@dan (44), since 2026-11-21: stays pending
  identity  openid_connect "Dan Example" is Dan Example (uid dan,\
 dn uid=dan,ou=people,dc=wikimedia,dc=org)
  trust     no        Toolforge member [directory]: dan is not a member of project-tools
  veto      no        Marked by an administrator [gitlab]: no administrator marked the account
  veto      no        Directory entry locked [directory]: uid=dan,ou=people,dc=wikimedia,dc=org is\
 not locked
  verdict   hold. No system vouches for this person yet. Any one of these helps: become a member of\
 LDAP group project-tools.
"""
LOOKED = "Requests: gitlab 0, directory 0.\n"


def run(*arguments, **options):
    """The program with these arguments; an unexpected error is the test's."""
    return CliRunner().invoke(glaab, arguments, catch_exceptions=False, **options)


def run_small(*arguments, **options):
    """The program on the small world."""
    return run("--world", "world.toml", "--policy", "policy.toml", *arguments, **options)


def document_of(*arguments):
    return json.loads(run_small("--format", "json", *arguments).stdout)
