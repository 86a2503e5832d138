"""Every error a person can meet, sorted by what the caller can do about it.

    RegularsError                    exit 1   handled; nothing half-written; may be tried again
     +- ConfigError                  exit 2   the command, a file or a setting is wrong: a person must mend it
     +- AuthError                    exit 4   missing, expired or revoked credentials, or too few scopes
     |   +- WrongAccountError        exit 20  the platform answered as somebody else: stop everything
     +- QuotaError                   exit 5   out of quota or budget; resumable after `retry_after` seconds
     +- RefusedError                 exit 6   a guard or the consent policy said no: a person must look
     +- PlanError                    exit 7   the plan is edited, expired, stale, applied already or not approved
     +- DataCheckError               exit 9   the data does not look like itself: volume, freshness, reconciliation
     +- PluginError                  exit 10  a plugin broke its contract
     +- LockedError                  exit 11  another run holds this client
     +- PlatformError                exit 1   the platform is down or answered nonsense
         +- UnknownOutcomeError      exit 1   a write may or may not have happened: read back, never send again

An error is one line: where, what, what to do next. It carries no secret and no traceback for the user.
Errors that are not RegularsError are bugs of ours and keep their traceback.
"""

from __future__ import annotations

PARTLY_DONE = 3  # some clients or records failed; the rest is complete and consistent


class RegularsError(Exception):
    """Something went wrong and was handled.

    `what` says what is wrong, `where` names the file, key or record, `hint` the next step (where nobody
    gives one, the `advice` of its kind).
    """

    exit_code = 1
    advice = ""

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        self.what, self.where, self.hint = what, where, hint or self.advice
        super().__init__(what)

    def __str__(self) -> str:
        line = f"{self.where}: {self.what}" if self.where else self.what
        return f"{line}. {self.hint}" if self.hint else line


class ConfigError(RegularsError):
    """A command, file or setting is wrong."""

    exit_code = 2


class AuthError(RegularsError):
    """Credentials are missing, expired or revoked, or their scopes are too small."""

    exit_code = 4
    advice = "Mend the credentials or their rights; regulars check says what is missing"


class WrongAccountError(AuthError):
    """The platform's own id is not the `expect_id` of the connection."""

    exit_code = 20


class QuotaError(RegularsError):
    """Out of quota or budget. `retry_after` is in seconds, None where nobody knows."""

    exit_code = 5
    advice = "Run it again later; it goes on from here"

    def __init__(self, what: str, *, where: str = "", hint: str = "", retry_after: float | None = None) -> None:
        super().__init__(what, where=where, hint=hint)
        self.retry_after = retry_after


class RefusedError(RegularsError):
    """A guard or the consent policy refused; nothing was written."""

    exit_code = 6
    advice = "Nothing was written"


class PlanError(RegularsError):
    """This plan cannot be applied as it is."""

    exit_code = 7


class DataCheckError(RegularsError):
    """The data read does not look like itself."""

    exit_code = 9


class PluginError(RegularsError):
    """A plugin broke its contract."""

    exit_code = 10
    advice = "Report it to the plugin's author"


class LockedError(RegularsError):
    """Another run holds this client's lease."""

    exit_code = 11


class PlatformError(RegularsError):
    """The platform is down, cut the answer off or answered nonsense."""

    advice = "Nothing half-read is kept; run it again later"


class UnknownOutcomeError(PlatformError):
    """A write was sent and nobody knows whether it happened."""

    advice = "It is read back, never sent again blindly"
