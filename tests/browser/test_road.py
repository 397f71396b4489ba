"""One new deal, in English on a phone and in Chinese on a desk, by taps alone: from the search box to the inventor's income, over everybody's desk.

Each step is found by the words that are seen on the page before it, so a dead end fails. The days between pass as the
demo's clock lets them.
"""

import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from marketplace import clock
from tests.browser.live import DESK, PHONE, Crowd, go_to, served
from tests.clones import cloned_database
from tests.factories.ground import PASSWORD
from tests.flows import money, steps
from tests.flows.market import market

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# People, firms and banks keep their names; the law is cited in its own language, with ours beside it.
NAMES = re.compile(
    "(编辑|审核|合同|校签|校财|侦察|企签|报告|企财|经纪|机签|机财|运营)[甲乙丙丁戊己庚辛壬癸子丑卯]|[王赵]示例|材料学院|东湖示例大学"
    "|长江样例泵业有限公司|楚天示例技术转移|江城银行示例支行|武汉市\\w+号|一种低温密封胶及其制备方法|简体中文|中文"
    "|《促进科技成果转化法》（2015）第四十五条|财税〔2016〕36号：现代服务业|国科发政〔2018〕103号|待核实|to be verified"
)


@pytest.fixture
def people(django_db_setup, django_db_blocker, _quick_and_clean, settings):
    settings.DEMO, settings.ELASTICSEARCH_URL, settings.ALLOWED_HOSTS = True, "", ["*"]
    settings.CELERY_TASK_ALWAYS_EAGER = True
    with django_db_blocker.unblock(), cloned_database():
        clock.forget()
        made = market()
        code = steps.publish_listing(made)
        steps.link_contributor(made, code, "王示例", made.inventor)
        money.open_bank_account(made)
        yield made
    clock.forget()


