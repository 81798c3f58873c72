"""Carrying out a bulk mutation: one line of variables in, one line of answer out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..bulk_records import BulkOperation
from ..execution import Api
from ..records import Token
from ..store import OpenShop
from .lines import LineFile


class BulkMutation:
    def __init__(self, api: Api, opened: OpenShop, operation: BulkOperation, upload: Path) -> None:
        self._api = api
        self._opened = opened
        self._operation = operation
        self._upload = upload

    def run(self, out: LineFile, check: Callable[[], None]) -> None:
        """Each line is a call of its own: what one line does stays, whatever the others do."""
        token = Token(client_id="", scopes=self._operation.scopes)
        with self._upload.open("rb") as lines:
            for number, line in enumerate(lines):
                check()
                out.add([self._answer(token, line) | {"__lineNumber": number}])
                self._operation.objects = self._operation.roots = out.count

    def _answer(self, token: Token, line: bytes) -> dict[str, Any]:
        try:
            variables = json.loads(line)
        except ValueError:
            variables = None
        if not isinstance(variables, dict):
            return {"errors": [{"message": "The line is not a JSON object."}]}
        return self._api.perform(self._opened, token, self._operation.query, variables)
