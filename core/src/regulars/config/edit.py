"""Writing the workspace's files: templates, and edits that leave a person's comments alone.

Every file is written aside, flushed to disk and renamed, and an edited file is read back before it
takes the old one's place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from regulars.config.client import ConnectionName
from regulars.config.files import write_file
from regulars.config.load import validated
from regulars.config.sections import Section
from regulars.config.workspace import AGENCY_FILE, Client, Workspace
from regulars.connector import Connector
from regulars.errors import ConfigError

_AGENCY = """\
# {name}: settings of the agency. Commit this file; it holds no secrets.
schema = 1

[agency]
name     = {name_value}
timezone = {timezone}

[plugins]
disabled = []

# What stands here holds for every client; a client's own file may overrule it.

[defaults.clock]
order_source_max_age = "26h"  # older than this, and no segment is handed to a sending channel
consent_max_age      = "26h"

[defaults.guards]             # a client's file may only be stricter
max_change_pct_per_field = 40
max_clear_pct_per_field  = 2
max_segment_shift_pct    = 30
max_write_records        = 250000
min_source_rows_pct      = 80 # rows read today against the median of the last runs
reconcile_yesterday      = true   # yesterday against the platform's own totals, each night

[defaults.holdout]
share = 0.10
salt  = {salt}
"""

_CLIENT = """\
# {name}
schema   = 1
id       = {id}  # permanent: in every path, log line and plan
name     = {name_value}
status   = "onboarding"  # onboarding | live | paused; only live may be written to
timezone = {timezone}
currency = {currency}
{country}"""

_SEGMENTS = """\
# Segments of this workspace. A client switches them on with [segments] use = ["name"].
schema = 1
"""

_IGNORED = "data/\nsecrets/\n"


class _Named(Section):
    name: ConnectionName


def create_workspace(root: Path, name: str, timezone: str) -> list[Path]:
    """Make the files of a new workspace and return them. Raises ConfigError where one exists."""
    from regulars.config.agency import AgencyTable

    if (root / AGENCY_FILE).exists():
        raise ConfigError(f"{root} is a workspace already", hint="Choose another folder")
    validated(AgencyTable, {"name": name, "timezone": timezone}, "the new workspace")
    for folder in ("clients", "segments", "secrets", "data"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "secrets").chmod(0o700)
    values = {"name_value": _toml(name), "timezone": _toml(timezone), "salt": _toml(_salt(name))}
    made = {
        root / "segments" / "common.toml": shipped_segments(),
        root / ".gitignore": _IGNORED,
        root / AGENCY_FILE: _AGENCY.format(name=_one_line(name), **values),
    }
    for file, text in made.items():
        write_file(file, text)
    return list(made)


def shipped_segments() -> str:
    """Text of the segments that come with Regulars."""
    shipped = resources.files("regulars").joinpath("segments", "shipped.toml")
    return shipped.read_text(encoding="utf-8") if shipped.is_file() else _SEGMENTS


def add_client(
    workspace: Workspace, client_id: str, *, name: str, timezone: str, currency: str, country: str | None
) -> Path:
    """Write a new client's file and make its folders. Raises ConfigError, and then leaves nothing."""
    file = workspace.root / "clients" / f"{client_id}.toml"
    if file.exists():
        raise ConfigError(f"there is a client {client_id!r} already", where=f"clients/{client_id}.toml")
    values = {"id": client_id, "name": name, "timezone": timezone, "currency": currency}
    quoted = {key: _toml(value) for key, value in values.items() if key != "name"}
    line = f"country  = {_toml(country)}\n" if country else ""
    text = _CLIENT.format(name=_one_line(name), name_value=_toml(name), country=line, **quoted)
    workspace.parsed(client_id, text)
    write_file(file, text)
    for folder in ("data", "secrets"):
        (workspace.root / folder / client_id).mkdir(parents=True, exist_ok=True, mode=0o700)
    return file


def add_connection(client: Client, name: str, connector: Connector, keys: Mapping[str, Any]) -> None:
    """Append a connection, and the default map of a platform that can be written to.

    `keys` are what stands below [connections.NAME]: `role`, `sandbox` and the plugin's own settings,
    secrets as "secret:NAME". Raises ConfigError for a name that is taken.
    """
    if name in client.config.connections:
        raise ConfigError(f"there is a connection {name!r} already", where=client.file,
                          hint="Choose another name with --as")  # fmt: skip
    validated(_Named, {"name": name}, "--as")
    lines = [f"\n[connections.{name}]", f"plugin = {_toml(connector.name)}"]
    lines += [f"{_bare(key)} = {_toml(value)}" for key, value in keys.items()]
    _rewrite(client, _text(client) + "\n".join(lines + _maps(name, connector)) + "\n")


def set_expect_id(client: Client, name: str, account_id: str) -> None:
    """Store who must answer on a connection; every other line stays as it is."""
    lines = _text(client).splitlines(keepends=True)
    header = re.compile(rf'\s*\[\s*connections\s*\.\s*(?:{re.escape(name)}|"{re.escape(name)}")\s*\]')
    start = next((n for n, line in enumerate(lines) if header.match(line)), None)
    if start is None:
        raise ConfigError(f"found no line [connections.{name}]", where=client.file,
                          hint=f"Write expect_id = {_toml(account_id)} there yourself")  # fmt: skip
    end = next((n for n in range(start + 1, len(lines)) if lines[n].lstrip().startswith("[")), len(lines))
    kept = [line for line in lines[start + 1 : end] if not re.match(r"\s*expect_id\s*=", line)]
    at = 1 if kept and re.match(r"\s*plugin\s*=", kept[0]) else 0
    kept.insert(at, f"expect_id = {_toml(account_id)}\n")
    _rewrite(client, "".join([*lines[: start + 1], *kept, *lines[end:]]))


def _maps(name: str, connector: Connector) -> list[str]:
    writes = connector.writes
    if writes is None:
        return []
    lists = [("segments", f"{writes.list_prefix}{{segment}}", None)]
    lines: list[str] = []
    for column, field, kind in [*writes.default_map, *lists]:
        entry = {"to": name, "from": column, "field": field} | ({"type": kind} if kind else {})
        if kind == "number":
            entry["write_if_changed_by"] = "5%"  # a value that moves a little for everybody is no news
        lines += ["", "[[map]]", *(f"{key} = {_toml(value)}" for key, value in entry.items())]
    return lines


def _text(client: Client) -> str:
    text = (client.root / client.file).read_text(encoding="utf-8")
    return text if text.endswith("\n") else text + "\n"


def _rewrite(client: Client, text: str) -> None:
    """Put the new text in place once it is known to be good, and let the client know it."""
    client.config = client.parse(text)
    write_file(client.root / client.file, text)


def _toml(value: Any) -> str:
    """A value as TOML. JSON's strings, numbers, booleans and lists of them are TOML's too."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _bare(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _toml(key)


def _one_line(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f]+", " ", text)


def _salt(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "regulars"
