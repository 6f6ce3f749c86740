"""The client against the document that the server serves: paths, methods, and what answers hold."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from conftest import running

import sexton
from sexton import _calls

if TYPE_CHECKING:
    from pydantic import BaseModel

    from sexton._wire import Call

PREVIEW = sexton.Preview.model_validate(
    {
        "id": "prv_1",
        "system": "S",
        "digest": "sha256:0",
        "made_at": "2026-01-01T00:00:00Z",
        "expires_at": "2026-01-01T00:15:00Z",
        "blocked": False,
        "preview": {},
    }
)
CALLS: list[Call[Any]] = [
    _calls.systems(),
    _calls.things("S"),
    _calls.rows("S", "T", None, None),
    _calls.row("S", "T", "I"),
    _calls.preview("S", "T", ["I"], None),
    _calls.delete("S", "T", ["I"], options=None, reason=None, digest=None, wait=None, key=None),
    _calls.confirm(PREVIEW, reason=None, wait=None, key=None),
    _calls.cancel("S", "T", "I"),
    _calls.deletions("S", None),
    _calls.deletion("S", "D"),
    _calls.receipt("S", "D"),
    _calls.retry("S", "D"),
]
# By the names of the document; what is not here has the model's own name.
SCHEMAS = {"ThingSummary": "Thing", "Row": "ThingRow"}
MODELS: list[type[BaseModel]] = [
    sexton.Blocker,
    sexton.Deletion,
    sexton.Difference,
    sexton.Outcome,
    sexton.Phase,
    sexton.Preview,
    sexton.Problem,
    sexton.Row,
    sexton.SystemSummary,
    sexton.ThingOption,
    sexton.ThingSummary,
    sexton.Waiting,
    sexton.Wrong,
]


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    with running(tmp_path_factory.mktemp("described")) as server:
        answer = httpx.get(f"{server.address}/openapi.json")
    described: dict[str, Any] = answer.raise_for_status().json()
    return described


def test_every_call_is_described_and_sends_what_is_known(document: dict[str, Any]) -> None:
    paths = document["paths"]

    def described(path: str, method: str) -> dict[str, Any]:
        for template, methods in paths.items():
            if re.fullmatch(re.sub(r"\{[^}]+\}", "[A-Z]", template), path) and method in methods:
                found: dict[str, Any] = methods[method]
                return found
        pytest.fail(f"{method} {path} is not described; there are {sorted(paths)}")

    for call in CALLS:
        method = described(call.path, call.method.lower())
        parameters = {parameter["name"] for parameter in method.get("parameters", [])}
        assert set(call.query) <= parameters, call.path
        if call.body:
            content = method["requestBody"]["content"]["application/json"]["schema"]
            schema = resolved(document, content)
            assert set(call.body) <= set(schema["properties"]), call.path
    assert "get" in paths[_calls.events("{system}", "{id}").replace("%7B", "{").replace("%7D", "}")]


@pytest.mark.parametrize("model", MODELS)
def test_every_answer_has_what_the_client_reads(
    document: dict[str, Any], model: type[BaseModel]
) -> None:
    name = SCHEMAS.get(model.__name__, model.__name__)
    schema = document["components"]["schemas"][name]
    known = {field.alias or name: field for name, field in model.model_fields.items()}
    assert set(known) <= set(schema["properties"]), "the client reads what no answer has"
    needed = {name for name, field in known.items() if field.is_required()}
    assert needed <= set(schema.get("required", [])), "the client needs what may be left out"


def resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return schema
