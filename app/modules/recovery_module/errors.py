from app.services.errors import Category, ErrorText, ServiceError


class LinkExpired(ServiceError):
    """The token of a mail was used, is too old, belongs to another address by now, or was never issued."""

    category = Category.GONE
    code = "link_expired"
    title = "The link is not valid any more"
    text = ErrorText(
        "the `token` of the mail was used already, is too old, or is not known",
        "ask for a new mail",
        "`token` из письма уже использован, устарел или неизвестен",
        "запросите новое письмо",
    )
