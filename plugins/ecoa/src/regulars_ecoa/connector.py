"""The connector values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from regulars import CheckReport, Connector, EcoaProvider, Http, RequestPolicy, judge_by_status

from regulars_ecoa.client import policy
from regulars_ecoa.file_provider import EcoaFile
from regulars_ecoa.file_provider import check as check_folders
from regulars_ecoa.file_settings import EcoaFileSettings
from regulars_ecoa.provider import EcoaHttp, check
from regulars_ecoa.settings import EcoaSettings

if TYPE_CHECKING:
    from regulars_ecoa.sandbox import EcoaFileSandbox, EcoaSandbox


def connector() -> Connector:
    """`ecoa_http`: any provider that speaks the API of the README, directly or through a small proxy."""
    return Connector(
        name="ecoa_http",
        title="ECOA provider (HTTP)",
        role="ecoa",
        api_version="v1",
        settings=EcoaSettings,
        policy=policy,
        check=check,
        ecoa=EcoaHttp,
        sandbox=_sandbox,
        scopes={
            "jobs": "to ask a price, to buy a job, to read its state and results, and to return bounces",
            "privacy": "to suppress and to erase",
        },
    )


def file_connector() -> Connector:
    """`ecoa_file`: a provider that takes and returns files, such as a managed service over SFTP."""
    return Connector(
        name="ecoa_file",
        title="ECOA provider (files)",
        role="ecoa",
        api_version="files",
        settings=EcoaFileSettings,
        policy=_nobody,
        check=_check_folders,
        ecoa=_open_folders,
        sandbox=_file_sandbox,
    )


def _nobody(settings: EcoaFileSettings) -> RequestPolicy:  # noqa: ARG001 - every policy is made from settings
    """No host may be called."""
    return RequestPolicy("ecoa", "", frozenset(), judge_by_status)


def _open_folders(settings: EcoaFileSettings, http: Http) -> EcoaProvider:  # noqa: ARG001 - it calls nobody
    return EcoaFile(settings)


def _check_folders(settings: EcoaFileSettings, http: Http) -> CheckReport:  # noqa: ARG001 - it calls nobody
    return check_folders(settings)


def _sandbox(*args: Any, **kwargs: Any) -> EcoaSandbox:
    from regulars_ecoa.sandbox import EcoaSandbox

    return EcoaSandbox(*args, **kwargs)


def _file_sandbox(*args: Any, **kwargs: Any) -> EcoaFileSandbox:
    from regulars_ecoa.sandbox import EcoaFileSandbox

    return EcoaFileSandbox(*args, **kwargs)
