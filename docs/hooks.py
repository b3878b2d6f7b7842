"""The site holds the pages beside docs/ too, and all links between them lead to its pages."""

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from state_picture import picture  # beside this file

ROOT = Path(__file__).parents[1]
BESIDE = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "CHANGELOG.md": "changelog.md",
}
LINK = re.compile(r"\[([^\]]+)\]\(([^)#\s:]+)(#[^)\s]*)?\)")
ATTRIBUTE = re.compile(r'\b(src|srcset|href)="([^":#]+)"')
DIAGRAM = re.compile(r"^```mermaid\n.*?^```$", re.MULTILINE | re.DOTALL)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that stand beside docs/."""
    for name, uri in BESIDE.items():
        text = (ROOT / name).read_text(encoding="utf-8")
        files.append(File.generated(config, uri, content=text))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001  # as called
    """Turn links between files of the repository into links between pages of the site."""
    uri = page.file.src_uri
    own = next((name for name in BESIDE if BESIDE[name] == uri), f"docs/{uri}")

    def address(target: str) -> str:
        there = _page_of(posixpath.normpath(posixpath.join(posixpath.dirname(own), target)))
        return there and posixpath.relpath(there, posixpath.dirname(uri) or ".")

    def link(found: re.Match[str]) -> str:
        text, target, anchor = found.groups(default="")
        there = address(target)
        return f"[{text}]({there}{anchor})" if there else text

    def attribute(found: re.Match[str]) -> str:
        return f'{found[1]}="{address(found[2]) or found[2]}"'

    with_links = ATTRIBUTE.sub(attribute, LINK.sub(link, markdown))
    return DIAGRAM.sub(lambda _: picture(), with_links)


def _page_of(path: str) -> str:
    """Where the site has a file of the repository; empty if it has not."""
    if (ROOT / path).is_dir():
        path = f"{path}/index.md"
    if path in BESIDE:
        return BESIDE[path]
    in_the_site = path.startswith("docs/") and not path.endswith(".py")
    return path.removeprefix("docs/") if in_the_site else ""
