from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from marketplace.fields import UploadField
from search.models import Frequency, Topic
from search.params import SearchParams
from search.synonyms import read_words


class SaveForm(forms.Form):
    query = forms.CharField(widget=forms.HiddenInput, max_length=4000, required=False)
    name = forms.CharField(label=_("Name of the search"), max_length=100)
    frequency = forms.ChoiceField(
        label=_("Tell me about new hits"), choices=Frequency.choices, initial=Frequency.AT_ONCE
    )

    def clean_query(self) -> str:
        params = SearchParams.from_query(QueryDict(self.cleaned_data["query"]))
        if params.is_empty:
            raise forms.ValidationError(
                _("Type something or choose a filter first: this search finds everything.")
            )
        return params.but().to_query()


class SynonymForm(forms.Form):
    words = forms.CharField(
        label=_("Words that mean the same"),
        max_length=1000,
        help_text=_("In any language, separated by commas: 机器学习, machine learning, ML"),
    )
    topic = forms.ChoiceField(label=_("Topic"), choices=Topic.choices, initial=Topic.OTHER)

    def clean_words(self) -> list[str]:
        return read_words(self.cleaned_data["words"])


class SynonymImportForm(forms.Form):
    file = UploadField(
        label=_("Table (csv)"),
        kinds=("csv",),
        help_text=_(
            "Columns: number (empty for a new set), topic, words separated by semicolons; as the export writes them."
        ),
    )
