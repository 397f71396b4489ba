from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from search.params import SearchParams
from search.words import words_of

MOST_WORDS = 20


class SaveForm(forms.Form):
    query = forms.CharField(widget=forms.HiddenInput, max_length=4000, required=False)
    name = forms.CharField(label=_("Name of the search"), max_length=100)
    alert = forms.BooleanField(label=_("Tell me about new hits"), required=False, initial=True)

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

    def clean_words(self) -> list[str]:
        text = self.cleaned_data["words"]
        for sign in "，、;；\n":
            text = text.replace(sign, ",")
        words = list(dict.fromkeys(" ".join(w.split()) for w in text.split(",") if w.strip()))
        if len(words) < 2:
            raise forms.ValidationError(_("Give at least two words, separated by a comma."))
        if len(words) > MOST_WORDS:
            raise forms.ValidationError(_("Give at most 20 words."))
        for word in words:
            if len(word) > 60:
                raise forms.ValidationError(_("“%(word)s” is too long."), params={"word": word})
            if not words_of(word):
                raise forms.ValidationError(
                    _("“%(word)s” holds nothing that can be searched for."), params={"word": word}
                )
        return words
