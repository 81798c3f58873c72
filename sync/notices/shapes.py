"""The shape of a message at each place it goes to.

Item names, order names and errors were written by others. Each shape is given them where
it takes plain text, or with its own signs made harmless.
"""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from sync.notices.message import Message, shortened

# Slack refuses more in a header block.
_SLACK_HEADER = 150
_CARD = "application/vnd.microsoft.card.adaptive"
_CARD_SCHEMA = "http://adaptivecards.io/schemas/adaptive-card.json"


def signed_call(message: Message) -> dict[str, Any]:
    """Return what a program reads; it is signed as it leaves."""
    return {
        "type": f"alarm.{message.event}",
        "timestamp": message.happened_at.isoformat(),
        "data": {
            "channel": message.channel,
            "kind": message.about,
            "severity": "critical" if message.is_critical else "warning",
            "sentence_es": _in("es", message),
            "sentence_en": _in("en", message),
            "since": message.since.isoformat(),
            "link": message.link,
        },
    }


def _in(language: str, message: Message) -> str:
    with override(language):
        return message.text()


def email(message: Message) -> tuple[str, str]:
    """Return the subject, on one line, and the text."""
    since = _("Since %(moment)s.") % {"moment": message.clock()}
    return message.title(), f"{message.text()}\n\n{since}\n{message.link}\n"


def slack(message: Message) -> dict[str, Any]:
    title = f"{_sign(message)} {message.title()}"
    link = f"<{message.link}|{_for_slack(_('Open in Puente'))}>"
    since = _for_slack(_("Since %(moment)s.") % {"moment": message.clock()})
    return {
        "text": _for_slack(title),
        "blocks": [
            {"type": "header", "text": _plain(shortened(title, _SLACK_HEADER))},
            {"type": "section", "text": _plain(message.text())},
            {"type": "context", "elements": [{"type": "mrkdwn", "text": f"{since} {link}"}]},
        ],
    }


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}


def _for_slack(text: str) -> str:
    # The three signs that Slack reads; without them nothing is a link or calls anybody.
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def teams(message: Message) -> dict[str, Any]:
    since = _("Since %(moment)s.") % {"moment": message.clock()}
    card = {
        "$schema": _CARD_SCHEMA,
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [
            _runs(f"{_sign(message)} {message.title()}", weight="Bolder", size="Medium"),
            _runs(message.text()),
            _runs(since, isSubtle=True),
        ],
        "actions": [{"type": "Action.OpenUrl", "title": _("Open in Puente"), "url": message.link}],
    }
    attachment = {"contentType": _CARD, "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _runs(text: str, **looks: Any) -> dict[str, Any]:
    # Not a TextBlock: that would read Markdown. Double braces would be read anywhere.
    harmless = text.replace("{{", "{ {")
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": harmless} | looks]}


def _sign(message: Message) -> str:
    if message.event != "opened":
        return "✓"
    return "‼" if message.is_critical else "!"
