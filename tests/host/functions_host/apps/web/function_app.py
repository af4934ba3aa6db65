"""HTTP functions: sync and async, every kind of answer."""

import json
import logging

import azure.functions as func

app = func.FunctionApp()


@app.route(route="echo/{word}/{*rest}", methods=["POST"])
def echo(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Answer with what came in."""
    seen = {
        "route": dict(req.route_params),
        "query": dict(req.params),
        "header": req.headers.get("X-Word"),
        "body": req.get_json(),
        "url": req.url,
        "function": context.function_name,
    }
    return func.HttpResponse(
        json.dumps(seen), status_code=201, mimetype="application/json", headers={"Set-Cookie": "a=1; Path=/"}
    )


@app.route(route="text")
async def text(req: func.HttpRequest) -> str:
    """Answer with a plain text."""
    logging.getLogger("app").info("%s", req.method)
    return "plain"


@app.route(route="nothing")
def nothing(req: func.HttpRequest) -> func.HttpResponse | None:
    """Answer with nothing."""
    logging.getLogger("app").info("%s", req.method)
    return None


@app.route(route="fail")
def fail(req: func.HttpRequest) -> func.HttpResponse:
    """Fail."""
    raise ValueError(req.url)
