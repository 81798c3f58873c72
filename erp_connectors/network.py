"""Where a connection may point to. An operator types the address; our network is behind us.

Without this guard, whoever may edit a connection could make the server call itself, its
neighbours, or the machine's metadata address, and read the answers.
"""

import ipaddress
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from erp_connectors.errors import ErpMisconfigured, ErpUnavailable

# In ERP_ALLOWED_NETWORKS, among the networks: sockets of this machine are allowed.
SOCKET = "socket"

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IpNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

# Never, whatever is allowed: what answers there hands out the machine's own credentials.
METADATA = frozenset(
    map(ipaddress.ip_address, ("169.254.169.254", "168.63.129.16", "100.100.100.200"))
) | {ipaddress.ip_address("fd00:ec2::254")}
# IPv6 addresses that carry an IPv4 address in their last 32 bits.
CARRIERS_OF_V4 = tuple(
    map(ipaddress.IPv6Network, ("::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96"))
)
DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class PinnedHost:
    """A host that was looked up once. Connect to `ip`, and check certificates for `host`.

    Looking it up again could give another answer, chosen by whoever runs its DNS.
    """

    host: str
    port: int
    ip: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PinnedUrl:
    """An http(s) address with its host looked up. Do not follow redirects from it."""

    url: str
    scheme: str
    pinned: PinnedHost


def pin_url(url: str) -> PinnedUrl:
    """Return an address we may call, or raise ErpMisconfigured with the reason."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        raise ErpMisconfigured("The ERP's address is not a web address.") from None
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
        raise ErpMisconfigured("The ERP's address must begin with https:// or http://.")
    _refuse_credentials(parts)
    pinned = pin_host(parts.hostname, port or DEFAULT_PORTS[parts.scheme])
    return PinnedUrl(url=url.strip(), scheme=parts.scheme, pinned=pinned)


def pin_host(host: str, port: int) -> PinnedHost:
    """Look a host up, once, and return it if every address it has may be called."""
    name = host.strip().strip("[]")
    if not name or any(letter.isspace() or letter in ",/\\@%\0" for letter in name):
        raise ErpMisconfigured("The ERP's address is not a host name.")
    if not 0 < port < 65536:
        raise ErpMisconfigured("The ERP's port must be between 1 and 65535.")
    addresses = _look_up(name, port)
    allowed = _allowed_networks(settings.ERP_ALLOWED_NETWORKS)
    for address in addresses:
        if not _may_call(address, allowed):
            raise ErpMisconfigured(
                f"The ERP's address {name} leads into a private network. "
                "An operator can allow that network in ERP_ALLOWED_NETWORKS."
            )
    return PinnedHost(host=name, port=port, ip=str(_forms(addresses[0])[0]))


def check_socket(path: str) -> str:
    """Return the path of a socket of this machine if the operator allows sockets."""
    if SOCKET not in settings.ERP_ALLOWED_NETWORKS:
        raise ErpMisconfigured(
            "The ERP's address is a socket of this machine. "
            f"An operator can allow it with the word {SOCKET!r} in ERP_ALLOWED_NETWORKS."
        )
    return path


def _refuse_credentials(parts: SplitResult) -> None:
    # They would end up in logs and screens with the address.
    if parts.username or parts.password:
        raise ErpMisconfigured("The ERP's address must not carry a user or a password.")


def _look_up(name: str, port: int) -> list[IpAddress]:
    try:
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError):
        raise ErpUnavailable(f"The ERP's address {name} is not known.") from None
    # Also "127.1", "0x7f000001" and "2130706433" have become an address by now.
    return [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]


def _allowed_networks(entries: Iterable[str]) -> list[IpNetwork]:
    return [ipaddress.ip_network(entry, strict=False) for entry in entries if entry != SOCKET]


def _may_call(address: IpAddress, allowed: list[IpNetwork]) -> bool:
    forms = _forms(address)
    if any(form in METADATA for form in forms):
        return False
    return all(_is_public(form) or _is_in(form, allowed) for form in forms) or _is_in(
        address, allowed
    )


def _forms(address: IpAddress) -> list[IpAddress]:
    """Return the address and the IPv4 addresses hidden in it, any of which may be reached."""
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    hidden: list[IpAddress] = []
    if any(address in network for network in CARRIERS_OF_V4):
        hidden.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    if address.sixtofour:
        hidden.append(address.sixtofour)
    if address.teredo:
        hidden.extend(address.teredo)
    # A mapped address is nothing but its IPv4 address.
    return hidden if address.ipv4_mapped else [address, *hidden]


def _is_public(address: IpAddress) -> bool:
    return address.is_global and not address.is_multicast and not address.is_reserved


def _is_in(address: IpAddress, networks: list[IpNetwork]) -> bool:
    return any(address in network for network in networks)
