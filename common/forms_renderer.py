"""Forms drawn by the product's own templates: the error stands beside its field, the help under it."""

from django.forms.renderers import TemplatesSetting


class SvetoforRenderer(TemplatesSetting):
    """settings.FORM_RENDERER; needs `django.forms` in INSTALLED_APPS for the widgets' own templates."""

    form_template_name = "components/_form.html"
    field_template_name = "components/_field.html"
