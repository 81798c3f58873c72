"""How long changes take to arrive, measured by the product itself."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from mapping.models import Channel


class LatencyBucket(models.Model):
    """How many changes of a minute took at most so many milliseconds: one histogram bar.

    `up_to` is the bar's upper edge; sync.latency.EDGES lists them. Rows and not one
    measurement each, so that a busy day costs no more space than a quiet one.
    """

    class Stream(models.TextChoices):
        STOCK = "stock", _("stock")

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE)
    stream = models.CharField(max_length=10, choices=Stream)
    minute = models.DateTimeField()
    up_to = models.PositiveIntegerField()
    count = models.PositiveIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["channel", "stream", "minute", "up_to"], name="latency_bucket_once"
            )
        ]
        indexes: ClassVar = [models.Index(fields=["minute"], name="latency_bucket_age")]

    def __str__(self) -> str:
        return f"{self.stream} ≤ {self.up_to} ms: {self.count}"
