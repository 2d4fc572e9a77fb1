"""Field types of the operator's files: text in, exact integers out, and back to the same text in one unit.

A value that is already an integer passes: it comes from Python, where no unit can be mistaken. Amounts need
the asset as validation context, ``{"symbol": ..., "decimals": ...}``.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

import yaml
from eth_utils import is_checksum_address, keccak
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    ValidationError,
    ValidationInfo,
)

from .errors import ConfigInvalid
from .quantities import (
    parse_amount,
    parse_bps,
    parse_count,
    parse_duration,
    parse_instant,
    show_instant,
)

_ZERO = "0x" + 40 * "0"
_HASH = re.compile(r"0x[0-9a-f]{64}")


# pydantic's kind of error, to the words and the key of the bound
_BOUNDS = {
    "greater_than": ("be over", "gt"),
    "greater_than_equal": ("be at least", "ge"),
    "less_than": ("be under", "lt"),
    "less_than_equal": ("be at most", "le"),
    "multiple_of": ("be a multiple of", "multiple_of"),
    "string_pattern_mismatch": ("match", "pattern"),
    "too_short": ("have entries, at least", "min_length"),
    "too_long": ("have entries, at most", "max_length"),
}


class Section(BaseModel):
    """Base of every section: nothing unknown, nothing coerced, nothing changed afterwards."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _address(value: Any) -> str:
    if not isinstance(value, str) or not is_checksum_address(value):
        raise ValueError(
            f"{value!r} is not a checksummed address; write the mixed-case form that block explorers show"
        )
    if value == _ZERO:
        raise ValueError("the zero address; name an account")
    return value


def _amount(value: Any, info: ValidationInfo) -> Any:
    context = info.context or {}
    return parse_amount(value, context["symbol"], context["decimals"]) if isinstance(value, str) else value


def _parsed(parse: Callable[[str], int]) -> BeforeValidator:
    return BeforeValidator(lambda value: parse(value) if isinstance(value, str) else value)


def _switch(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if value not in ("true", "false"):
        raise ValueError(f"{value!r} is not a switch; write true or false")
    return value == "true"


def _hash(value: Any) -> Any:
    if not isinstance(value, str) or _HASH.fullmatch(value) is None:
        raise ValueError(f"{value!r} is not a hash; write 0x and 64 lower-case hexadecimal digits")
    return value


def _written(unit: str) -> PlainSerializer:
    return PlainSerializer(lambda value: f"{value} {unit}", when_used="json")


Address = Annotated[str, BeforeValidator(_address)]
Amount = Annotated[int, BeforeValidator(_amount), _written("wei")]
Duration = Annotated[int, _parsed(parse_duration), _written("seconds")]
Bps = Annotated[int, _parsed(parse_bps), _written("bps")]
Count = Annotated[int, _parsed(parse_count)]
Instant = Annotated[int, _parsed(parse_instant), PlainSerializer(show_instant, when_used="json")]
Switch = Annotated[bool, BeforeValidator(_switch)]
Hash = Annotated[str, BeforeValidator(_hash)]


def distinct(values: list[Any], what: str) -> list[Any]:
    """Return the values; raises ValueError if one of them, which ``what`` calls by its name, stands twice."""
    twice = next((value for place, value in enumerate(values) if value in values[:place]), None)
    if twice is not None:
        raise ValueError(f"{what} stands twice: {twice}; remove one")
    return values


def document() -> BeforeValidator:
    """Validator of a document's hash: given, or of a file beside the configuration, ``{file: name}``."""
    return BeforeValidator(_document)


def _document(value: Any, info: ValidationInfo) -> Any:
    if not isinstance(value, dict):
        return value
    folder = (info.context or {}).get("folder")
    if set(value) != {"file"} or not isinstance(value["file"], str) or folder is None:
        raise ValueError("name one file, as `document: {file: mandates/agent.md}`, or give its hash")
    try:
        return "0x" + keccak((Path(folder) / value["file"]).read_bytes()).hex()
    except OSError as error:
        raise ValueError(f"{value['file']} cannot be read: {error.strerror}; paths start here") from None


class _Loader(yaml.BaseLoader):
    """YAML whose scalars stay text: `0x…` is no integer and `no` is no switch until a field says so."""


def _unique_mapping(loader: yaml.BaseLoader, node: yaml.MappingNode) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, str):
            raise yaml.constructor.ConstructorError(problem=f"{key!r} is no field name")
        if key in found:
            line = key_node.start_mark.line + 1
            raise yaml.constructor.ConstructorError(problem=f"field {key!r} again in line {line}; remove one")
        found[key] = loader.construct_object(value_node, deep=True)
    return found


_Loader.add_constructor("tag:yaml.org,2002:map", _unique_mapping)


def read_yaml(path: Path) -> Any:
    """Return the content of a YAML file with every scalar as text; raises ConfigInvalid."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except OSError as error:
        raise ConfigInvalid(str(path), [f"cannot be read: {error.strerror}; check the path"]) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise ConfigInvalid(str(path), [f"is not YAML: {reason}"]) from None


def explain(error: ValidationError, model: type[BaseModel]) -> list[str]:
    """Return one line per wrong field: path, what is wrong, remedy."""
    return [line(problem, problem["loc"], _names(model)) for problem in error.errors()]


def line(problem: Any, location: Sequence[str | int], names: Iterable[str]) -> str:
    """Return one line about one of pydantic's errors; ``names`` are the fields that could have been meant."""
    path = field_path(location)
    kind = problem["type"]
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(str(location[-1]), names, n=1)
        remedy = f"did you mean {near[0]}?" if near else "remove it"
        return f"{path}: unknown field; {remedy}"
    if kind == "missing":
        return f"{path}: missing; add it"
    message = _message(problem)
    return f"{path}: {message}" if path else message


def _message(problem: Any) -> str:
    """What is wrong with a value, and the bound that it breaks."""
    bound = _BOUNDS.get(problem["type"])
    given = problem["input"]
    shown = f"{given!r} " if isinstance(given, str | int) else ""
    if bound is not None:
        words, key = bound
        return f"{shown}must {words} {problem['ctx'][key]}"
    if problem["type"] == "value_error":
        return str(problem["ctx"]["error"])
    return f"{shown}{problem['msg'][0].lower()}{problem['msg'][1:]}".replace("input should", "should")


def field_path(location: Iterable[str | int]) -> str:
    """Return ``strategies[1].terms.band`` for ``("strategies", 1, "terms", "band")``."""
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return path


def _names(model: type[BaseModel]) -> list[str]:
    """Names of all fields of a model and of the sections in it."""
    names: set[str] = set()

    def visit(schema: Any) -> None:
        if isinstance(schema, dict):
            names.update(schema.get("properties", {}))
            for value in schema.values():
                visit(value)
        elif isinstance(schema, list):
            for value in schema:
                visit(value)

    visit(model.model_json_schema())
    return sorted(names)
