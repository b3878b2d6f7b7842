"""Check that a built site fetches nothing from elsewhere: `offline_site.py build/docs`."""

import re
import sys
from html.parser import HTMLParser
from pathlib import Path

FETCHING = {
    "audio": "src",
    "base": "href",
    "embed": "src",
    "form": "action",
    "iframe": "src",
    "img": "src",
    "link": "href",
    "object": "data",
    "script": "src",
    "source": "src",
    "video": "src",
}
ELSEWHERE = re.compile(r"(?:[a-z]+:)?//", re.IGNORECASE)
IN_STYLES = re.compile(r"""(?:@import|url\()\s*["']?((?:https?:)?//[^"')]+)""", re.IGNORECASE)


class Page(HTMLParser):
    """Remembers what a browser would fetch from elsewhere."""

    def __init__(self, text):
        super().__init__()
        self.fetched = IN_STYLES.findall(text)
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        address = dict(attrs).get(FETCHING.get(tag, "")) or ""
        if ELSEWHERE.match(address):
            self.fetched.append(address)


def fetched_from_elsewhere(site):
    """Every address, by the page or style sheet that would fetch it."""
    for path in sorted(site.rglob("*")):
        if path.suffix == ".html":
            yield from ((path, each) for each in Page(path.read_text()).fetched)
        elif path.suffix == ".css":
            yield from ((path, each) for each in IN_STYLES.findall(path.read_text()))


def main(site):
    found = list(fetched_from_elsewhere(site))
    for path, address in found:
        print(f"{path.relative_to(site)}: {address}")  # noqa: T201  # its purpose
    pages = sum(1 for _ in site.rglob("*.html"))
    print(f"{pages} pages, which fetch {len(found)} things from elsewhere")  # noqa: T201
    return bool(found) or not pages


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