def next_quarter(day: date) -> date:
    month = 3 * ((day.month - 1) // 3) + 4
    return date(day.year + month // 13, (month - 1) % 12 + 1, 1)


def agree(crowd: Crowd) -> None:
    """Found, asked, a broker brought in, an offer made and accepted."""
    scout, officer, broker, signatory = crowd.scout, crowd.officer, crowd.broker, crowd.signatory
    crowd.visitor.write(q=crowd.visitor.said("pump sealing")).tap("Search").tap(
        "Low-temperature sealing compound"
    )
    scout.menu("Market", "Search the market").write(q=scout.said("sealing compound")).tap("Search")
    scout.tap("Low-temperature sealing compound").choose("I would like to try it")
    scout.write(message=scout.said("May we try it in two pumps?")).tap("Send").tap("bring one in")
    scout.page.locator("main select[name=agency]").select_option(label=scout.said("Chutian Example Transfer"))
    scout.tap("Ask the other side")
    officer.desk("an agency is invited").tap("Agree")
    broker.desk("an agency is invited").tap("Join").tap("Propose a commission").write(rate="5").tap("Propose")
    officer.desk("a commission is proposed").tap("Agree")
    officer.tap("Make an offer").tap("Shapes of payment").tap("Entry fee and royalty, with minimum and cap")
    officer.tap("Preview before sending").tap("Send the offer")
    signatory.desk("accept the offer").press("Accept")
    assert signatory.said("the seal fits") in signatory.text


def contract(crowd: Crowd) -> str:
    """Drafted, declared, reviewed, on public notice; the contract's number."""
    officer = crowd.officer.desk("draft the contract").tap("Draft the contract")  # to the panel
    officer.choose("No").page.locator("#contract button").click()
    officer.page.wait_for_url("**/contracts/**")
    number = re.search(r"C-\d{4}-\d{6}", officer.page.url)[0]
    crowd.signatory.desk("declare whether").tap("Declare relations").choose("No").tap("Declare")
    officer.desk("send it to review").press("Send to review")
    approver = crowd.approver.desk("review the contract").tap("Review").tap("To your answer")
    approver.choose("Approve and open the public notice").tap("Send the answer")
    notice = crowd.visitor.tap("Public notices", inside="nav.site-nav").tap(number.replace("C-", "N-"))
    assert notice.said("Low-temperature sealing compound") in notice.text
    return number


def sign_and_try(crowd: Crowd, paper: dict) -> None:
    for person in (crowd.uni_signatory, crowd.signatory, crowd.agency_signatory):
        person.desk("sign the contract").tap("Read and sign").choose("I have read this text")
        person.tap("Sign", inside="main form")
        if person.page.locator("main input[name=password]").count():
            person.write(password=PASSWORD).tap("Confirm")
        assert person.said("Signed") in person.page.inner_text("body")
    officer = crowd.officer.desk("deliver the result").tap("State the delivery").write(items="Recipe\nSample")
    officer.page.locator("main input[type=file]").set_input_files(paper)
    officer.tap("State the delivery", inside="main form")
    crowd.signatory.desk("accept the delivery").press("Accept the delivery")


def trigger(crowd: Crowd, number: str, day: date) -> None:
    """The first income is put on record; it sets the royalty going though nobody decided."""
    reporter = crowd.reporter.menu("Work", "Contracts").tap(number).tap("Record first income or another fact")
    reporter.write(on=day.isoformat()).tap("Put on record")
    assert reporter.said("in force") in reporter.text


def report_and_bill(crowd: Crowd, number: str) -> None:
    reporter = crowd.reporter.desk(f"{number}: report")
    figures = reporter.page.locator("main input[name$=_invoiced_incl_vat]")
    taxes = reporter.page.locator("main input[name$=_vat]:not([name$=_incl_vat])")
    for place in range(figures.count()):
        last = place == figures.count() - 1
        figures.nth(place).fill("1,130,000" if last else "0")
        taxes.nth(place).fill("130,000" if last else "0")
    reporter.tap("What will this cost?")
    assert "¥40,000.00" in reporter.text  # 4 % of what is net of VAT
    reporter.tap("Submit report")
    crowd.officer.desk(f"{number}: check the report").press("Accept report")
    finance = crowd.finance.desk(f"{number}: approve charges")
    finance.tap("Approve all").tap("Issue invoices")
    assert "¥42,400.00" in finance.text


def pay(crowd: Crowd, day: date) -> None:
    """The bank's statement of the demo pays every open invoice with its code."""
    assert "¥42,400.00" in crowd.payer.desk("Pay INV-").text
    finance = crowd.finance.menu("Money", "Receipts").tap("Read a statement")
    with finance.page.expect_download() as download:
        finance.page.locator("main a[href*='/demo/statements/']").first.click()
    statement = Path(download.value.path()).read_bytes()
    assert b"42400.00" in statement
    upload = {"name": "statement.csv", "mimeType": "text/csv", "buffer": statement}
    finance.page.locator("main input[type=file]").set_input_files(upload)
    finance.tap("Read", inside="main form").tap("Take over the new lines")
    finance.tap(day.isoformat()).tap("Confirm the receipt")
    assert finance.said("confirmed") in finance.text


def distribute(crowd: Crowd, number: str) -> None:
    broker = crowd.agency_finance.menu("Money", "Commissions")
    assert "¥2,000.00" in broker.text  # 5 % of the receipt without VAT
    finance = crowd.finance.desk(f"Distribute the income of {number}")
    finance.write(team_share="70", staff_of_retained="10", basis="Rule 2026-1").tap("Save")
    finance.tap("Propose this distribution")
    crowd.approver.desk(f"Decide the distribution of {number}").press("Approve")


def pay_out(crowd: Crowd) -> None:
    finance = crowd.finance.desk("Payouts to be made")
    for box in finance.page.locator("main input[name=payout]").all():
        box.check()
    finance.write(reference="OUT-1").tap("Confirm")
    assert finance.said("confirmed") in finance.page.inner_text("body")
    inventor = crowd.inventor.tap("My income", inside="nav.site-nav")
    assert "¥16,800.00" in inventor.text  # 60 % of 70 % of 40,000
    with inventor.page.expect_response(lambda answer: "statement" in answer.url) as paper:
        inventor.page.locator("main a", has_text=inventor.said("Statement")).first.click()
    assert paper.value.status == 200


@pytest.mark.parametrize(
    ("language", "screen"), [("en", PHONE), ("zh-hans", DESK)], ids=["en-390", "zh-1440"]
)
def test_a_new_deal_is_walked_by_taps_alone(people, browser_thread, language, screen):
    pool, browser = browser_thread
    paper = {"name": "recipe.pdf", "mimeType": "application/pdf", "buffer": steps.paper().read()}
    with served() as site:
        crowd = Crowd(browser, site, people, NAMES, language, screen)

        def walk(part, *given):
            return pool.submit(part, crowd, *given).result()

        walk(agree)
        number = walk(contract)
        go_to(clock.today() + timedelta(days=16))
        walk(sign_and_try, paper)
        walk(trigger, number, clock.today())
        go_to(next_quarter(clock.today()) + timedelta(days=1))
        walk(report_and_bill, number)
        walk(pay, clock.today())
        walk(distribute, number)
        go_to(clock.today() + timedelta(days=28))
        walk(pay_out)
