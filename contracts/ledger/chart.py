"""The chart of accounts of an issuer's book: what the market can know of the money, no more.

The market holds no money (DOMAIN: collecting and passing on needs a payment licence); the book records what
invoices, bank receipts and distributions say. Debits are positive, credits negative.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _


class AccountCode(models.TextChoices):
    BANK = "1002", _("bank deposits")  # 银行存款
    RECEIVABLE = "1122", _("accounts receivable")  # 应收账款
    UNALLOCATED = "2203", _("receipts not yet allocated")  # 预收（待核销）款项
    VAT_PAYABLE = "2221", _("VAT payable")  # 应交税费——应交增值税
    COMMISSION_PAYABLE = "2241", _("commission payable")  # 其他应付款——佣金
    REWARD_PAYABLE = "2211", _("inventor reward payable")  # 应付职工薪酬——成果转化奖励
    LICENCE_INCOME = "6051", _("licence income")  # 其他业务收入——技术许可
    INTEREST_INCOME = "6603", _("late-payment interest")  # 财务费用——利息收入
    COMMISSION_EXPENSE = "6601", _("commission")  # 销售费用——佣金
    REWARD_EXPENSE = "6602", _("inventor reward")  # 管理费用——成果转化奖励
    BAD_DEBT = "6702", _("bad debts")  # 信用减值损失
