"""Single sign-on: accounts of other providers (OpenID Connect) sign in here."""
