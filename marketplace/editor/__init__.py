"""The editor of terms: one form for the whole language, for offers, listings, drafts of contracts and simulations.

`forms.TermsForm` is the form (what is typed is a draft of `marketplace.terms.editor`), `layout.sections` its
cards, rows and conditions for the template `editor/_editor.html`, `words.pane` what stands beside it, `starts`
what one may begin from, `door` terms as JSON, in and out. Knows no area: a page adds fields of its own by
subclassing the form, and says what else it holds against the terms with `also`.
"""
