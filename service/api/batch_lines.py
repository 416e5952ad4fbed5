"""The lines of a batch: requests as they are read, asked, and told when they have ended."""

from collections.abc import Mapping
from secrets import token_hex
from typing import Any, Literal

from pydantic import Field

from service.api.again import forget
from service.api.bodies import Body, checked, object_of
from service.api.chat import chat_asked, said_of
from service.api.chat_bodies import ChatBody
from service.api.chat_objects import completion, said_by
from service.api.errors import ApiError
from service.api.front import Front
from service.api.response_asking import asked_by
from service.api.response_bodies import ResponseBody
from service.api.responses import previous_of, told_of
from storage import ApiBatchRecord, ApiLine, Asked, ResponseRecord, RunRecord

RESPONSES = "/v1/responses"
_MOST_PROBLEMS = 50
_LONGEST_ID = 512
Problem = Mapping[str, str | int | None]


class LineBody(Body):
    """A line of the file."""

    custom_id: str = Field(min_length=1, max_length=_LONGEST_ID)
    method: Literal["POST"]
    url: str
    body: dict[str, Any]


def read_lines(text: str, endpoint: str, most: int) -> tuple[list[ApiLine], list[Problem]]:
    """The requests of a file, and what is wrong with it: then nothing of it is done."""
    lines: list[ApiLine] = []
    problems: list[Problem] = []
    ids: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip() or len(problems) >= _MOST_PROBLEMS:
            continue
        try:
            read = _line(line, endpoint)
        except ApiError as error:
            problems.append(_problem(error.code or "invalid_json_line", number, error))
            continue
        if read.custom_id in ids:
            told = f"line {ids[read.custom_id]} has the same custom_id"
            twice = ApiError(400, told, param="custom_id")
            problems.append(_problem("duplicate_custom_id", number, twice))
        ids[read.custom_id] = number
        lines.append(ApiLine(len(lines), read.custom_id, read.body))
    if not lines and not problems:
        problems.append(_problem("empty_file", None, ApiError(400, "the file has no requests")))
    if len(lines) > most:
        told = f"the file has {len(lines)} requests; at most {most} are done (BREADTH_BATCH_ROWS)"
        problems.append(_problem("too_many_requests", None, ApiError(400, told)))
    return lines, problems


def _line(line: str, endpoint: str) -> LineBody:
    """Raises ApiError."""
    try:
        value = object_of(line.encode("utf-8", "surrogatepass"))
    except ApiError as error:
        raise ApiError(400, str(error).replace("the body", "the line", 1)) from error
    try:
        read = checked(value, LineBody)
    except ApiError as error:
        code = "invalid_request"
        raise ApiError(400, str(error), param=error.param, code=code) from error
    if read.url != endpoint:
        told = f"url: it has to be {endpoint}, as the batch's endpoint"
        raise ApiError(400, told, param="url", code="mismatched_endpoint")
    return read


def _problem(code: str, line: int | None, error: ApiError) -> Problem:
    return {"code": code, "line": line, "message": str(error), "param": error.param}


async def asked_for(front: Front, batch: ApiBatchRecord, line: ApiLine) -> Asked:
    """A request as the service is asked; the same line is the same request, however often it is
    asked. Raises ApiError for what cannot be done, StorageError."""
    body, key = dict(line.body), f"batch {batch.id} {line.position}"
    if body.get("stream"):
        raise ApiError(400, "stream: there is nobody to follow it", param="stream")
    if batch.endpoint == RESPONSES:
        asking = checked(body, ResponseBody)
        previous = await previous_of(front, asking.previous_response_id, batch.user)
        return asked_by(asking, front.settings, key, previous)
    return await chat_asked(checked(body, ChatBody), front, key, batch.user)


async def told_by(
    front: Front, batch: ApiBatchRecord, line: ApiLine, record: ResponseRecord, run: RunRecord
) -> dict[str, Any]:
    """What came of a response whose run has ended. Raises ApiError for one that failed or was
    stopped, StorageError."""
    if batch.endpoint == RESPONSES:
        said_by(run, None)
        body = await told_of(front, record)
    else:
        asked = checked(dict(line.body), ChatBody)
        said = await said_of(front, asked, record, run)
        body = completion(record, run, said, await front.store.spent(run.id)).told()
    await forget(front, record)
    return answered(line, 200, body)


def answered(line: ApiLine, status: int, body: Mapping[str, Any]) -> dict[str, Any]:
    """A line of a file: what a request would have been answered."""
    response = {"status_code": status, "request_id": f"req_{token_hex(12)}", "body": dict(body)}
    return _told(line, response, None)


def unanswered(line: ApiLine, code: str, message: str) -> dict[str, Any]:
    """A line of a file: of a request that was not made, or not to its end."""
    return _told(line, None, {"code": code, "message": message})


def _told(line: ApiLine, response: Any, error: Any) -> dict[str, Any]:
    id_ = f"batch_req_{token_hex(12)}"
    return {"id": id_, "custom_id": line.custom_id, "response": response, "error": error}
