"""What is missing in an answer is wrong; what is null there is null."""

from datetime import UTC, datetime

import pytest
from pydantic import TypeAdapter, ValidationError
from regulars import MoneyError
from regulars_shopify.amounts import Amounts
from regulars_shopify.models import Instant, LineNode

LINE = {
    "id": "gid://shopify/LineItem/1",
    "sku": None,
    "title": "Tea",
    "isGiftCard": False,
    "quantity": 1,
    "currentQuantity": 1,
    "product": {"id": "gid://shopify/Product/1", "productType": "Tea"},
    "originalTotalSet": {"shopMoney": {"amount": "10.0"}},
    "discountAllocations": [{"allocatedAmountSet": {"shopMoney": {"amount": "1.0"}}}],
    "taxLines": [],
}
_READER = TypeAdapter(LineNode)


def test_what_lies_deep_in_an_answer_stands_at_the_top():
    line = _READER.validate_python(LINE)
    assert (line["product"], line["category"], line["total"]) == ("gid://shopify/Product/1", "Tea", "10.0")
    assert line["discountAllocations"] == [{"amount": "1.0"}]


def test_a_product_that_is_gone_is_null():
    line = _READER.validate_python(LINE | {"product": None})
    assert (line["product"], line["category"]) == (None, None)


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        ({name: value for name, value in LINE.items() if name != "product"}, "product.id"),
        (LINE | {"product": {"productType": "Tea"}}, "product"),
        (LINE | {"originalTotalSet": None}, "originalTotalSet.shopMoney.amount"),
        (LINE | {"originalTotalSet": {"shopMoney": {}}}, "originalTotalSet.shopMoney.amount"),
    ],
)
def test_what_is_missing_is_not_taken_for_null(broken, why):
    with pytest.raises(ValidationError) as fault:
        _READER.validate_python(broken)
    assert ".".join(map(str, fault.value.errors()[0]["loc"])) == why


@pytest.mark.parametrize("text", ["2026-11-20T10:00:00Z", "2026-11-20T12:00:00+02:00"])
def test_an_instant_is_in_utc_whatever_zone_it_comes_in(text):
    found = TypeAdapter(Instant).validate_python(text)
    assert (found, found.tzinfo) == (datetime(2026, 11, 20, 10, tzinfo=UTC), UTC)


@pytest.mark.parametrize(
    "nonsense",
    ["2026-11-20T10:00:00", "2026-11-20", "soon", "", 1763632800, None, True, "0001-01-01T00:00:00+09:00"],
)
def test_what_does_not_say_an_instant_with_its_zone_is_refused(nonsense):
    with pytest.raises(ValidationError):
        TypeAdapter(Instant).validate_python(nonsense)


def test_an_amount_that_is_not_there_is_nothing_also_after_many():
    euros = Amounts("EUR")
    assert all(euros[f"{n}.5"] == 100 * n + 50 for n in range(66_000))
    assert (euros[None], euros["12.34"]) == (0, 1234)
    assert len(euros) < 66_000


def test_an_amount_that_is_no_amount_is_refused_each_time():
    for _ in range(2):
        with pytest.raises(MoneyError, match="finer"):
            Amounts("EUR")["1.005"]
