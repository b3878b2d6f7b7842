"""The catalogue of faults: everything that can happen to one request, in every variant."""

import json
from collections.abc import Callable, Collection, Iterator
from functools import partial

import attrs
import requests
from urllib3.exceptions import NewConnectionError

from tests.contract.wire import (
    Disconnect,
    Intervention,
    Request,
    Response,
    acts_then_disconnects,
    json_response,
    text_response,
)

ELSEWHERE = "http://elsewhere.example/login"
_HTML = "<!DOCTYPE html><html><body><h1>Wikimedia Error</h1></body></html>"
_GERRIT_MAGIC = b")]}'\n"


@attrs.frozen
class Fault:
    """Something that happens to a request."""

    name: str
    intervene: Intervention
    says: str
    """A pattern of the cause, as people are told it."""
    acts: bool = False
    """Whether the server does what it was asked for; of a read it makes no difference."""

    def __str__(self) -> str:
        return f"{self.name} after it acted" if self.acts else self.name


def every_fault() -> Iterator[Fault]:
    """Whatever can happen to any request."""
    yield from breakdowns()
    yield from refusals()
    yield from validate()


def breakdowns() -> Iterator[Fault]:
    """The connection is at fault, before or after the server acted."""
    yield Fault("refused", _raises(_refused), "refused")
    yield Fault("unreachable", _raises(requests.ConnectTimeout), "could not be reached in time")
    late = "did not answer in time"
    yield Fault("no answer", _raises(requests.ReadTimeout), late)
    yield Fault("no answer", _raises(requests.ReadTimeout, acts=True), late, acts=True)
    yield Fault("reset", _raises(Disconnect), "reset")
    yield Fault("reset", acts_then_disconnects, "reset", acts=True)
    yield Fault("cut off", _cut_off, "cut off|IncompleteRead|not JSON|expected")


def refusals() -> Iterator[Fault]:
    """The server, or a proxy before it, answers with a status that is not success."""
    for status in (400, 401, 403, 404, 409, 500, 503):
        body = {"message": f"{status} said the server"}
        yield _answer(str(status), json_response(body, status), f"HTTP {status}|{_NOT_SHOWN}")
    yield _answer("404 HTML", _html(404), f"HTTP 404|{_NOT_SHOWN}")
    yield _answer("502 HTML", _html(502), "HTTP 502")
    yield _answer("502 HTML", _html(502), "HTTP 502", acts=True)
    for name, wait in (("short", "1"), ("long", "3600"), ("non-numeric", "soon")):
        limited = json_response({"message": "slow down"}, 429, **{"Retry-After": wait})
        yield _answer(f"429 {name}", limited, "fewer requests")
    moved = Response(status=302, headers={"Location": ELSEWHERE})
    yield _answer("redirect elsewhere", moved, "redirects elsewhere")
    nowhere = Response(status=302, headers={"Location": "//["})
    yield _answer("redirect nowhere", nowhere, "could not be used")
    odd = text_response("\xff" * 9, 503, "text/plain; charset=idna")
    yield _answer("503 in no charset", odd, "HTTP 503")


_NOT_SHOWN = "missing or not visible|is not visible|kept outside Gerrit|not exist any more"
"""What Gerrit and GitLab mean by some of these."""


def validate() -> Iterator[Fault]:
    """HTTP 200, with something that is no answer; a write may have been done or not."""
    for name, response in {
        "HTML": text_response(_HTML, 200, "text/html"),
        "empty 200": Response(headers={"Content-Type": "application/json"}),
        "nested too deeply": text_response("[" * 100_000, 200, "application/json"),
    }.items():
        yield _answer(name, response, _UNEXPECTED)
        yield _answer(name, response, _UNEXPECTED, acts=True)
    for how, spoil in (("another type", _other), ("null", _null)):
        yield Fault(how, partial(_spoils, [()], spoil), _UNEXPECTED, acts=True)


def refusals_of_the_wiki() -> Iterator[Fault]:
    """What MediaWiki and its Extension:OAuth say, with HTTP 200 or half an answer."""
    unchecked = "The authorization headers in your request are not valid: Nonce already used: 7"
    nonce = {"code": "mwoauth-invalid-authorization", "info": unchecked}
    for acts in (False, True):  # a proxy that sends a request twice has the second one refused
        yield _answer("nonce used", json_response({"error": nonce}), "just now", acts=acts)
    block = {"blockid": 4, "blockedby": "Admin", "blockreason": "x", "blockexpiry": "infinite"}
    blocked = {"code": "blocked", "info": "You have been blocked.", "blockinfo": block}
    yield _answer("blocked", json_response({"error": blocked}), "by Admin with no end: x .*block 4")
    broken = text_response(f'{{"error":{{"code":"internal_api_error_x"}}}}{_HTML}', 500)
    yield _answer("500 JSON and HTML", broken, "HTTP 500", acts=True)


_UNEXPECTED = (
    "not JSON|unexpected shape|HTTP 200|HTTP 404|not the action API|nested|hides|no .* token"
)


