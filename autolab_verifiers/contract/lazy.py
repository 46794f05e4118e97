"""Attributes that are computed when somebody first asks for them, and are plain attributes from then on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

__all__ = ["lazy"]

_T = TypeVar("_T")


class lazy(Generic[_T]):  # noqa: N801 - it stands where `property` would
    """``name = lazy(compute)``: *compute* is given the object. What it raises is not kept: the next one asks again.

    ``functools.cached_property`` would do, but it takes a lock each time it computes, and rules ask for a new object's
    attributes ten thousand times.
    """

    def __init__(self, compute: Callable[[Any], _T]) -> None:
        self._compute = compute
        self._name = ""
        self.__doc__ = compute.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, found: None, owner: type) -> lazy[_T]: ...

    @overload
    def __get__(self, found: object, owner: type | None = None) -> _T: ...

    def __get__(self, found: object | None, owner: type | None = None) -> lazy[_T] | _T:
        if found is None:
            return self
        value = self._compute(found)
        # Not `__set__`: what stands in the object's own dict is found before this, without a call.
        vars(found)[self._name] = value
        return value
