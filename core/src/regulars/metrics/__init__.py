"""Numbers of a shop and its customers: sales, RFM, simple CLV, retention, reach, and the catalogue.

Pure: tables in, tables out. `build` needs the canonical tables and identity's; `build_reach` and
`build_catalogue` need consent's as well and come last in a run.
"""

from regulars.metrics.catalogue import build_catalogue
from regulars.metrics.clv import simple_clv
from regulars.metrics.crr import Retention, Span, last_complete, retention, retention_members, running
from regulars.metrics.reach import build_reach
from regulars.metrics.settings import FxRate, MetricSettings, metric_settings
from regulars.metrics.tables import build

__all__ = [
    "FxRate",
    "MetricSettings",
    "Retention",
    "Span",
    "build",
    "build_catalogue",
    "build_reach",
    "last_complete",
    "metric_settings",
    "retention",
    "retention_members",
    "running",
    "simple_clv",
]
