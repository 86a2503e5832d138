"""Money is a Decimal with a currency; in tables it is an integer of minor units.

Exponents are those of ISO 4217 (the number of decimal places of the minor unit). A currency that is
not listed here is an error, never a guess of two. Withdrawn ones are listed too: a shop's old orders
stay in the currency of their time.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

from regulars.errors import RegularsError

_LARGEST = 2**63 - 1
_EXPONENTS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
    2: (
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD"
        " CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ"
        " GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL"
        " MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR"
        " PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT"
        " TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD YER ZAR ZMW ZWG"
    ),
}
_WITHDRAWN = {0: "BYR", 2: "ANG HRK LTL LVL SLL STD VEF"}
_EXPONENT = {
    code: places
    for listed in (_EXPONENTS, _WITHDRAWN)
    for places, codes in listed.items()
    for code in codes.split()
}


class MoneyError(RegularsError):
    """An amount or currency that cannot be understood, or a sum over two currencies."""


def exponent(currency: str) -> int:
    """Decimal places of a currency's minor unit: 2 for EUR, 0 for JPY, 3 for KWD.

    Raises MoneyError for a code that ISO 4217 does not list.
    """
    try:
        return _EXPONENT[currency]
    except KeyError:
        raise MoneyError(f"unknown currency {currency!r}", hint="Use an ISO 4217 code") from None


def minor_units(amount: str | Decimal | int, currency: str) -> int:
    """A plain decimal text such as "12.50" as minor units: 1250 for EUR, an error for JPY.

    Platforms' APIs use a point and no thousands separator; anything else, a fraction finer than the
    currency's minor unit, a float, or more than 64 bits hold raises MoneyError.
    """
    if isinstance(amount, float):
        raise MoneyError(f"{amount!r} is a float", hint="Pass the platform's own text")
    try:
        value = Decimal(amount).scaleb(exponent(currency))
        whole = int(value)
    except (InvalidOperation, ValueError, OverflowError):
        raise MoneyError(f"{amount!r} is not an amount") from None
    if whole != value:
        raise MoneyError(f"{amount!r} is finer than the minor unit of {currency}")
    if abs(whole) > _LARGEST:
        raise MoneyError(f"{amount!r} is more than can be stored")
    return whole


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount in one currency. Adding two currencies raises MoneyError."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.amount, Decimal):
            raise MoneyError(f"{self.amount!r} is not a Decimal", hint="Use Money.parse or Money.of_minor")
        exponent(self.currency)

    @classmethod
    def parse(cls, text: str, currency: str) -> Money:
        """Plain decimal text, as platforms' APIs write it, to Money."""
        return cls.of_minor(minor_units(text, currency), currency)

    @classmethod
    def of_minor(cls, minor: int, currency: str) -> Money:
        """Minor units (cents, yen, fils) to Money."""
        return cls(Decimal(minor).scaleb(-exponent(currency)), currency)

    @property
    def minor(self) -> int:
        """This amount in minor units, rounded half to even where it is finer (a mean, a prediction)."""
        return int(self.amount.scaleb(exponent(self.currency)).to_integral_value(ROUND_HALF_EVEN))

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other).amount, self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other).amount, self.currency)

    def _same(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise MoneyError(f"{self.currency} and {other.currency} do not add up")
        return other

    def __str__(self) -> str:
        return f"{self.amount:,.{exponent(self.currency)}f} {self.currency}"
