from django.urls import path

from sync.api import account, orders, pushes

# The reference of an order contains a slash, so the more precise address comes first.
urlpatterns = [
    path("me", account.Me.as_view(), name="me"),
    path("health", account.Health.as_view(), name="health"),
    path("stock/levels", pushes.StockLevels.as_view(), name="stock-levels"),
    path("prices", pushes.Prices.as_view(), name="prices"),
    path("orders", orders.Orders.as_view(), name="orders"),
    path("orders/<path:reference>/ack", orders.AcknowledgeOrder.as_view(), name="order-ack"),
    path("orders/<path:reference>", orders.OneOrder.as_view(), name="order"),
]
