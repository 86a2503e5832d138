"""Workspaces and clients: TOML files to typed settings, agency defaults, floors, secrets by reference."""

from regulars.config.agency import AgencyConfig
from regulars.config.client import ClientConfig, ConnectionConfig, MapEntry, SignalEntry
from regulars.config.costs import CostsConfig, PlatformCost, ProgrammeCost, Source, SourceCost
from regulars.config.load import Complaints, nearest, read_toml
from regulars.config.sections import (
    Cap,
    ConsentConfig,
    EcoaConfig,
    FreshnessConfig,
    GuardsConfig,
    HoldoutConfig,
    IdentityConfig,
    LegalBasis,
    LifecycleConfig,
    MoneyConfig,
    Rate,
    RetentionConfig,
    Sections,
    SegmentsConfig,
    WriteConfig,
)
from regulars.config.settings import (
    Question,
    connection_config,
    connection_settings,
    questions,
    secret_fields,
    settings_of,
)
from regulars.config.workspace import Client, Workspace, open_workspace

__all__ = [
    "AgencyConfig",
    "Cap",
    "Client",
    "ClientConfig",
    "Complaints",
    "ConnectionConfig",
    "ConsentConfig",
    "CostsConfig",
    "EcoaConfig",
    "FreshnessConfig",
    "GuardsConfig",
    "HoldoutConfig",
    "IdentityConfig",
    "LegalBasis",
    "LifecycleConfig",
    "MapEntry",
    "MoneyConfig",
    "PlatformCost",
    "ProgrammeCost",
    "Question",
    "Rate",
    "RetentionConfig",
    "Sections",
    "SegmentsConfig",
    "SignalEntry",
    "Source",
    "SourceCost",
    "Workspace",
    "WriteConfig",
    "connection_config",
    "connection_settings",
    "nearest",
    "open_workspace",
    "questions",
    "read_toml",
    "secret_fields",
    "settings_of",
]
