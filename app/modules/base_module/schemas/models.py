"""The base models: RequestModel for bodies, which are checked strictly, and ResponseModel for responses."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, create_model, field_validator
from pydantic_core import to_jsonable_python

from app.modules.base_module.schemas.types import check_storable
from app.services.parts import Part
from app.utils.module import Modules, ModulesError

Model = TypeVar("Model", bound=BaseModel)


class RequestModel(BaseModel):
    """The base of request bodies. Refuses unknown fields, and values that the database cannot store."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    # Not a method, which would be one more call for each field.
    _can_be_stored = field_validator("*", mode="after")(check_storable)


class ResponseModel(BaseModel):
    """The base of responses and of their parts."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


def extended(
    base: type[Model], fields: Mapping[str, Any], example: Mapping[str, Any], *, name: str | None = None
) -> type[Model]:
    """Returns the model with additional fields, under its own name or `name`.

    They are the fields that modules contribute to one application. `fields` have the form that `pydantic.create_model`
    takes. `example` is added to the model's example.
    """
    if not fields:
        return base
    extra = base.model_config.get("json_schema_extra")
    shown = extra.get("example") if isinstance(extra, dict) else None
    model = create_model(
        name or base.__name__, __base__=base, __doc__=base.__doc__, __module__=base.__module__, **fields
    )
    if isinstance(shown, dict):
        model.model_config["json_schema_extra"] = {"example": {**shown, **to_jsonable_python(example)}}
        model.model_rebuild(force=True)
    return model


class Named(Protocol):
    """A contribution that adds a field of this name."""

    @property
    def name(self) -> str: ...


def check_names(base: type[BaseModel], contributions: Iterable[Named]) -> None:
    """Raises ModulesError for a contributed field that the model, or another contribution, already has."""
    taken = set(base.model_fields)
    for contribution in contributions:
        if contribution.name in taken:
            raise ModulesError(
                f"a module contributes the {type(contribution).__name__} {contribution.name!r}: {base.__name__} has "
                f"a field {contribution.name!r} already"
            )
        taken.add(contribution.name)


def with_parts(base: type[Model], parts: Sequence[Part], modules: Modules) -> type[Model]:
    """Returns the model of a response of one application with the fields of the given parts.

    Raises ModulesError for a field that the model already has.
    """
    parts = [part for part in parts if part.read is not None]
    check_names(base, parts)
    fields = {part.name: (part.annotation(modules), ...) for part in parts}
    return extended(base, fields, {part.name: part.empty for part in parts})


def with_updates(base: type[Model], parts: Sequence[Part]) -> type[Model]:
    """Returns the model of a PATCH body with the fields of those parts that can be set.

    Raises ModulesError for a field that the model already has.
    """
    parts = [part for part in parts if part.apply is not None]
    check_names(base, parts)
    return extended(base, {part.name: (part.update, None) for part in parts}, {})