def _refused() -> Exception:
    said = "Failed to establish a new connection: [Errno 111] Connection refused"
    return requests.ConnectionError(NewConnectionError(None, said))  # type: ignore[arg-type]


def _raises(error: Callable[[], Exception], *, acts: bool = False) -> Intervention:
    def intervene(_: Request, handle: Callable[[], Response]) -> Response:
        if acts:
            handle()
        raise error()

    return intervene


def _cut_off(_: Request, handle: Callable[[], Response]) -> Response:
    response = handle()
    return attrs.evolve(response, cut_to=len(response.body) // 2)


def _html(status: int) -> Response:
    return text_response(_HTML, status, "text/html")


def _answer(name: str, response: Response, says: str, *, acts: bool = False) -> Fault:
    def intervene(_: Request, handle: Callable[[], Response]) -> Response:
        if acts:
            handle()
        return response

    return Fault(name, intervene, says, acts)


# -- faults of a part of the true answer


Path = tuple[str, ...]
"""The keys from the top of an answer to a value; `[]` for every element of a list."""
Spoil = Callable[[dict, str], None]


def spoilt(answer: Response, read: Collection[str]) -> Iterator[Fault]:
    """Each field that may be *read* missing, null, and of another type; the others all at once."""
    yield from _spoilt(_content(answer), read, _spoils)


def spoilt_user(shown: dict, read: Collection[str]) -> Iterator[Fault]:
    """The same, of one user of GitLab who is *shown* so, in whatever answer."""
    yield from _spoilt(shown, read, partial(_spoils_user, shown["id"]))


def _spoilt(
    content: object, read: Collection[str], spoils: Callable[..., Response]
) -> Iterator[Fault]:
    everything = sorted(_paths(content) - {()})
    unread = [path for path in everything if not set(path) & set(read)]
    several = [[path] for path in everything if path not in unread]
    for where in [*several, unread] if unread else several:
        name = ".".join(where[0]) if where is not unread else "what nobody reads"
        for how, spoil in (("without", _without), ("null", _null), ("another type", _other)):
            yield Fault(f"{how} {name}", partial(spoils, where, spoil), ".")


def _paths(content: object, above: Path = ()) -> set[Path]:
    """Where there is a value in *content*."""
    if isinstance(content, list):
        return {above}.union(*(_paths(each, (*above, "[]")) for each in content)) - {(*above, "[]")}
    if isinstance(content, dict):
        return {above}.union(*(_paths(each, (*above, key)) for key, each in content.items()))
    return {above}


def _spoils(
    where: Collection[Path], spoil: Spoil, _: Request, handle: Callable[[], Response]
) -> Response:
    answer = handle()
    whole = {"": _content(answer)}
    for path in where:
        _at(whole, ("", *path), spoil)
    prefix = _GERRIT_MAGIC if answer.body.startswith(_GERRIT_MAGIC) else b""
    return attrs.evolve(answer, body=prefix + json.dumps(whole[""]).encode())


def _spoils_user(
    user: int, where: Collection[Path], spoil: Spoil, _: Request, handle: Callable[[], Response]
) -> Response:
    answer = handle()
    content = _content(answer)
    for each in content if isinstance(content, list) else [content]:
        for path in where if each.get("id") == user else ():
            _at(each, path, spoil)
    return attrs.evolve(answer, body=json.dumps(content).encode())


def _at(content: object, path: Path, spoil: Spoil) -> None:
    key, rest = path[0], path[1:]
    if isinstance(content, list):
        for each in content if key == "[]" else ():
            _at(each, rest, spoil)
    elif isinstance(content, dict) and key in content:
        if rest:
            _at(content[key], rest, spoil)
        else:
            spoil(content, key)


def _without(content: dict, key: str) -> None:
    del content[key]


def _null(content: dict, key: str) -> None:
    content[key] = None


def _other(content: dict, key: str) -> None:
    others = {str: 7, int: "7", bool: "no", list: {"0": 1}, dict: [1]}
    content[key] = others.get(type(content[key]), 7.5)


def _content(answer: Response) -> object:
    return json.loads(answer.body.removeprefix(_GERRIT_MAGIC) or b"null")


# -- where a fault strikes


def once(position: int, fault: Fault) -> Intervention:
    """At the request at *position* from now on (0 is the next), and when it is repeated."""
    return _placed(position, fault, lasts=False)


def from_then_on(position: int, fault: Fault) -> Intervention:
    """At the request at *position* from now on, and at every later one."""
    return _placed(position, fault, lasts=True)


def _placed(position: int, fault: Fault, *, lasts: bool) -> Intervention:
    seen: list[Request] = []

    def intervene(request: Request, handle: Callable[[], Response]) -> Response | None:
        seen.append(request)
        later = seen[position:]
        if not later or not (lasts or all(_same(later[0], each) for each in later)):
            return None
        return fault.intervene(request, handle)

    return intervene


def _same(one: Request, other: Request) -> bool:
    return (one.method, one.raw_path, one.query, one.body) == (
        other.method,
        other.raw_path,
        other.query,
        other.body,
    )
