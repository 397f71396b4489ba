import pytest

from cms.models import Field


@pytest.mark.django_db
def test_fields_of_two_levels_come_with_the_database():
    assert Field.objects.top().count() == 13
    assert Field.objects.filter(parent__isnull=False).count() == 67
    assert Field.objects.find("材料科学与工程").code == "materials"
    assert Field.objects.find("军事学").parent.code == "military"
    assert Field.objects.find(" nothing ") is None
