"""The threads that carry out bulk operations, beside the API."""

from __future__ import annotations

import logging
import threading
from datetime import datetime, timedelta

from ..bulk_records import OPEN, BulkOperation
from ..execution import Api
from ..faults import Fault
from ..schema import RealSchema
from ..store import OpenShop, Store
from .document import read
from .files import result_path, upload_path
from .lines import Full, LineFile
from .mutations import BulkMutation
from .queries import BulkQuery, Stopped

LONGEST = {"QUERY": timedelta(days=10), "MUTATION": timedelta(hours=24)}
logger = logging.getLogger(__name__)


class BulkRunner:
    """Takes up what is due by the store's clock; every operation has a thread of its own."""

    def __init__(self, store: Store, real: RealSchema, api: Api) -> None:
        self._store = store
        self._real = real
        self._api = api
        self._stop = threading.Event()
        self._threads: dict[int, threading.Thread] = {}
        for opened in store.all():
            self._recover(opened)
        self._thread = threading.Thread(target=self._run, name="bulk", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join(timeout=10)
        for each in list(self._threads.values()):
            each.join(timeout=10)

    def _recover(self, opened: OpenShop) -> None:
        """A query that a stop cut off starts again; a mutation has done things, and fails."""
        for operation in opened.shop.bulk_operations.values():
            if operation.status == "RUNNING" and operation.type == "QUERY":
                operation.status, operation.objects, operation.roots = "CREATED", 0, 0
            elif operation.status == "RUNNING":
                stopped = Stopped("INTERNAL_SERVER_ERROR", "the store was stopped")
                self._finish(opened, operation, stopped)

    def _run(self) -> None:
        while not self._stop.wait(0.02):
            for opened in self._store.all():
                if opened.shop.bulk_operations:
                    self._look(opened)

    def _look(self, opened: OpenShop) -> None:
        with opened.lock:
            waiting = [
                each
                for each in opened.shop.bulk_operations.values()
                if each.status in OPEN and each.id not in self._threads
            ]
        for operation in waiting:
            if operation.status == "CANCELING":
                self._finish(opened, operation, Stopped(None))
            elif operation.due_at <= self._store.clock.now():
                self._begin(opened, operation)

    def _begin(self, opened: OpenShop, operation: BulkOperation) -> None:
        with opened.lock:
            if operation.status != "CREATED":
                return
            operation.status = "RUNNING"
            opened.dirty = True
        thread = threading.Thread(
            target=self._carry_out,
            args=(opened, operation),
            name=f"bulk {operation.id}",
            daemon=True,
        )
        self._threads[operation.id] = thread
        thread.start()

    def _carry_out(self, opened: OpenShop, operation: BulkOperation) -> None:
        started = self._store.clock.now()
        asked = read(self._real.schema, operation.query)
        names = {root.name.value for root in asked.roots}
        names |= {asked.operation.name.value} if asked.operation.name else set()
        slow = opened.faults.take(("bulk_slow",), names, mutation=operation.type == "MUTATION")
        fail = opened.faults.take(("bulk_fail",), names, mutation=operation.type == "MUTATION")
        stopped = self._write(opened, operation, fail)
        until = started + timedelta(seconds=slow.seconds if slow else 0)
        while stopped is None and self._store.clock.now() < until:
            if self._stop.wait(0.02):
                return
            stopped = _stopped(operation) or self._too_late(operation, started)
        if not (self._stop.is_set() and stopped is not None and stopped.code is None):
            self._finish(opened, operation, stopped)
        self._threads.pop(operation.id, None)

    def _write(
        self, opened: OpenShop, operation: BulkOperation, fail: Fault | None
    ) -> Stopped | None:
        """Write the result file; return why it ended early, if it did."""
        path = result_path(self._store, opened.shop, operation.id)
        out = LineFile(path, most=fail.lines if fail else None)
        try:
            self._work(opened, operation).run(out, lambda: self._check(operation))
        except Stopped as stopped:
            return stopped
        except Full:
            return Stopped(fail.code if fail else None, "sandbox: on demand")
        except Exception as error:
            logger.exception("bulk operation %s failed", operation.id)
            return Stopped("INTERNAL_SERVER_ERROR", f"{type(error).__name__}: {error}")
        finally:
            out.close()
            operation.objects, operation.bytes = out.count, out.size
        return Stopped(fail.code, "sandbox: on demand") if fail else None

    def _work(self, opened: OpenShop, operation: BulkOperation) -> BulkQuery | BulkMutation:
        if operation.type == "QUERY":
            return BulkQuery(self._store, self._real, opened, operation)
        upload = opened.shop.uploads[operation.upload or ""]
        path = upload_path(self._store, opened.shop, upload.file)
        return BulkMutation(self._api, opened, operation, path)

    def _check(self, operation: BulkOperation) -> None:
        if self._stop.is_set():
            raise Stopped(None, "the store stops")
        if stopped := _stopped(operation):
            raise stopped

    def _too_late(self, operation: BulkOperation, started: datetime) -> Stopped | None:
        late = self._store.clock.now() - started > LONGEST[operation.type]
        return Stopped("TIMEOUT", "it took too long") if late else None

    def _finish(self, opened: OpenShop, operation: BulkOperation, stopped: Stopped | None) -> None:
        with self._store.action(opened, "bulk operation") as act:
            operation.completed_at = act.now
            operation.status = _status(stopped)
            operation.error_code = stopped.code if stopped else None
            operation.problem = stopped.problem if stopped else None
            act.tell("bulk_operations/finish", operation)
            act.log(
                "bulk",
                event="finished",
                operation=operation.id,
                status=operation.status,
                error_code=operation.error_code,
                problem=operation.problem,
                objects=operation.objects,
            )


def _status(stopped: Stopped | None) -> str:
    if stopped is None:
        return "COMPLETED"
    return "FAILED" if stopped.code else "CANCELED"


def _stopped(operation: BulkOperation) -> Stopped | None:
    return Stopped(None, "cancelled") if operation.status == "CANCELING" else None
