"""When the search for reference cycles is off."""

import gc

import pytest

from app.utils.garbage import not_collecting
from app.utils.setup_modules import discover_modules


def test_nothing_is_collected_while_modules_are_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    collecting: list[bool] = []

    def note(*_: object) -> object:
        collecting.append(gc.isenabled())
        raise ImportError

    monkeypatch.setattr("app.utils.setup_modules.import_module", note)
    with pytest.raises(ImportError):
        discover_modules()
    assert collecting == [False]
    assert gc.isenabled()


def test_what_was_off_before_stays_off() -> None:
    gc.disable()
    try:
        with not_collecting():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
