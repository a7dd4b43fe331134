# SPDX-License-Identifier: Apache-2.0
# Part of Gatecast. Copyright 2026 the Gatecast authors.
"""`sessions.login: dj-rest-auth`, with cookies of its own for the gateway to ignore, and registration by allauth."""

from .base import *  # noqa: F401,F403
from .base import INSTALLED_APPS, MIDDLEWARE, is_on

INTEROP_URLS = "dj_rest_auth"
INSTALLED_APPS = INSTALLED_APPS + [
    "django.contrib.sites",
    "dj_rest_auth",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "dj_rest_auth.registration",
]
MIDDLEWARE = MIDDLEWARE + ["allauth.account.middleware.AccountMiddleware"]
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
SITE_ID = 1
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
ACCOUNT_EMAIL_VERIFICATION = "none"
REST_AUTH = {
    "USE_JWT": True,
    "TOKEN_MODEL": None,
    "JWT_AUTH_COOKIE": "app-auth",
    "JWT_AUTH_REFRESH_COOKIE": "app-refresh",
    "JWT_AUTH_HTTPONLY": is_on("INTEROP_HTTPONLY"),
}
