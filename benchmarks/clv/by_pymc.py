"""The same way with pymc-marketing 1.3.0 (MAP), in its own environment; it needs Python 3.12."""

from __future__ import annotations

import sys
import warnings

import numpy as np
import pandas as pd

from benchmarks.clv.meter import Meter


def main(file: str, end: str) -> None:
    warnings.simplefilter("ignore")
    from pymc_marketing.clv import BetaGeoModel, GammaGammaModel
    from pymc_marketing.clv.utils import rfm_summary

    meter = Meter()
    with meter.step("read"):
        rows = pd.read_parquet(file)
        rows["day"] = pd.to_datetime(rows["day"], unit="D")
    with meter.step("summary"):
        last = str(pd.Timestamp(int(end), unit="D").date())
        known = rfm_summary(
            rows, customer_id_col="customer", datetime_col="day", monetary_value_col="cents",
            observation_period_end=last, time_unit="D",
        )  # fmt: skip
    with meter.step("fit"):
        buying = BetaGeoModel()
        # `fit_method` is another, swallowed argument: with it the full posterior is drawn.
        buying.fit(known, method="map", progressbar=False)
    assert buying.idata.posterior.sizes["draw"] == 1
    with meter.step("spend"):
        again = known[(known["frequency"] > 0) & (known["monetary_value"] > 0)]
        spend = GammaGammaModel()
        spend.fit(again, method="map", progressbar=False)
    with meter.step("scores"):
        buying.expected_probability_alive(data=known)
        buying.expected_purchases(data=known, future_t=365)
        spend.expected_customer_spend(data=again)
    names = ("r", "alpha", "a", "b"), ("p", "q", "v")
    meter.tell(
        customers=len(known),
        buying=[float(np.asarray(buying.idata.posterior[name]).mean()) for name in names[0]],
        spend=[float(np.asarray(spend.idata.posterior[name]).mean()) for name in names[1]],
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
