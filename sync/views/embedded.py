"""The page inside the Shopify admin: is this store in step, and what waits for a person.

It lives in a frame of another site, so it has no cookie to rely on. Every request brings a
session token, and shows the one store that the token is from.
"""

import logging
import re
from typing import Any
from urllib.parse import urlencode, urlsplit

from csp.decorators import csp_exempt
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from shopify_app import auth
from shopify_app.errors import ShopifyError
from shopify_app.models import Shop
from shopify_app.transport import SHOP_DOMAIN
from sync import dashboard
from sync.models import ShopOrder
from sync.overview import card

logger = logging.getLogger(__name__)

LAST_ORDERS = 8
_HOST = re.compile(r"[A-Za-z0-9_=-]{1,400}")
# What Shopify adds to the address and we hand on; never the token.
_KEPT = ("shop", "host", "embedded", "locale")


@require_safe
@never_cache
@xframe_options_exempt
@csp_exempt()
def page(request: HttpRequest) -> HttpResponse:
    """Answer the load of the document, once the token in its address is verified."""
    if not request.GET.get("id_token") and not _shop_param(request):
        return _framed("puente/embedded_outside.html", {}, request, shop="")
    try:
        session = auth.verify_session_token(request.GET.get("id_token", ""))
    except auth.InvalidSessionToken:
        return _ask_again(request)
    asked = request.GET.get("shop")
    if asked is not None and asked != session.shop_domain:
        return _framed("puente/embedded_outside.html", {}, request, shop="", status=403)
    shop = _shop(session.shop_domain)
    if shop is None:
        return _framed("puente/embedded_new.html", {}, request, shop=session.shop_domain)
    problem = _let_in(shop, request.GET.get("id_token", ""))
    context = {"problem": problem, **_figures(shop)}
    return _framed("puente/embedded.html", context, request, shop=shop.domain)


@require_safe
@never_cache
@csp_exempt()
def status(request: HttpRequest) -> HttpResponse:
    """Return the figures once more, as a part of the page; 401 asks App Bridge for a token."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    try:
        if scheme != "Bearer":
            raise auth.InvalidSessionToken("none given")
        session = auth.verify_session_token(token)
    except auth.InvalidSessionToken:
        return JsonResponse(
            {"error": "session"},
            status=401,
            headers={"X-Shopify-Retry-Invalid-Session-Request": "1"},
        )
    shop = _shop(session.shop_domain)
    if shop is None:
        return JsonResponse({"error": "unknown"}, status=404)
    with translation.override(_language(request)):
        return HttpResponse(render_to_string("puente/embedded_figures.html", _figures(shop)))


@require_safe
@never_cache
@xframe_options_exempt
@csp_exempt()
def bounce(request: HttpRequest) -> HttpResponse:
    """Hold App Bridge and nothing else: it gets a new token and goes where we say."""
    target = urlsplit(request.GET.get("shopify-reload", ""))
    ours = urlsplit(settings.APP_URL)
    # App Bridge adds a fresh token to this address: it must never be somebody else's.
    home = (target.scheme, target.netloc) == (ours.scheme, ours.netloc)
    if not home or target.path != reverse("sync:embedded") or not _shop_param(request):
        return HttpResponse(status=400)
    return _framed("puente/embedded_bounce.html", {}, request, shop=_shop_param(request))


def _ask_again(request: HttpRequest) -> HttpResponse:
    kept = {name: request.GET[name] for name in _KEPT if name in request.GET}
    if not _shop_param(request) or not _HOST.fullmatch(kept.get("host", "")):
        return _framed("puente/embedded_outside.html", {}, request, shop="", status=401)
    again = f"{settings.APP_URL}{reverse('sync:embedded')}?{urlencode(kept)}"
    query = urlencode(kept | {"shopify-reload": again})
    return HttpResponseRedirect(f"{reverse('sync:embedded-bounce')}?{query}")


def _shop_param(request: HttpRequest) -> str:
    name = request.GET.get("shop", "")
    return name if len(name) <= 120 and SHOP_DOMAIN.fullmatch(name) else ""


def _shop(domain: str) -> Shop | None:
    rows = Shop.objects.select_related("channel__company", "ratebudget")
    return rows.filter(domain=domain).first()


def _let_in(shop: Shop, id_token: str) -> str:
    """Get a lasting token if the store has none; return what went wrong, or ""."""
    if shop.token_is_fresh() and not shop.uninstalled_at:
        return ""
    if shop.grant != Shop.Grant.TOKEN_EXCHANGE:
        # Workers renew the others by themselves.
        return ""
    try:
        auth.exchange_token(shop, id_token)
    except ShopifyError as error:
        logger.warning("no token for %s: %s", shop.domain, error)
        return str(error)
    return ""


def _figures(shop: Shop) -> dict[str, Any]:
    """Read what the page shows, of this store and no other."""
    channel = shop.channel
    orders = ShopOrder.objects.filter(channel=channel).defer("document")
    return {
        "shop": shop,
        "card": card(channel, now=timezone.now()),
        "groups": dashboard.set_aside_groups(channel),
        "orders": orders.order_by("-placed_at")[:LAST_ORDERS],
        "admin_url": f"{settings.APP_URL}{reverse('admin:index')}",
    }


def _framed(
    template: str,
    context: dict[str, Any],
    request: HttpRequest,
    *,
    shop: str,
    status: int = 200,
) -> HttpResponse:
    """Render without the request: a session or its cookie cannot get in by accident."""
    language = _language(request)
    shared: dict[str, Any] = {
        "api_key": settings.SHOPIFY_CLIENT_ID,
        "app_bridge": settings.SHOPIFY_APP_BRIDGE_URL,
        "status_url": f"{reverse('sync:embedded-status')}?{urlencode({'locale': language})}",
        "language": language,
    }
    with translation.override(language):
        html = render_to_string(template, shared | context)
    response = HttpResponse(html, status=status)
    response["Content-Security-Policy"] = _policy(shop)
    patch_vary_headers(response, ["Accept-Language"])
    return response


def _language(request: HttpRequest) -> str:
    """Speak the language of the person's Shopify admin, which its address tells."""
    wanted = request.GET.get("locale", "")[:2]
    known = dict(settings.LANGUAGES)
    return wanted if wanted in known else translation.get_language_from_request(request)


def _policy(shop: str) -> str:
    """Only this store's admin may frame the page, and only our own files and Shopify's run."""
    bridge = urlsplit(settings.SHOPIFY_APP_BRIDGE_URL)
    origin = f"{bridge.scheme}://{bridge.netloc}" if bridge.netloc else ""
    ancestors = ["'none'"]
    if shop:
        ancestors = [f"https://{shop}", "https://admin.shopify.com"]
        ancestors += settings.EMBED_EXTRA_ANCESTORS
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src 'self' {origin}".strip(),
            "style-src 'self'",
            "img-src 'self' data:",
            f"connect-src 'self' {origin} https://{shop}" if shop else "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            f"frame-ancestors {' '.join(ancestors)}",
        ]
    )
