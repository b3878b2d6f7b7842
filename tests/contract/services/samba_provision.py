"""
Make the data of a Samba AD domain controller in a folder: `python3 -I samba_provision.py FOLDER`.

Run by the system's Python, which has Samba's modules; no root is needed. It takes ten seconds, so
that it is done once and `samba.py` works on copies.
"""

import logging
import os
import sys
from pathlib import Path

from samba.auth import system_session
from samba.dsdb import DS_DOMAIN_FUNCTION_2008_R2
from samba.param import LoadParm
from samba.provision import provision

_CONFIGURATION = """\
[global]
	netbios name = DC1
	workgroup = EXAMPLE
	realm = AD.EXAMPLE.ORG
	server role = active directory domain controller
	private dir = {0}/private
	state directory = {0}/state
	cache directory = {0}/cache
	lock directory = {0}/lock
	pid directory = {0}/pid
	ncalrpc dir = {0}/ncalrpc
	binddns dir = {0}/binddns
[sysvol]
	path = {0}/state/sysvol
[netlogon]
	path = {0}/state/sysvol/ad.example.org/scripts
"""


def main(folder: Path) -> None:
    """Provision a domain; `administrator's Passw0rd` is what its name says."""
    os.environ["TDB_NO_FSYNC"] = "1"
    folder.mkdir(parents=True)
    configuration = folder / "smb.conf"
    configuration.write_text(_CONFIGURATION.format(folder))
    for name in ("private", "state", "cache", "lock", "pid", "ncalrpc", "binddns"):
        (folder / name).mkdir()
    provision(
        logging.getLogger(),
        system_session(),
        smbconf=str(configuration),
        targetdir=None,
        realm="AD.EXAMPLE.ORG",
        domain="EXAMPLE",
        hostname="dc1",
        hostip="127.0.0.1",
        adminpass="administrator's Passw0rd",
        serverrole="domain controller",
        dom_for_fun_level=DS_DOMAIN_FUNCTION_2008_R2,
        base_schema="2012_R2",
        dns_backend="NONE",
        useeadb=True,
        use_rfc2307=True,
        skip_sysvolacl=True,
        lp=LoadParm(str(configuration)),
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
