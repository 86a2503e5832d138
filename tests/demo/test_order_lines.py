"""Order lines of a person's own file: which rows are understood, what they become, and what the bridge says."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from regulars.demo.order_lines import OrderLine, describe, read_order_lines, shop_of
from regulars.errors import ConfigError

START = datetime(2026, 3, 1, 9, tzinfo=UTC)
HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"


@pytest.fixture
def read(tmp_path):
    def _read(text: str, zone: str = "UTC"):
        file = tmp_path / "lines.csv"
        file.write_text(text, encoding="utf-8")
        return read_order_lines(file, zone)

    return _read


def line(row, quantity, price="2.50", customer="7", sku="TEA", order=None):
    at = START + timedelta(days=row)
    return OrderLine(row, order or f"o{row}", at, customer, sku, quantity, Decimal(price), sku.title(), "")


def shop(*lines, currency="GBP"):
    return shop_of(list(lines), currency, "UTC", "GB")


def given_back(world):
    """(order, quantity, amount) of each refund, in the order of the orders."""
    return [
        (order.key, sum(quantity for _, quantity in refund.lines), refund.amount)
        for order in world.orders
        for refund in order.refunds
    ]


@pytest.mark.parametrize(
    "header",
    [
        "order,date,customer,sku,quantity,price",
        "order_id,ordered_at,email,product,quantity,price",
        "InvoiceNo,InvoiceDate,CustomerID,StockCode,Quantity,UnitPrice",
        " INVOICENO , invoicedate,customerid,stockcode,QUANTITY,unitprice",
    ],
)
def test_columns_go_by_any_of_their_names(read, header):
    lines, bad = read(f"{header}\n1,2026-03-01 10:00,7,TEA,2,2.50\n")
    assert not bad
    assert (lines[0].order, lines[0].customer, lines[0].sku, lines[0].amount) == ("1", "7", "TEA", Decimal("5.00"))


def test_columns_stand_in_any_order_and_may_be_missing(read):
    lines, _ = read("price,quantity,sku,date,order\n2.50,2,TEA,2026-03-01,1\n")
    assert (lines[0].customer, lines[0].title, lines[0].country) == ("", "", "")
    assert lines[0].price == Decimal("2.50")


def test_a_missing_column_is_named(read):
    with pytest.raises(ConfigError, match="no column 'price'"):
        read("order,date,sku,quantity\n1,2026-03-01,TEA,2\n")


def test_an_empty_file_lacks_its_first_column(read):
    with pytest.raises(ConfigError, match="no column 'order'"):
        read("")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.csv"):
        read_order_lines(tmp_path / "none.csv", "UTC")


def test_dates_are_the_shops_own_time(read):
    lines, _ = read(HEADER + "1,TEA,Tea,1,2026-07-01 00:30,2.50,7,\n", "Europe/London")
    assert lines[0].at.astimezone(UTC) == datetime(2026, 6, 30, 23, 30, tzinfo=UTC)


def test_a_compressed_file_is_read(tmp_path):
    file = tmp_path / "lines.csv.gz"
    file.write_bytes(gzip.compress((HEADER + "1,TEA,Tea,1,2026-03-01,2.50,7,\n").encode()))
    assert len(read_order_lines(file, "UTC")[0]) == 1


def test_a_broken_compressed_file_is_named(tmp_path):
    file = tmp_path / "lines.csv.gz"
    file.write_bytes(gzip.compress(HEADER.encode() * 50)[:-20])
    with pytest.raises(ConfigError, match=r"lines\.csv\.gz"):
        read_order_lines(file, "UTC")


def test_a_file_of_an_older_spreadsheet_is_read(tmp_path):
    file = tmp_path / "lines.csv"
    file.write_bytes((HEADER + "1,TEA,Thé,1,2026-03-01,2.50,7,\n").encode("latin-1"))
    assert read_order_lines(file, "UTC")[0][0].title == "Thé"


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (",TEA,Tea,1,2026-03-01,2.50,7,", "line 3, order: is empty"),
        ("1,TEA,Tea,1,01/03/2026,2.50,7,", "line 3, date: '01/03/2026' is not"),
        ("1,TEA,Tea,one,2026-03-01,2.50,7,", "line 3, quantity: 'one' is not"),
        ('1,TEA,Tea,1,2026-03-01,"2,50",7,', "line 3, price: '2,50' is not"),
        ("1,TEA,Tea,1,2026-03-01,NaN,7,", "line 3, price: 'NaN' is not"),
        ("1,TEA,Tea,1,2026-03-01,1E+30,7,", "line 3, price: '1E+30' is not"),
        ("1,TEA", "line 3, date: '' is not"),
    ],
)
def test_a_bad_row_is_named_by_line_and_column(read, row, told):
    lines, bad = read(HEADER + "1,TEA,Tea,1,2026-03-01,2.50,7,\n" + row + "\n")
    assert len(lines) == 1
    assert str(bad[0]).startswith(told)


def test_the_line_of_a_bad_row_counts_line_breaks_within_cells(read):
    _, bad = read(HEADER + '1,TEA,"Tea\nfor two",1,2026-03-01,2.50,7,\n\n1,TEA,Tea,x,2026-03-01,2.50,7,\n')
    assert bad[0].row == 5


def test_of_many_bad_rows_the_first_are_told_and_the_rest_counted(read):
    _, bad = read(HEADER + "1,TEA,Tea,x,2026-03-01,2.50,7,\n" * 13)
    assert list(describe(bad, most=2))[1:] == ["line 3, quantity: 'x' is not a whole number", "and 11 more"]


def test_a_refund_goes_to_the_newest_purchase_first():
    world, _ = shop(line(1, 5), line(2, 5), line(3, -3))
    assert given_back(world) == [("o2", 3, "7.50")]


def test_a_refund_reaches_back_over_several_purchases():
    world, bridge = shop(line(1, 5), line(2, 2), line(3, -4))
    assert given_back(world) == [("o1", 2, "5.00"), ("o2", 2, "5.00")]
    assert bridge.refunds == Decimal("10.00")


def test_what_a_purchase_does_not_cover_stands_in_the_bridge():
    world, bridge = shop(line(1, 2), line(2, -5))
    assert given_back(world) == [("o1", 2, "5.00")]
    left = bridge.lines["brought back without a matching purchase"]
    assert (left.rows, left.amount) == (1, Decimal("-7.50"))


@pytest.mark.parametrize("other", [{"price": "2.60"}, {"sku": "MUG"}, {"customer": "8"}])
def test_only_the_same_customer_product_and_price_match(other):
    world, bridge = shop(line(1, 2), line(2, -2, **other))
    assert given_back(world) == []
    assert "brought back without a matching purchase" in bridge.lines


def test_a_later_purchase_is_not_given_back_before_it_was_made():
    world, bridge = shop(line(1, -1), line(2, 1))
    assert given_back(world) == []
    assert bridge.difference() == 0


def test_one_slip_for_two_lines_of_an_order_is_one_refund():
    world, _ = shop(
        line(1, 1, order="o"), line(1, 1, sku="MUG", order="o"), line(2, -1, order="C"),
        line(2, -1, sku="MUG", order="C"),
    )  # fmt: skip
    assert given_back(world) == [("o", 2, "5.00")]


def test_one_slip_naming_a_purchase_twice_gives_back_one_line():
    world, _ = shop(line(1, 5), line(2, -1, order="C"), line(2, -2, order="C"))
    assert world.orders[0].refunds[0].lines == ((0, 3),)
    assert world.orders[0].refunds[0].amount == "7.50"


def test_guests_are_orders_without_a_person():
    world, bridge = shop(line(1, 2, customer=""), line(2, -2, customer=""))
    assert world.people == []
    assert world.orders[0].person is None
    assert bridge.lines["brought back by guests or stock"].amount == Decimal("-5.00")


def test_a_number_becomes_an_invented_address_and_an_address_stays():
    world, _ = shop(line(1, 1, customer="7"), line(2, 1, customer="ann@example.test"))
    assert [person.email for person in world.people] == ["c7@example.test", "ann@example.test"]


def test_prices_finer_than_the_minor_unit_are_rounded_and_the_rest_stands_in_the_bridge():
    world, bridge = shop(line(1, 10, "0.125"), line(2, 10, "0.004"), line(3, -10, "0.125"))
    assert world.orders[0].lines[0].price == "0.12"
    assert len(world.orders) == 1
    assert bridge.lines["prices below half a minor unit"].amount == Decimal("0.040")
    assert bridge.lines["rounded to the minor unit"].amount == 0
    assert bridge.difference() == 0


def test_yen_have_no_decimals():
    world, bridge = shop(line(1, 3, "120"), line(2, 1, "99.5"), currency="JPY")
    assert [order.lines[0].price for order in world.orders] == ["120", "100"]
    assert bridge.lines["rounded to the minor unit"].amount == Decimal("-0.5")


def test_rows_that_are_no_sale_are_counted_by_why():
    _, bridge = shop(line(1, 1), line(2, 1, "0"), line(3, 1, "-9.00"), line(4, 0))
    assert {label: (x.rows, x.amount) for label, x in bridge.lines.items()} == {
        "rows without a price": (1, 0),
        "adjustments with a negative price": (1, Decimal("-9.00")),
        "rows without a quantity": (1, 0),
    }


rows = st.builds(
    line,
    st.integers(0, 30),
    st.integers(-6, 6),
    st.sampled_from(["2.50", "2.5", "0.125", "0.005", "0.004", "0", "-3.10", "1E+2"]),
    st.sampled_from(["", "7", "8"]),
    st.sampled_from(["TEA", "MUG"]),
    st.sampled_from(["a", "b", "c"]),
)


@given(st.lists(rows, max_size=25), st.sampled_from(["GBP", "JPY", "KWD"]))
def test_the_bridge_never_leaves_a_difference_and_the_shop_holds_what_it_says(lines, currency):
    world, bridge = shop(*lines, currency=currency)
    assert bridge.difference() == 0
    assert bridge.total == sum(x.amount for x in lines)
    assert bridge.sales == sum(x.quantity * Decimal(x.price) for order in world.orders for x in order.lines)
    assert bridge.refunds == sum(Decimal(back.amount) for order in world.orders for back in order.refunds)


@given(st.lists(rows, max_size=25))
def test_nobody_gives_back_more_than_was_bought(lines):
    world, _ = shop(*lines)
    for order in world.orders:
        for index, bought in enumerate(order.lines):
            back = sum(n for refund in order.refunds for at, n in refund.lines if at == index)
            assert 0 <= back <= bought.quantity
        assert all(refund.at >= order.at for refund in order.refunds)
