"""Numbers of a shop and its customers: sales, RFM, simple CLV, retention, reach, and the catalogue.

Pure: tables in, tables out. `build` needs the canonical tables and identity's; `build_reach` and
`build_catalogue` need consent's as well and come last in a run.
"""

from regulars.metrics.catalogue import build_catalogue
from regulars.metrics.clv import simple_clv
from regulars.metrics.cohorts import Cohorts, cohorts
from regulars.metrics.crr import Retention, retention, retention_members
from regulars.metrics.overview import Overview, overview
from regulars.metrics.reach import build_reach
from regulars.metrics.repeat import Buyers, Once, buyers, one_and_done
from regulars.metrics.settings import FxRate, MetricSettings, Period, metric_settings
from regulars.metrics.spans import Span, last_complete, running, span_before, year_before
from regulars.metrics.survival import Survival, next_orders
from regulars.metrics.tables import build, update
from regulars.metrics.unrated import Unrated, uncounted, unrated

__all__ = [
    "Buyers",
    "Cohorts",
    "FxRate",
    "MetricSettings",
    "Once",
    "Overview",
    "Period",
    "Retention",
    "Span",
    "Survival",
    "Unrated",
    "build",
    "build_catalogue",
    "build_reach",
    "buyers",
    "cohorts",
    "last_complete",
    "metric_settings",
    "next_orders",
    "one_and_done",
    "overview",
    "retention",
    "retention_members",
    "running",
    "simple_clv",
    "span_before",
    "uncounted",
    "unrated",
    "update",
    "year_before",
]
