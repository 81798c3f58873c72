"""Who calls the REST API: a key of one ERP connection, and nothing beyond its company."""

from dataclasses import dataclass
from typing import Any, cast

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from erp_connectors.models import ApiKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The program behind a key. It is nobody's user account."""

    key: ApiKey
    is_authenticated: bool = True


def key_of(request: Request) -> ApiKey:
    """Return the key a request came with; every view of the API requires one."""
    return cast(Caller, request.user).key


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer pte_…`. The same answer for every kind of wrong key."""

    def authenticate(self, request: Request) -> tuple[Caller, ApiKey] | None:
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != b"bearer":
            return None
        if len(parts) != 2:
            raise AuthenticationFailed()
        key = ApiKey.authenticate(parts[1].decode("ascii", "replace").replace("\0", "?"))
        if key is None or not key.connection.enabled:
            raise AuthenticationFailed()
        return Caller(key=key), key

    def authenticate_header(self, request: Request) -> str:
        # Its presence makes the answer a 401 and not a 403.
        return 'Bearer realm="Puente"'


class KeyThrottle(SimpleRateThrottle):
    """So many calls a minute for each key, so that one ERP cannot starve the others."""

    scope = "key"

    def get_cache_key(self, request: Request, view: object) -> str | None:
        if not isinstance(request.user, Caller):
            # The description of the API is open to all and costs no work.
            return None
        values: dict[str, Any] = {"scope": self.scope, "ident": request.user.key.pk}
        return str(self.cache_format % values)
