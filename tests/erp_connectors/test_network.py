"""Which addresses a connection may point to."""

import ipaddress
import socket
from typing import Any

import pytest
from pytest_django import Settings

from erp_connectors import network
from erp_connectors.errors import ErpError, ErpMisconfigured, ErpUnavailable

PUBLIC = "93.184.215.14"
INSIDE = [
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "0.0.0.0",
    "0",
    "localhost",
    "[::1]",
    "::1",
    "[::]",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "::ffff:169.254.169.254",
    "fe80::1",
    "fd00:ec2::254",
    "fc00::1",
    "168.63.129.16",
    "100.100.100.200",
    "224.0.0.1",
    "ff02::1",
    "240.0.0.1",
    "255.255.255.255",
]


@pytest.fixture(autouse=True)
def nothing_is_allowed(settings: Settings) -> None:
    settings.ERP_ALLOWED_NETWORKS = []


def answers(monkeypatch: pytest.MonkeyPatch, *rounds: list[str]) -> list[str]:
    """Let names resolve to these addresses, each list for one question. Returns the questions."""
    asked: list[str] = []

    def look_up(name: str, port: int, **_: Any) -> list[Any]:
        asked.append(name)
        found = rounds[min(len(asked), len(rounds)) - 1]
        return [(_family(ip), socket.SOCK_STREAM, 6, "", (ip, port)) for ip in found]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


def _family(ip: str) -> int:
    return socket.AF_INET6 if ipaddress.ip_address(ip).version == 6 else socket.AF_INET


@pytest.mark.parametrize("host", INSIDE)
def test_our_own_network_is_out_of_reach(host: str) -> None:
    with pytest.raises(ErpError) as caught:
        network.pin_host(host, 5432)

    # A machine without IPv6 cannot even look some of them up.
    assert isinstance(caught.value, ErpMisconfigured | ErpUnavailable)


@pytest.mark.parametrize("host", [host for host in INSIDE if ":" not in host])
def test_a_web_address_cannot_lead_there_either(host: str) -> None:
    with pytest.raises(ErpMisconfigured):
        network.pin_url(f"http://{host}/api")


@pytest.mark.parametrize(
    "inside",
    [
        "127.0.0.1",
        "10.1.2.3",
        "169.254.169.254",
        "::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::",
        "2001:0:4136:e378:8000:63bf:f5ff:fffe",  # Teredo, 10.0.0.1 inside
        "fe80::1",
    ],
)
def test_a_name_that_leads_inside_is_refused(monkeypatch: pytest.MonkeyPatch, inside: str) -> None:
    answers(monkeypatch, [inside])

    with pytest.raises(ErpMisconfigured, match="ERP_ALLOWED_NETWORKS"):
        network.pin_host("erp.example.com", 443)


def test_a_name_with_one_address_inside_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, [PUBLIC, "127.0.0.1"])

    with pytest.raises(ErpMisconfigured):
        network.pin_host("erp.example.com", 443)


def test_a_name_is_looked_up_once_and_its_address_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second answer, chosen by whoever runs the name, is never asked for."""
    asked = answers(monkeypatch, [PUBLIC], ["127.0.0.1"])

    pinned = network.pin_url("https://erp.example.com/odata").pinned

    assert (pinned.host, pinned.ip, pinned.port) == ("erp.example.com", PUBLIC, 443)
    assert asked == ["erp.example.com"]


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "gopher://erp.example.com/",
        "ftp://erp.example.com/",
        "erp.example.com",
        "//erp.example.com",
        "http://",
        "http://user:secret@erp.example.com/",
        "http://erp.example.com:99999/",
        "http://[::1",
        "http://erp.example.com%2f@127.0.0.1/",
        "",
    ],
)
def test_only_plain_web_addresses_will_do(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    answers(monkeypatch, [PUBLIC])

    with pytest.raises(ErpMisconfigured) as caught:
        network.pin_url(url)

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("host", ["", "a,b", "a b", "/tmp", "a\\b", "a@b", "a\0b", "fe80::1%eth0"])
def test_only_one_plain_host_will_do(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    answers(monkeypatch, [PUBLIC])

    with pytest.raises(ErpMisconfigured):
        network.pin_host(host, 5432)


def test_a_name_nobody_knows_may_be_known_later() -> None:
    with pytest.raises(ErpUnavailable):
        network.pin_host("no-such-host.invalid", 5432)


def test_an_operator_can_allow_a_network(settings: Settings) -> None:
    settings.ERP_ALLOWED_NETWORKS = ["10.0.0.0/8", "::1/128"]

    assert network.pin_host("10.1.2.3", 5432).ip == "10.1.2.3"
    with pytest.raises(ErpMisconfigured):
        network.pin_host("192.168.0.1", 5432)


def test_an_allowed_network_covers_its_other_spelling(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ERP_ALLOWED_NETWORKS = ["10.0.0.0/8"]
    answers(monkeypatch, ["::ffff:10.0.0.1"])

    assert network.pin_host("erp.example.com", 443).ip == "10.0.0.1"


@pytest.mark.parametrize("host", ["169.254.169.254", "168.63.129.16", "100.100.100.200"])
def test_the_metadata_of_a_machine_is_never_allowed(settings: Settings, host: str) -> None:
    settings.ERP_ALLOWED_NETWORKS = ["0.0.0.0/0", "::/0"]

    with pytest.raises(ErpMisconfigured):
        network.pin_host(host, 80)


def test_a_socket_is_a_permission_of_its_own(settings: Settings) -> None:
    with pytest.raises(ErpMisconfigured):
        network.check_socket("/run/postgresql")

    settings.ERP_ALLOWED_NETWORKS = ["socket"]

    assert network.check_socket("/run/postgresql") == "/run/postgresql"
