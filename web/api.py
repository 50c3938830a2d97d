"""The API put together: its routes, behind keys, with the published errors around them."""

from fastapi import FastAPI
from starlette.types import ASGIApp

from web import (
    categories,
    conversion,
    errors,
    follow_up_stats,
    follow_ups_bulk,
    follow_ups_v2,
    follow_ups_v3,
    history,
    incidents,
    labels,
    mcp,
    priorities,
    reference,
    webhook_endpoints,
)
from web.context import Context
from web.documents import Documents
from web.keys import Keys
from web.methods import Methods

# A module of routes and its `router`: what is in here is served and, by a test, documented in docs/api.md.
# In order: the first whose path fits is asked.
ROUTERS = (
    follow_up_stats.router,
    follow_ups_v3.router,
    conversion.router,
    follow_ups_bulk.router,
    history.router,
    follow_ups_v2.router,
    incidents.router,
    reference.router,
    priorities.router,
    categories.router,
    labels.router,
    webhook_endpoints.router,
)


def build(context: Context) -> FastAPI:
    app = FastAPI(openapi_url=None, redirect_slashes=False)
    app.state.context = context
    app.state.keys = Keys(context)
    routers = (*ROUTERS, mcp.router)
    app.state.methods = Methods(routers)
    errors.register(app)
    for path, methods in app.state.methods.refused():
        app.add_route(path, errors.wrong_method, methods=methods)
    for router in routers:
        # As `include_router` would, which looks for the route twice at each request.
        app.router.routes.extend(router.routes)
    documents = Documents(app, context.public_url)
    app.add_route("/openapi.json", documents.openapi)
    app.add_route("/docs/api", documents.page)
    return app


def api(context: Context) -> ASGIApp:
    return errors.Envelope(build(context))
