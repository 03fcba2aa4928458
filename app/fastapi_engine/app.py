"""The application factory of a server process: `uvicorn app.fastapi_engine.app:create_app --factory`."""

import gc

from fastapi import FastAPI

from app.fastapi_engine.constructor import build_app
from app.settings import SettingsError
from app.utils.err_message import stop_with
from app.utils.garbage import collect_rarely, not_collecting
from app.utils.logs import setup_logging
from app.utils.own_settings import load_all_settings
from app.utils.processes import end_with_parent
from app.utils.setup_modules import ModulesError, discover_modules


@not_collecting()
def create_app() -> FastAPI:
    """Reads the settings and builds the application. A worker ends with the process that started it."""
    end_with_parent()
    try:
        settings = load_all_settings(discover_modules())
        setup_logging(settings.log)
        app = build_app(settings)
    except SettingsError as error:
        stop_with(*error.problems)
    except ModulesError as error:
        stop_with(str(error))
    # The objects that exist now live as long as the process. Requests create almost no reference cycles.
    gc.freeze()
    collect_rarely()
    return app
