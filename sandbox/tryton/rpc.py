"""The few words of Tryton's protocol that the company's staff in the demo need."""

import base64
import datetime as dt
from decimal import Decimal
from types import TracebackType
from typing import Any, Self

import httpx2

SESSION_ENDED = "SessionEnded"


class RpcError(Exception):
    """Tryton refused a call, or did not answer. `name` is its own word for why."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}")
        self.name = name
        self.message = message


class Rpc:
    """One logged-in user of one Tryton database."""

    def __init__(self, url: str, database: str) -> None:
        self._http = httpx2.Client(base_url=f"{url}/{database}", timeout=60)
        self._context: dict[str, Any] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def login(self, user: str, password: str) -> Self:
        self._http.headers.pop("Authorization", None)
        answer = self._post("common.db.login", [user, {"password": password}, "es"])
        if not answer:
            raise RpcError("LoginException", user)
        token = base64.b64encode(f"{user}:{answer[0]}:{answer[1]}".encode()).decode()
        self._http.headers["Authorization"] = f"Session {token}"
        self._context = self._post("model.res.user.get_preferences", [True, {}])
        return self

    def call(self, method: str, *params: Any, **context: Any) -> Any:
        """Call a method of a model; a warning is acknowledged, as a clerk clicks it away."""
        arguments = [*map(encode, params), {**self._context, **encode(context)}]
        try:
            return self._post(f"model.{method}", arguments)
        except RpcError as error:
            if error.name != "UserWarning":
                raise
            self._post("model.res.user.warning.skip", [error.message, False, self._context])
            return self._post(f"model.{method}", arguments)

    def _post(self, method: str, params: list[Any]) -> Any:
        try:
            answer = self._http.post("/rpc/", json={"id": 0, "method": method, "params": params})
            if answer.status_code == 401:
                raise RpcError(SESSION_ENDED, "log in again")
            body = answer.json()
        except (httpx2.HTTPError, ValueError) as error:
            raise RpcError("NoAnswer", str(error)) from error
        if failure := body.get("error"):
            name, detail = failure[0], failure[1]
            raise RpcError(name, detail[0] if isinstance(detail, list) else str(detail))
        return decode(body.get("result"))


def encode(value: Any) -> Any:
    """Write Decimals and dates the way Tryton marks them."""
    if isinstance(value, Decimal):
        return {"__class__": "Decimal", "decimal": str(value)}
    if isinstance(value, dt.date):
        return {
            "__class__": "date",
            "year": value.year,
            "month": value.month,
            "day": value.day,
        }
    if isinstance(value, dict):
        return {key: encode(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [encode(item) for item in value]
    return value


def decode(value: Any) -> Any:
    """Read Decimals back; dates stay as Tryton wrote them, nobody here needs them."""
    if isinstance(value, dict):
        if value.get("__class__") == "Decimal":
            return Decimal(value["decimal"])
        return {key: decode(item) for key, item in value.items()}
    if isinstance(value, list):
        return [decode(item) for item in value]
    return value
