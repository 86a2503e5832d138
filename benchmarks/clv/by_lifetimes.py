"""The same way with lifetimes 0.11.3, in its own environment."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
from lifetimes import BetaGeoFitter, GammaGammaFitter
from lifetimes.utils import summary_data_from_transaction_data

from benchmarks.clv.meter import Meter


def main(file: str, end: str) -> None:
    meter = Meter()
    with meter.step("read"):
        rows = pd.read_parquet(file)
        rows["day"] = pd.to_datetime(rows["day"], unit="D")
    with meter.step("summary"):
        last = pd.Timestamp(int(end), unit="D")
        known = summary_data_from_transaction_data(
            rows, "customer", "day", monetary_value_col="cents", observation_period_end=last
        )
    with meter.step("fit"):
        buying = BetaGeoFitter()
        buying.fit(known["frequency"], known["recency"], known["T"])
    with meter.step("spend"):
        again = known[(known["frequency"] > 0) & (known["monetary_value"] > 0)]
        spend = GammaGammaFitter()
        spend.fit(again["frequency"], again["monetary_value"])
    with meter.step("scores"):
        who = known["frequency"], known["recency"], known["T"]
        buying.conditional_probability_alive(*who)
        buying.conditional_expected_number_of_purchases_up_to_time(365.0, *who)
        spend.conditional_expected_average_profit(known["frequency"], known["monetary_value"])
    names = ("r", "alpha", "a", "b"), ("p", "q", "v")
    meter.tell(
        customers=len(known),
        buying=[float(np.asarray(buying.params_[name])) for name in names[0]],
        spend=[float(np.asarray(spend.params_[name])) for name in names[1]],
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
