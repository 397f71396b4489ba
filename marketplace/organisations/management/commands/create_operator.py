from django.core.management.base import BaseCommand, CommandError

from marketplace.organisations.services import create_operator
from marketplace.refusals import Refused


class Command(BaseCommand):
    help = (
        "Make the market's operator, with the person of this address as its administrator. The person then asks "
        "for a password on the sign-in page ('Forgot your password?'). Safe to repeat."
    )

    def add_arguments(self, parser):
        parser.add_argument("email")
        parser.add_argument("--name-zh", default="市场运营方")
        parser.add_argument("--name-en", default="Market operator")
        parser.add_argument("--credit-code", default="0" * 18, help="unified social credit code")

    def handle(self, *, email, name_zh, name_en, credit_code, **options):
        try:
            membership = create_operator(
                email=email, name_zh=name_zh, name_en=name_en, credit_code=credit_code
            )
        except Refused as refusal:
            raise CommandError(refusal.message) from refusal
        self.stdout.write(f"{membership.user.email} is administrator of {membership.organisation}")
