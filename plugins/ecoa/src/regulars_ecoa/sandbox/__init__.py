"""Simulated ECOA providers: one that is asked over HTTP, one that exchanges files."""

from regulars_ecoa.sandbox.mailroom import EcoaFileSandbox
from regulars_ecoa.sandbox.service import EcoaSandbox
from regulars_ecoa.sandbox.vendor import Behaviour

__all__ = ["Behaviour", "EcoaFileSandbox", "EcoaSandbox"]
