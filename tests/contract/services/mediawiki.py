"""A real MediaWiki on a loopback port: installed once, as new for every test."""

import json
import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from shutil import copytree, rmtree
from tempfile import TemporaryDirectory

import attrs
import requests

from tests.contract.services.openldap import free_port

CODE = Path("/usr/share/mediawiki")
PHP = Path("/usr/bin/php")
PACKAGES = "mediawiki micro-httpd php-cli php-sqlite3"

PAGE = "Tool:Gitlab-account-approval/Log"
EDITING = "basic,editpage,createeditmovepage,highvolume"
READING = "basic"


@attrs.frozen
class Bot:
    """An account, and a bot password of it."""

    account: str
    app: str
    grants: str = EDITING

    @property
    def user(self) -> str:
        return f"{self.account}@{self.app}"

    @property
    def password(self) -> str:
        """1.39 knows bot passwords by their form: 32 or more of 0-9 and a-w (BotPassword.php)."""
        return f"{self.app:0>32}"


GLAAB = Bot("Glaab", "log")
READER = Bot("Glaab", "read", READING)
BANISHED = Bot("Banished", "log")
BOTS = (GLAAB, READER, BANISHED)

_SETTINGS = r"""<?php
$wgSitename = 'Wikitech';
$wgServer = 'http://127.0.0.1';
$wgScriptPath = '/w';
$wgSecretKey = str_repeat( '5', 64 );
$wgDiff3 = '/usr/bin/diff3';

$switches = json_decode( file_get_contents( __DIR__ . '/switches.json' ), true );

// as the installer has it: what is kept for later has a database of its own
$wgDBtype = 'sqlite';
$wgDBname = 'wiki';
$wgSQLiteDataDir = $switches['data'];
$sqlite = [
	'type' => 'sqlite',
	'dbDirectory' => $wgSQLiteDataDir,
	'tablePrefix' => '',
	'variables' => [ 'synchronous' => 'OFF' ],
	'flags' => 0,
];
$wgDBservers = [ [ 'dbname' => 'wiki', 'load' => 1 ] + $sqlite ];
$wgObjectCaches[CACHE_DB] = [
	'class' => SqlBagOStuff::class,
	'server' => [ 'dbname' => 'wikicache', 'trxMode' => 'IMMEDIATE' ] + $sqlite,
];
$wgMainCacheType = $wgSessionCacheType = CACHE_DB;
$wgCacheDirectory = __DIR__;
$wgLocalisationCacheConf['store'] = 'array';
$wgJobRunRate = 0;

// as Wikitech has it
$wgExtraNamespaces = [ 116 => 'Tool', 117 => 'Tool_talk' ];
$wgNamespacesWithSubpages[116] = true;
$wgGroupPermissions['*']['edit'] = false;

foreach ( $switches['extensions'] as $name ) {
	wfLoadExtension( $name );
}
foreach ( $switches['settings'] as $name => $value ) {
	$GLOBALS[$name] = is_array( $value )
		? array_replace_recursive( $GLOBALS[$name] ?? [], $value ) : $value;
}
$wgHooks['ApiMaxLagInfo'][] = static function ( &$info ) use ( $switches ) {
	$info = [ 'host' => 'db1', 'lag' => $switches['lag_s'], 'type' => 'db' ];
};
"""

_BLOCK_FROM_A_PAGE = (
    "$page = Title::newFromText( '{title}' )->getArticleID();"
    " $from = new MediaWiki\\Block\\Restriction\\PageRestriction( 0, $page );"
    " $admin = User::newFromName( 'Admin' );"
    " $factory = MediaWiki\\MediaWikiServices::getInstance()->getBlockUserFactory();"
    " $block = [ '{account}', $admin, 'infinity', 'A bad bot', [], [ $from ] ];"
    " if ( !$factory->newBlockUser( ...$block )->placeBlockUnsafe()->isOK() ) {{ exit( 1 ); }}"
)


