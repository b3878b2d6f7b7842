"""Splits what is asked about into parts that a server takes at once."""

import math
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def in_batches(
    items: Iterable[T],
    max_items: int,
    max_length: float = math.inf,
    length: Callable[[T], int] = lambda _: 0,
) -> Iterator[list[T]]:
    """*items* in order, in parts within both limits; one that is too long is a part of its own."""
    batch: list[T] = []
    total = 0
    for item in items:
        total += length(item)
        if batch and (len(batch) == max_items or total > max_length):
            yield batch
            batch, total = [], length(item)
        batch.append(item)
    if batch:
        yield batch
