"""How a client's methods are derived from operations, each of which is one function that returns a flow.

An operation's module is imported when its method is first looked up, and the method is made then.
"""

from __future__ import annotations

import functools
import importlib
import inspect
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, cast

if TYPE_CHECKING:
    from paraph.client import AsyncClient, Client
    from paraph.flow.commands import Flow
    from paraph.ops.kernel import Kernel

P = ParamSpec("P")
R = TypeVar("R")


class Operations:
    """A module of operations that is not imported yet."""

    def __init__(self, name: str) -> None:
        self._name = f"paraph.ops.{name}"

    def __getattr__(self, operation: str) -> Callable[[], Callable[..., Any]]:
        return lambda: getattr(importlib.import_module(self._name), operation)


class _Method:
    """A method that is made when it is first looked up, of an operation that is imported then."""

    def __init__(self, make: Callable[[], Callable[..., Any]]) -> None:
        self._make = make

    def __set_name__(self, owner: type, name: str) -> None:
        self._owner, self._name = owner, name

    def __get__(self, client: object, owner: type | None = None) -> Any:
        method = self._make()
        setattr(self._owner, self._name, method)  # from now on it is an ordinary method
        return method if client is None else method.__get__(client, owner)


def blocking(
    operation: Callable[Concatenate[Kernel, P], Flow[R]],
) -> Callable[Concatenate[Client, P], R]:
    """Derive a blocking method from an operation."""

    def make(operation: Callable[..., Flow[Any]]) -> Callable[..., Any]:
        @functools.wraps(operation)
        def method(self: Client, /, *args: Any, **kwargs: Any) -> Any:
            return self._runner.run(operation(self._kernel, *args, **kwargs))

        return method

    return _later(operation, make)


def awaitable(
    operation: Callable[Concatenate[Kernel, P], Flow[R]],
) -> Callable[Concatenate[AsyncClient, P], Coroutine[Any, Any, R]]:
    """Derive an awaitable method from an operation."""

    def make(operation: Callable[..., Flow[Any]]) -> Callable[..., Any]:
        @functools.wraps(operation)
        async def method(self: AsyncClient, /, *args: Any, **kwargs: Any) -> Any:
            return await self._runner.run(operation(self._kernel, *args, **kwargs))

        return method

    return _later(operation, make)


def _later(
    find: Callable[..., Any], make: Callable[[Callable[..., Any]], Callable[..., Any]]
) -> Callable[..., Any]:
    """Return a method that finds its operation when it is first looked up.

    :param find: to a type checker the operation itself; see :class:`Operations`.
    """

    def made() -> Callable[..., Any]:
        operation = find()
        return _documented(make(operation), operation)

    return cast("Callable[..., Any]", _Method(made))


def _documented(method: Callable[..., Any], operation: Callable[..., Any]) -> Callable[..., Any]:
    """Show the method's own signature: ``self`` in place of the kernel, the value in place of the flow."""
    del method.__wrapped__  # type: ignore[attr-defined]  # set by functools.wraps
    signature = inspect.signature(operation)
    parameters = list(signature.parameters.values())
    returned = str(signature.return_annotation)
    inner = returned[len("Flow[") : -1] if returned.startswith("Flow[") else returned
    parameters[0] = parameters[0].replace(name="self", annotation=inspect.Parameter.empty)
    method.__signature__ = signature.replace(parameters=parameters, return_annotation=inner)  # type: ignore[attr-defined]  # read by inspect and the documentation
    method.__annotations__ = {**operation.__annotations__, "return": inner}
    method.__annotations__.pop("kernel", None)
    return method
