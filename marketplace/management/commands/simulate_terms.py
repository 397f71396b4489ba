import json
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from marketplace import terms
from marketplace.money import Money
from marketplace.simulator.scenario import read_json, read_scenario
from marketplace.simulator.simulate import simulate

EXAMPLES = Path(settings.BASE_DIR) / "docs" / "examples"


class Command(BaseCommand):
    help = "Compute what terms cost under a scenario: charges with their working, and what follows from them."

    def add_arguments(self, parser):
        parser.add_argument("terms", nargs="?", help="terms as JSON")
        parser.add_argument("scenario", nargs="?", help="scenario as JSON")
        parser.add_argument("--example", help="a worked example of docs/examples, such as D15")
        parser.add_argument("--until", help="the last day to look at")
        parser.add_argument(
            "--json", action="store_true", dest="as_json", help="print the whole answer as JSON"
        )

    def handle(self, *args, example, until, as_json, **options):
        if example:
            folder = EXAMPLES / Path(example).name
            paths = [folder / "terms.json", folder / "scenario.json"]
        elif options["terms"] and options["scenario"]:
            paths = [Path(options["terms"]), Path(options["scenario"])]
        else:
            raise CommandError("Give terms and a scenario, or --example.")
        try:
            agreed, said = terms.read(paths[0].read_bytes()), read_json(paths[1].read_bytes())
            if until and isinstance(said, dict):
                said["until"] = until
            answer = simulate(agreed, read_scenario(said, agreed))
        except OSError as error:
            raise CommandError(str(error)) from error
        except terms.TermsError as error:
            raise CommandError("\n".join(map(in_both, error.problems))) from error
        if as_json:
            self.stdout.write(json.dumps(answer, ensure_ascii=False, indent=1))
            return
        self.print_plainly(answer)

    def print_plainly(self, answer):
        for charge in answer["charges"]:
            amount = Money(charge["amount"], answer["currency"])
            self.stdout.write(
                f"{charge['dated_on']}  {charge['element_id']}  {amount}  due {charge['due_on']}"
            )
            for sentence in charge["working"]["en"]:
                self.stdout.write(f"    {sentence}")
        for each in (*answer["waiting"], *answer["warnings"]):
            self.stdout.write(each["en"])
        self.stdout.write(f"total  {Money(answer['total'], answer['currency'])}")
        for name in ("corrections", "interest", "audit", "vat", "commission", "distribution", "voucher"):
            if name in answer:
                self.stdout.write(f"{name}  {json.dumps(answer[name], ensure_ascii=False)}")


def in_both(problem):
    """One finding with its place, in both languages."""
    where = f"{problem.path}: " if problem.path else ""
    return f"{where}{problem.message('en')} {problem.message('zh-hans')}"
