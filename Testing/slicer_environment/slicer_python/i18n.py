"""``slicer.i18n`` for an application without translations."""


def translate(context: str, text: str) -> str:
    """What a translated string of ``context`` reads."""
    if not isinstance(context, str) or not isinstance(text, str):
        raise TypeError(f"translate({context!r}, {text!r}): both must be strings")
    return text


def tr(text: str) -> str:
    """What a string of the calling file reads. f-strings cannot be translated: format after translating."""
    return translate("", text)
