"""Builds the application from settings and modules."""

from functools import cache, partial
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from app.adapters.clients.http import HttpClient
from app.adapters.db.database import BackgroundDatabase, Database
from app.adapters.db.servers import own_server_address
from app.fastapi_engine.docs import install_docs
from app.fastapi_engine.lifespan import lifespan_of
from app.fastapi_engine.middlewares.cors_middleware import cors_middleware
from app.fastapi_engine.middlewares.errors_middleware import ErrorsMiddleware
from app.fastapi_engine.middlewares.log_middleware import LogMiddleware
from app.fastapi_engine.middlewares.metrics_middleware import MetricsMiddleware
from app.fastapi_engine.middlewares.rate_limit_middleware import RateLimitMiddleware
from app.fastapi_engine.middlewares.security_headers_middleware import SecurityHeadersMiddleware
from app.fastapi_engine.openapi import document
from app.fastapi_engine.problems import Problems, install_problems
from app.fastapi_engine.route_index import RouteIndex, secret_prefixes
from app.fastapi_engine.route_templates import RouteTemplates
from app.services.errors import ProblemMaker
from app.services.http_requests import BearerScheme, CorsHeaders, HttpMiddleware
from app.services.rate_limits import RateLimits
from app.settings import CORE_GROUPS, Mode, Settings, with_own
from app.settings.db_settings import DbSettings
from app.utils.background import Background
from app.utils.container import Container
from app.utils.metric_collectors import MetricCollectors
from app.utils.module import Modules
from app.utils.own_settings import own_groups, rates_by_limit
from app.utils.secret_path import HIDDEN_PREFIXES
from app.utils.setup_modules import check_modules, choose_modules, discover_modules
from app.utils.tracing import NO_TRACING, Tracing


def build_app(settings: Settings) -> FastAPI:
    """Returns the application, not started yet. It opens nothing, and reads only missing settings of modules.

    Raises ModulesError if APPLICATION_ENABLED_MODULES cannot be served, SettingsError if those settings are wrong.
    """
    modules = Modules(choose_modules(discover_modules(), settings.modules.enabled_modules))
    check_modules(modules)
    settings = with_own(settings, own_groups(modules))
    container = Container()
    tracing, tracing_middleware = _tracing(settings)
    container.put(Tracing, tracing)
    database = container.put(Database, _database(settings.db, tracing))
    container.put(BackgroundDatabase, BackgroundDatabase(database.address, tracing))
    container.put(MetricCollectors, MetricCollectors()).add(database.measure)
    container.put(Modules, modules)
    core = {kind: getattr(settings, name) for name, kind in CORE_GROUPS.items()}
    for kind, group in {**core, **settings.own}.items():
        container.put(kind, group)
    container.put(Background, Background())
    container.put(HttpClient, HttpClient(settings.egress, tracing=tracing))
    limits = container.put(RateLimits, RateLimits(settings.limits, rates_by_limit(modules, settings.own)))
    problems = Problems(
        show_internals=settings.app.mode is Mode.LOCAL,
        constraint_errors=dict(pair for module in modules for pair in module.constraint_errors.items()),
    )
    container.put(ProblemMaker, problems)  # type: ignore[type-abstract]
    shows_docs = settings.app.mode is not Mode.PROD
    app = FastAPI(
        title=settings.app.title,
        version=settings.app.version,
        contact=_contact(settings),
        openapi_url="/openapi.json" if shows_docs else None,
        docs_url=None,
        redoc_url=None,
        # Behind a proxy the server does not know the scheme and the host to redirect to.
        redirect_slashes=False,
        openapi_tags=[{"name": module.name, "description": module.description} for module in modules],
        routes=_routes(modules, settings.app.prefix),
        lifespan=lifespan_of(container, modules),
        # FastAPI's own spans contain paths and queries, and so secrets.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
        middleware=[
            Middleware(MetricsMiddleware),
            Middleware(LogMiddleware),
            *tracing_middleware,
            Middleware(SecurityHeadersMiddleware),
            cors_middleware(settings.app, modules.contributions(CorsHeaders)),
            Middleware(ErrorsMiddleware, problems=problems),
            *(Middleware(middleware.make, container) for middleware in modules.contributions(HttpMiddleware)),
            Middleware(RateLimitMiddleware, prefix=settings.app.prefix, limits=limits),
            Middleware(RouteIndex),
        ],
    )
    app.state.container = container
    setattr(app.state, HIDDEN_PREFIXES, secret_prefixes(app))
    install_problems(app, problems)
    if shows_docs:
        install_docs(app, settings.app)
        app.openapi = partial(document, app, settings.app, modules.contributions(BearerScheme))  # type: ignore[method-assign]
    return app


@cache
def _routes(modules: Modules, prefix: str) -> list[BaseRoute]:
    """Returns the routes of all modules, cached for the process.

    At the first request FastAPI inspects every signature, which takes a quarter of a second. Tests build hundreds of
    applications in one process.
    """
    routes = APIRouter(generate_unique_id_function=_operation_id)
    for module in modules:
        if module.root_router is not None:
            routes.include_router(module.root_router, tags=[module.name])
        if module.router is not None:
            router = module.router if isinstance(module.router, APIRouter) else module.router(modules)
            routes.include_router(router, prefix=prefix, tags=[module.name])
    return routes.routes


def _database(settings: DbSettings, tracing: Tracing) -> Database:
    return Database(
        own_server_address(settings),
        pool_size=settings.pool_size,
        session_pool_size=settings.session_pool_size,
        tracing=tracing,
    )


def _tracing(settings: Settings) -> tuple[Tracing, list[Middleware]]:
    """Returns the tracing and its middleware. While it is off there is none."""
    if settings.tracing.url is None:
        return NO_TRACING, []
    from app.adapters.tracing import OpenTelemetry, TracingMiddleware

    tracing = OpenTelemetry(settings.tracing, settings.app.version)
    return tracing, [Middleware(TracingMiddleware, tracing=tracing, template_of=RouteTemplates().of)]


def _contact(settings: Settings) -> dict[str, Any] | None:
    contact = {"name": settings.app.contact_name, "email": settings.app.contact_email}
    return {key: value for key, value in contact.items() if value} or None


def _operation_id(route: APIRoute) -> str:
    """Returns the tag and the function's name: `chats_create`."""
    return f"{route.tags[0]}_{route.name}" if route.tags else route.name
