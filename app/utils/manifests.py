"""Reads names, settings and rate limits from a manifest without running it, which would import the framework."""

import ast
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

from app.settings import PROJECT_ROOT, SettingsGroup
from app.settings.limits_settings import RateLimit
from app.utils.module import Module

_LITERALS = {"name", "depends_on", "left_out_with", "on_by_default"}


class _NeedsImport(Exception):
    """A value is computed, or its definition cannot be found by parsing."""


def read_manifest(manifest: Path) -> Module | None:
    """Returns the module with its names, settings and rate limits; None if that requires running the manifest.

    The file that defines the settings is imported if it is not the manifest itself.
    """
    for node in ast.walk(_parse(manifest)):
        match node:
            case ast.Call(func=ast.Name(id="Module"), keywords=keywords):
                given = {keyword.arg: keyword.value for keyword in keywords if keyword.arg is not None}
                try:
                    return Module(
                        description="",
                        settings=_settings(manifest, given.get("settings")),
                        contributes=tuple(_limits(manifest, given.get("contributes"))),
                        **{name: ast.literal_eval(given[name]) for name in _LITERALS & set(given)},
                    )
                except (TypeError, ValueError, _NeedsImport):
                    return None
    return None


def _parse(file: Path) -> ast.Module:
    return _parse_text(file.read_bytes())


@cache
def _parse_text(text: bytes) -> ast.Module:
    return ast.parse(text)


def _settings(manifest: Path, value: ast.expr | None) -> type[SettingsGroup] | None:
    match value:
        case None | ast.Constant(value=None):
            return None
        case ast.Name(id=name) if (origin := _origin(manifest, name)) is not None:
            group = getattr(import_module(origin[0]), origin[1])
            assert isinstance(group, type) and issubclass(group, SettingsGroup)  # noqa: S101, PT018
            return group
    raise _NeedsImport


def _limits(file: Path, value: ast.expr | None, *, is_unpacked: bool = False) -> Iterator[RateLimit]:
    """Yields the rate limits among the contributions. The settings do not need the other ones: calls of classes.

    Raises _NeedsImport for what is computed.
    """
    match value:
        case None:
            return
        case ast.Tuple(elts=elements):
            for element in elements:
                if isinstance(element, ast.Starred):
                    yield from _limits(file, element.value, is_unpacked=True)
                else:
                    yield from _limits(file, element)
        case ast.Name(id=name):
            yield from _limits(*_definition(file, name), is_unpacked=is_unpacked)
        case ast.Call(func=ast.Name(id=name), args=given, keywords=more) if not is_unpacked:
            origin = _origin(file, name)
            if name == "RateLimit" or (origin is not None and origin[1] == "RateLimit"):
                yield _limit(given, more)
            elif not _is_class(name):
                yield from _limits(*_definition(file, name))
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name))) if _is_class(name) and not is_unpacked:
            # `ChatPurge.of_rows(...)`: a class method makes an object of its class.
            return
        case _:
            raise _NeedsImport


def _is_class(name: str) -> bool:
    return name.lstrip("_")[:1].isupper()


def _limit(given: list[ast.expr], more: list[ast.keyword]) -> RateLimit:
    named = {word.arg: ast.literal_eval(word.value) for word in more if word.arg is not None}
    if len(named) < len(more):
        raise _NeedsImport
    return RateLimit(*map(ast.literal_eval, given), **named)


def _definition(file: Path, name: str) -> tuple[Path, ast.expr]:
    """Returns the file that defines a name, and the value assigned there. Follows an import inside the project.

    Of a function it returns a call of the class of the project that it is annotated with.
    """
    for node in _parse(file).body:
        match node:
            case ast.Assign(targets=[ast.Name(id=assigned)], value=value) if assigned == name:
                return file, value
            case ast.AnnAssign(target=ast.Name(id=assigned), value=ast.expr() as value) if assigned == name:
                return file, value
            case ast.FunctionDef(name=defined, returns=ast.Name(id=kind)) if defined == name:
                if not (_origin(file, kind) or ("",))[0].startswith("app."):
                    raise _NeedsImport
                return file, ast.Call(func=ast.Name(id=kind), args=[], keywords=[])
    origin = _origin(file, name)
    if origin is None:
        raise _NeedsImport
    path = PROJECT_ROOT / origin[0].replace(".", "/")
    source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    if not source.is_file():
        raise _NeedsImport
    return _definition(source, origin[1])


def _origin(file: Path, name: str) -> tuple[str, str] | None:
    """Returns the Python module that a name is imported from, and its name there."""
    for node in _parse(file).body:
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module is not None:
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    return node.module, alias.name
    return None
