from app.services.errors import Conflict, ErrorText, Forbidden, Unauthenticated


class FactorExists(Conflict):
    title = "The account has a second factor already"


class NoFactorToConfirm(Conflict):
    title = "There is no second factor to confirm"


class NoFactor(Conflict):
    title = "The account has no second factor"


class CodeRefused(Forbidden):
    """A signed-in user gave a wrong code. The session stays open."""

    title = "The code is wrong"


class WrongCode(Unauthenticated):
    """The second step of a sign-in had a wrong code. The ticket stays valid."""

    code = "wrong_code"
    title = "The code is wrong or was used already"
    text = ErrorText(
        "the code of the second factor is wrong or was used already",
        "ask for the next code; the `ticket` stays valid for its 10 minutes",
        "код второго фактора неверен или уже использован",
        "запросите у пользователя следующий код; `ticket` по-прежнему действует, пока не истекут его 10 минут",
    )


class SecondFactorMissing(Forbidden):
    """A server admin without a second factor, where the server requires one."""

    code = "second_factor_missing"
    title = "Server admins need a second factor here"
    text = ErrorText(
        "this server requires a second factor of its admins, and the account has none",
        "let the user set one up by `POST /accounts/me/totp`",
        "сервер требует от администраторов второй фактор, а у аккаунта его нет",
        "предложите подключить его через `POST /accounts/me/totp`",
    )
