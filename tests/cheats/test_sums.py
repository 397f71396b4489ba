"""Sums and figures that cannot be."""

from django.urls import reverse

from tests.cheats.trying import not_refused

ABSURD = ("-1", "0", "0.001", "1e400", "NaN", "Infinity", "9" * 40, "５²", "1,2,3", "=1+1", "\x00")


def test_negative_and_absurd_sums_are_refused_everywhere(made, who):
    uni, firm = who["uni"], who["firm"]
    number = made.contract.number
    places = (
        (uni, "invoice", made.invoice.pk, "invoice_credit", "price", {"reason": "x"}),
        (uni, "payment", made.payment.pk, "payment_refund", "amount", {"reason": "x"}),
        (firm, "payment_advise", made.invoice.pk, "payment_advise", "amount", {}),
        (uni, "contract_proceeds", number, "contract_proceeds", "amount", {"text": "x"}),
        (uni, "contract_breach", number, "contract_breach", "amount_minor", {"words": "x"}),
    )
    done = {}
    for person, page, argument, to, field, rest in places:
        tries = [{field: absurd, **rest} for absurd in ABSURD]
        done |= not_refused(page, person.open(page, argument), reverse(to, args=[argument]), tries)
    assert done == {}


def test_absurd_figures_in_a_report_or_an_offer_are_refused(made, who):
    report = who["firm"].open("report", made.open_report.pk)
    figure = report.soup.select_one("input[name$=_invoiced_incl_vat]")["name"]
    vat = figure.replace("_invoiced_incl_vat", "_vat")
    absurd = [one for one in (*ABSURD, "1") if one != "0"]  # nothing sold, said by a figure, is no lie
    done = not_refused(
        "report",
        report,
        report.path,
        [{figure: one, vat: "1000000"} for one in absurd],
        press="action=submit",
    )
    form = who["uni"].open("offer_new", made.open_deal.number, query="?start=preset:option")
    names = ("elements-0-amount", "trial-months", "term_months", "trial-decision_days")
    tries = [{name: one} for name in names for one in ("-1", "NaN", "9" * 40, "1e400")]
    done |= not_refused("offer", form, "", tries, press="preview")
    assert done == {}
