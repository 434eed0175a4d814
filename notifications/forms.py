"""What the lists read from their address."""

from django import forms

from common.ids import LARGEST_ID


class PageForm(forms.Form):
    before_id = forms.IntegerField(min_value=1, max_value=LARGEST_ID, required=False)

    def before(self) -> int | None:
        """The id from which the page goes on; None for the first page or nonsense."""
        self.is_valid()
        return self.cleaned_data.get("before_id")


class MailSearchForm(PageForm):
    q = forms.CharField(max_length=100, required=False, strip=True)

    def text(self) -> str:
        """What to look for; empty for nothing or for what no letter can contain."""
        self.is_valid()
        return self.cleaned_data.get("q") or ""
