"""HTML as a browser would take it apart."""

from html.parser import HTMLParser

import attrs


@attrs.define
class Page(HTMLParser):
    """The elements of a page with their attributes, and its texts."""

    elements: list[tuple[str, dict[str, str]]] = attrs.field(factory=list)
    texts: list[str] = attrs.field(factory=list)

    def __attrs_pre_init__(self):
        super().__init__()

    @classmethod
    def of(cls, html: str) -> "Page":
        page = cls()
        page.feed(html)
        page.close()
        return page

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_data(self, data):
        if data.strip():
            self.texts.append(data.strip())

    @property
    def skeleton(self) -> list[tuple[str, list[str]]]:
        """What no outsider writes: the elements in their order, and their attributes' names."""
        return [(tag, sorted(attributes)) for tag, attributes in self.elements]

    @property
    def text(self) -> str:
        """All texts, with single spaces."""
        return " ".join(" ".join(self.texts).split())

    def values(self, tag: str, name: str) -> list[str]:
        """What this attribute has on each such element that has it."""
        return [each[name] for found, each in self.elements if found == tag and name in each]

    def has_the_places_of(self, expected: "Page", name: str) -> bool:
        """Whether each text is the *expected* page's up to where *name* begins in that."""
        return len(expected.texts) == len(self.texts) and all(
            told.startswith(like.partition(name)[0]) if name in like else like == told
            for like, told in zip(expected.texts, self.texts, strict=True)
        )