@attrs.define(kw_only=True)
class MediaWiki:
    """A wiki in the shape of Wikitech, what is on it, and what is wrong with it."""

    folder: Path
    port: int
    _data: Path = attrs.field(init=False)
    _copies: int = 0
    _process: subprocess.Popen[bytes] | None = None

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """Where `api.php` lives."""
        return f"{self.origin}/w/"

    # as new

    def install(self) -> None:
        """Make the wiki that every other one is a copy of."""
        (self.folder / "compiled").mkdir()
        (self.folder / "web").mkdir()
        (self.folder / "web" / "w").symlink_to(CODE)
        self._use("template")
        self._data.mkdir()
        place = f"--dbtype=sqlite --dbname=wiki --dbpath={self._data} --confpath={self.folder}"
        admin = "--pass=the-admin's-password Wikitech Admin"
        self.run("install", *place.split(), "--extensions=AbuseFilter", *admin.split())
        (self.folder / "settings.php").write_text(_SETTINGS)
        with self._database("wiki") as database:
            gitlab = ("gitlab", "https://gitlab.wikimedia.org/$1", "", "", 0, 0)
            database.execute("INSERT INTO interwiki VALUES (?, ?, ?, ?, ?, ?)", gitlab)
        self.run("createAndPromote", "--bot", "Glaab", "the-main-password")
        self.run("createAndPromote", "Banished", "the-main-password")
        for bot in BOTS:
            options = f"--appid {bot.app} --grants {bot.grants} {bot.account} {bot.password}"
            self.run("createBotPassword", *options.split())
        self.block("Banished")

    def renew(self) -> None:
        """Be a wiki with accounts and nothing else, whatever was done to it before."""
        self._copies += 1
        old, new = self._data, self.folder / f"copy{self._copies}"
        copytree(self.folder / "template", new)
        self._use(new.name)
        if old.name != "template":
            rmtree(old, ignore_errors=True)

    def _use(self, name: str) -> None:
        """
        Have the data in the folder *name*.

        A request that is still at its last duties keeps the files that it has.
        """
        self._data = self.folder / name
        self.configure()

    def configure(
        self, *, extensions: Collection[str] = (), lag_s: int = 0, **settings: object
    ) -> None:
        """Have these extensions, lag and settings (arrays are merged), and no others."""
        switches = {"extensions": extensions, "lag_s": lag_s, "settings": settings}
        new = self.folder / "switches.new"
        new.write_text(json.dumps(switches | {"data": str(self._data)}))
        new.rename(self.folder / "switches.json")

    # what is on it

    def save(self, text: str, title: str = PAGE, user: str = "Admin") -> None:
        """Make *text* the text of a page."""
        self.run("edit", "--user", user, title, given=text)

    def text(self, title: str = PAGE) -> str | None:
        """What is on a page; None if it is missing."""
        revisions = self.revisions(title)
        return revisions[0]["slots"]["main"]["content"] if revisions else None

    def revisions(self, title: str = PAGE) -> list[dict[str, object]]:
        """The revisions of a page, newest first."""
        (page,) = self.ask(
            action="query",
            titles=title,
            prop="revisions",
            rvprop="ids|content|user|comment|parsedcomment|flags",
            rvslots="main",
            rvlimit="50",
        )["query"]["pages"]
        return page.get("revisions", [])

    def ask(self, **parameters: str) -> dict:
        """What the action API answers to anybody."""
        common = {"format": "json", "formatversion": "2"}
        response = requests.get(f"{self.url}api.php", parameters | common, timeout=30)
        return response.json()

    def delete(self, title: str = PAGE) -> None:
        self.run("deleteBatch", given=title)

    def protect(self, title: str = PAGE) -> None:
        """Only administrators may edit it from now on."""
        self.run("protect", title)

    def include_and_protect(self, title: str = PAGE) -> None:
        """Have another page include it, and protect that one with all that it includes."""
        self.save(f"{{{{{title}}}}}", "Main Page")
        self.run("protect", "--cascade", "Main Page")

    def block_from(self, account: str, title: str = PAGE) -> None:
        """Block from this page alone."""
        self.run("eval", given=_BLOCK_FROM_A_PAGE.format(account=account, title=title))

    def block(self, account: str) -> None:
        self.run("blockUsers", "--disable-autoblock", "--reason", "A bad bot", given=account)

    def filter(self, added: str, consequence: str) -> None:
        """Have AbuseFilter do this about edits that add lines with this text."""
        self.configure(extensions=["AbuseFilter"])
        pattern = f'added_lines contains "{added}"'
        with self._database("wiki") as database:
            database.execute(
                "INSERT INTO abuse_filter (af_pattern, af_user, af_user_text, af_timestamp,"
                " af_public_comments, af_actions) VALUES (?, 1, 'Admin', '20261122000000', 'A', ?)",
                (pattern, consequence),
            )
            database.execute("INSERT INTO abuse_filter_action VALUES (1, ?, '')", (consequence,))

    def forget_sessions(self) -> None:
        """Log everybody out."""
        with self._database("wikicache") as database:
            database.execute("DELETE FROM objectcache WHERE keyname LIKE '%:MWSession:%'")

    # its machinery

    def run(self, script: str, *arguments: str, given: str = "") -> None:
        """Run a maintenance script, with *given* as its input."""
        done = subprocess.run(
            [*self._php, CODE / "maintenance" / f"{script}.php", *arguments],
            input=given.encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self._environment,
        )
        if done.returncode:
            raise RuntimeError(f"{script} failed: {done.stdout.decode(errors='replace')}")

    @contextmanager
    def _database(self, name: str) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._data / f"{name}.sqlite")) as database, database:
            yield database

    @property
    def _php(self) -> list[str | Path]:
        """
        Scripts start thrice as fast when they find each other's code compiled.

        APCu, if it is there, would remember in one wiki what it saw in another.
        """
        compiled = f"opcache.file_cache={self.folder / 'compiled'}"
        return [PHP, "-d", "apc.enabled=0", "-d", "opcache.enable_cli=1", "-d", compiled]

    @property
    def _environment(self) -> dict[str, str]:
        settings = str(self.folder / "settings.php")
        return dict(os.environ) | {"MW_CONFIG_FILE": settings, "PHP_CLI_SERVER_WORKERS": "2"}

    def start(self) -> None:
        command = [*self._php, "-S", f"127.0.0.1:{self.port}", "-t", self.folder / "web"]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command, env=self._environment, stdout=log, stderr=log, start_new_session=True
            )
        while True:
            try:
                self.ask(action="query", meta="siteinfo")
            except requests.ConnectionError:
                if self._process.poll() is not None:
                    raise RuntimeError((self.folder / "log").read_text()) from None
                time.sleep(0.02)
            else:
                return

    def stop(self) -> None:
        """End it and its workers, which are its process group. Idempotent."""
        if self._process:
            os.killpg(self._process.pid, signal.SIGTERM)
            self._process.wait()
            self._process = None


@contextmanager
def mediawiki() -> Iterator[MediaWiki]:
    """MediaWiki, until the block ends; `renew` makes it as new."""
    if not (CODE / "maintenance" / "install.php").exists() or not PHP.exists():
        raise RuntimeError(
            "a real MediaWiki is not installed: `make contract` installs it, or"
            f" apt-get install --no-install-recommends {PACKAGES} (Debian 12)"
        )
    with TemporaryDirectory(prefix="glaab-mediawiki-") as name:
        wiki = MediaWiki(folder=Path(name), port=free_port())
        wiki.install()
        wiki.renew()
        try:
            wiki.start()
            yield wiki
        finally:
            wiki.stop()
