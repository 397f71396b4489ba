from django.utils.translation import override

from contracts.usage.meters import label_of


def test_a_meter_that_is_called_by_a_common_unit_speaks_the_readers_language():
    said = {
        "台": ("台", "machines"),
        "kWh": ("千瓦时", "kWh"),
        "net_sales": ("净销售额", "net sales"),
        "转速": ("转速", "转速"),
    }
    for meter, names in said.items():
        for language, name in zip(("zh-hans", "en"), names, strict=True):
            with override(language):
                assert label_of(meter) == name
