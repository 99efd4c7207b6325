"""Own functions: the book of what agents may ask for, ours and a team's."""

import importlib
import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

from dialer.actions.booking import book_appointment
from dialer.actions.built_in import do_not_call, lookup_lead, schedule_callback, transfer_note
from dialer.domain.functions import Function
from dialer.errors import UserError

TIMEOUT_MS = 15_000
"""Longer than we let a function take, so that it is us who say so, in words."""
BUILT_IN = {
    one.name: one
    for one in (do_not_call, schedule_callback, book_appointment, lookup_lead, transfer_note)
}


def functions_of(module: str | None) -> Mapping[str, Function]:
    """Give all functions by name: ours, and those of a module, which may replace ours.

    Raises:
        UserError: the module cannot be used.
    """
    own = _found_in(_load(module)) if module else {}
    if module and not own:
        raise UserError(
            f"DIALER_FUNCTIONS_MODULE={module} has no functions",
            fix="write @function above each, from dialer.domain.functions",
        )
    return MappingProxyType(BUILT_IN | own)


def fields_of(one: Function) -> dict[str, Any]:
    """Tell a function's name, what it is for, its arguments, and whose it is."""
    parameters = one.parameters()
    return {
        "name": one.name,
        "about": one.about,
        "arguments": parameters["properties"],
        "needed": parameters.get("required", []),
        "whose": "ours" if one.in_transaction else "yours",
    }


def tool_of(one: Function, *, address: str) -> dict[str, Any]:
    """Write a function as Retell's custom tool; `address` is where Retell reaches us."""
    return {
        "type": "custom",
        "name": one.name,
        "description": one.about,
        "url": f"{address}/functions/{one.name}",
        "method": "POST",
        "args_at_root": False,  # without the call nobody knows whose it is
        "parameters": one.parameters(),
        "speak_during_execution": not one.in_transaction,  # ours answer before one could speak
        "speak_after_execution": True,
        "timeout_ms": TIMEOUT_MS,
        "max_retry": 1,  # a repeat gets the same answer
    }


def _found_in(module: ModuleType) -> dict[str, Function]:
    found = (one for one in vars(module).values() if isinstance(one, Function))
    return {one.name: one for one in found}


def _load(module: str) -> ModuleType:
    try:
        return _from_file(Path(module)) if module.endswith(".py") else _by_name(module)
    except Exception as error:
        raise UserError(
            f"DIALER_FUNCTIONS_MODULE={module} cannot be loaded",
            why=f"{type(error).__name__}: {error}",
            fix="correct the module, or the setting; a file is named with .py at its end",
        ) from error


def _by_name(module: str) -> ModuleType:
    """Import a module, also one in the current directory, as `python -m` would find it."""
    here = str(Path.cwd())
    if here in sys.path:
        return importlib.import_module(module)
    sys.path.append(here)
    try:
        return importlib.import_module(module)
    finally:
        sys.path.remove(here)


def _from_file(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # annotations that are texts are looked up there
    spec.loader.exec_module(module)
    return module
