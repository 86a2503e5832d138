"""The demo tells the whole main job, and what it tells is true of the workspace it leaves."""

import json
import re

import pytest
from click.testing import CliRunner
from regulars.cli import root


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    place = tmp_path_factory.mktemp("demo") / "ws"
    result = CliRunner().invoke(root, ["demo", str(place)])
    assert result.exit_code == 0, result.output
    return place, result.output


def run(place, *words):
    return CliRunner().invoke(root, ["-w", str(place), *words])


def test_the_story_goes_through_the_main_job(told):
    _, text = told
    for chapter in ("CONNECT", "NIGHT 1", "PLAN AND APPLY", "BOUNCED ADDRESSES", "NIGHTS 2 AND 3", "REACTIVATION",
                    "NIGHT 4", "UNDO", "NIGHT 5", "STATUS"):  # fmt: skip
        assert f"\n{chapter}  " in text
    assert "apply: refused, exit 6: clients/brightpaw.toml: status is onboarding" in text


def test_a_second_plan_after_an_apply_is_empty(told):
    assert re.findall(r"plan again, (\w+): (\d+) changes", told[1]) == [("brightpaw", "0"), ("fernhill", "0")]


def test_the_plan_that_is_shown_counts_all_that_is_then_written(told):
    shown = [int(n.replace(",", "")) for n in re.findall(r"Target   \w+ +\w+: ([\d,]+) changes", told[1])]
    (total,) = re.findall(r"in all   ([\d,]+) changes", told[1])
    (written,) = re.findall(r"brightpaw: ([\d,]+) written, read back equal", told[1])
    assert len(shown) == 2
    assert all(shown)
    assert total == written


def test_what_awaits_somebody_is_told_to_its_end(told):
    place, text = told
    for client in json.loads(run(place, "status", "--json").stdout):
        assert all(f"    {waiting}\n" in text for waiting in client["attention"])


def test_a_late_refund_lowers_its_customers_net_sales(told):
    before, after = re.search(r"net sales ([\d.]+) → ([\d.]+)", told[1]).groups()
    assert float(after) < float(before)


def test_a_drifted_field_and_an_unsubscribed_person_are_left_alone(told):
    assert "1 left alone: somebody changed it since the plan was made" in told[1]
    assert "1 left alone: unsubscribed on the platform by now" in told[1]


def test_a_night_with_three_orders_is_blocked_and_the_other_client_is_not(told):
    assert "[brightpaw] BLOCKED" in told[1]
    assert "volume of shop.orders: read 4, usual night" in told[1]
    assert "exit 9" in told[1]
    assert "[fernhill] ok" in told[1]


def test_the_workspace_can_be_played_with(told):
    place, _ = told
    status = run(place, "status", "--json")
    assert status.exit_code == 9
    assert [s["last_run_state"] for s in json.loads(status.stdout)] == ["blocked", "ok"]
    assert run(place, "explain", "brightpaw", "crr").exit_code == 0
    assert run(place, "reactivation", "show", "brightpaw").exit_code == 0
    assert run(place, "segment", "list", "fernhill").exit_code == 0
    blocked = json.loads(run(place, "runs", "list", "brightpaw", "--json").stdout)[0]
    accepted = run(place, "runs", "accept", "brightpaw", blocked["run"], "--reason", "a holiday")
    assert accepted.exit_code == 0, accepted.output
    again = run(place, "run", "brightpaw", "--json")
    assert again.exit_code == 0, again.output
    assert json.loads(again.stdout)[0]["run"] == blocked["run"]
    last = json.loads((place / "data" / "brightpaw" / "last_run.json").read_text())
    assert (last["state"], last["run"]) == ("ok", blocked["run"])


def test_nobody_was_ever_subscribed_by_us(told):
    place, _ = told
    mail = json.loads((place / "sandboxes" / "brightpaw-mail.json").read_text())
    assert mail["state"]["witness"]["subscribed_by_api"] == []


def test_a_folder_with_something_in_it_is_refused(told):
    again = run(told[0].parent, "demo", str(told[0]))
    assert again.exit_code == 2
    assert "is not empty" in again.output


def test_own_order_lines_become_numbers(tmp_path):
    file = tmp_path / "lines.csv"
    rows = ["order,date,customer,sku,quantity,price"]
    rows += [f"{n},2026-0{1 + n % 6}-1{n % 9} 10:00,c{n % 7}@example.test,TEA,{1 + n % 3},9.50" for n in range(60)]
    rows += ["61,2026-06-20 10:00,c1@example.test,TEA,-1,9.50", "62,2026-06-21,,POT,1,30.00"]
    file.write_text("\n".join(rows))
    shown = CliRunner().invoke(root, ["demo", "--orders", str(file), "--currency", "EUR"])
    assert shown.exit_code == 0, shown.output
    assert "61 orders of 7 customers and guests" in shown.output
    assert "= net sales: orders less refunds" in shown.output
    assert "retention" in shown.output
    file.write_text(file.read_text() + "\n63,yesterday,x,TEA,1,9.50\n64,2026-06-22,x,TEA,1,cheap\n")
    bad = CliRunner().invoke(root, ["demo", "--orders", str(file)])
    assert bad.exit_code == 2
    assert "line 64, date: 'yesterday' is not YYYY-MM-DD HH:MM" in bad.output
    assert "line 65, price: 'cheap' is not a decimal number" in bad.output
    rest = CliRunner().invoke(root, ["demo", "--orders", str(file), "--leave-out-bad-rows"])
    assert rest.exit_code == 0


@pytest.mark.parametrize(
    ("currency", "price", "total"),
    [
        ("JPY", "2000", "4,000 JPY"),
        ("EUR", "9.50", "19.00 EUR"),
        ("EUR", "1.004", "2.008 EUR"),
        ("KWD", "1.5", "3.000 KWD"),
    ],
)
def test_the_bridge_has_the_currencys_decimals_or_those_that_the_file_needs(tmp_path, currency, price, total):
    file = tmp_path / "lines.csv"
    rows = ["order,date,customer,sku,quantity,price", f"1,2026-01-10 10:00,ann@example.test,TEA,2,{price}"]
    rows.append("2,2026-01-11 10:00,ann@example.test,TEA,1,0")
    file.write_text("\n".join(rows))
    shown = CliRunner().invoke(root, ["demo", "--orders", str(file), "--currency", currency])
    assert shown.exit_code == 0, shown.output
    (line,) = (line for line in shown.output.splitlines() if line.startswith("all rows of the file"))
    assert line.split()[-2:] == total.split()


@pytest.mark.parametrize("price", ["0", "0.001", "-5"])
def test_a_file_without_a_sale_is_named(tmp_path, price):
    file = tmp_path / "lines.csv"
    file.write_text(f"order,date,customer,sku,quantity,price\n1,2026-01-01 10:00,a,T,1,{price}\n")
    shown = CliRunner().invoke(root, ["demo", "--orders", str(file)])
    assert (shown.exit_code, shown.stdout) == (2, "")
    assert f"{file}: has no sales in EUR" in shown.stderr
