from typing import ClassVar

from django.db import models
from django.utils import timezone

from erp_connectors.models import ApiKey


class StoredAnswer(models.Model):
    """The first answer to an Idempotency-Key: a repeat gets it back word for word.

    A row without `status` belongs to a request still at work, or to one that died;
    `claimed_at` tells the two apart.
    """

    api_key = models.ForeignKey(ApiKey, on_delete=models.CASCADE)
    key = models.CharField(max_length=255)
    request_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    body = models.JSONField(null=True, blank=True)
    claimed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["api_key", "key"], name="stored_answer_once")
        ]

    def __str__(self) -> str:
        return self.key
