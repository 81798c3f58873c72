from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from sync.views import embedded, health, metrics, webhooks

app_name = "sync"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(pattern_name="admin:index"), name="home"),
    path("shopify/", embedded.page, name="embedded"),
    path("shopify/status", embedded.status, name="embedded-status"),
    path("shopify/again", embedded.bounce, name="embedded-bounce"),
    path("shopify/webhooks", webhooks.receive, name="webhooks"),
    path("health/live", health.live, name="live"),
    path("health/ready", health.ready, name="ready"),
    path("metrics", metrics.metrics, name="metrics"),
    path("api/v1/", include("sync.api.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="sync:schema"), name="docs"),
]
