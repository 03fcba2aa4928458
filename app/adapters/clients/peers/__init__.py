"""Connections between the processes of one server on one machine (docs/adr/0027-preferred-writers.md)."""

from app.adapters.clients.peers.folder import PeerFolder
from app.adapters.clients.peers.frames import BadFrame
from app.adapters.clients.peers.group import PeerGroup
from app.adapters.clients.peers.link import PeerLink, PeerSession

__all__ = ["BadFrame", "PeerFolder", "PeerGroup", "PeerLink", "PeerSession"]
