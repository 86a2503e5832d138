"""dlt's read, in dlt's own environment: `python -m benchmarks.connectors.dlt_read READ URL ACCESS MODE`.

It is dlt's own declarative REST source. MODE is `iterate` (the resource's rows are taken one page after
the other and thrown away; no pipeline), `state` (the same with `incremental`, so that the next run would
read changes only), `extract` (`pipeline.extract`: rows in a load package on disk, with that state),
`normalize` (extracted, then typed and normalized into the package's final files), or `ids`.
"""

from __future__ import annotations

import sys
import tempfile

import dlt
from dlt.sources.rest_api import rest_api_source

from benchmarks.connectors.endpoints import Endpoint, endpoint
from benchmarks.connectors.meter import compared, measured


def source_of(at: Endpoint, url: str, incremental: bool):
    """The read as configuration, as dlt's documentation writes such sources."""
    asked = {
        "path": at.path,
        "method": at.method,
        "params": dict(at.params),
        "data_selector": at.rows,
        "paginator": _paginator(at),
    }
    if at.json:
        asked["json"] = _literal(at.json)
    if incremental:
        asked["incremental"] = {"cursor_path": at.changed, "initial_value": "2020-01-01T00:00:00Z"}
    resource = {"name": "rows", "primary_key": at.key, "write_disposition": "merge", "endpoint": asked}
    return rest_api_source({"client": {"base_url": url + "/", "headers": at.headers}, "resources": [resource]})


def _literal(value):
    """Braces doubled, because dlt reads single ones as expressions."""
    if isinstance(value, dict):
        return {name: _literal(inner) for name, inner in value.items()}
    return value.replace("{", "{{").replace("}", "}}") if isinstance(value, str) else value


def _paginator(at: Endpoint):
    if at.cursor is None:
        return {"type": "offset", "limit": at.page, "limit_param": "count", "total_path": "total_items"}
    where = "cursor_body_path" if at.json else "cursor_param"
    more = {"has_more_path": at.cursor.replace("endCursor", "hasNextPage")} if "endCursor" in at.cursor else {}
    return {"type": "cursor", "cursor_path": at.cursor, where: at.after, **more}


def _pipeline(source, normalize: bool) -> int:
    with tempfile.TemporaryDirectory() as folder:
        pipeline = dlt.pipeline("read", pipelines_dir=folder, destination=dlt.destinations.filesystem(folder))
        info = pipeline.extract(source)
        if normalize:
            pipeline.normalize()
        counts = info.metrics[info.loads_ids[0]][0]["table_metrics"]
        return counts["rows"].items_count


def main() -> None:
    name, url, access, mode = sys.argv[1:]
    at = endpoint(name, access)

    def rows(place: str) -> int:
        source = source_of(at, place, incremental=mode != "iterate")
        if mode in ("iterate", "state"):
            return sum(1 for _ in source.rows)
        return _pipeline(source, normalize=mode == "normalize")

    if mode == "ids":
        compared(row[at.key] for row in source_of(at, url, incremental=False).rows)
    else:
        measured(rows, url, at.warm)


if __name__ == "__main__":
    main()
