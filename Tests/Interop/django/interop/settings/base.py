# SPDX-License-Identifier: Apache-2.0
# Part of Gatecast. Copyright 2026 the Gatecast authors.
"""What the presets have in common: a plain project with simplejwt. Switches are environment variables of the test."""

import os
from datetime import timedelta


def is_on(name):
    return os.environ.get(name) == "1"


SECRET_KEY = "not-a-secret-only-for-the-tests-of-one-machine-0123456789"
ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "interop.urls"
DATABASES = {
    "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.path.join(os.environ["INTEROP_DATA"], "db.sqlite3")}
}
# Hashing is Django's business and tested elsewhere; here it only costs time.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "rest_framework"]
if is_on("INTEROP_BLACKLIST"):
    INSTALLED_APPS += ["rest_framework_simplejwt.token_blacklist"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework_simplejwt.authentication.JWTAuthentication"],
}
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(seconds=int(os.environ.get("INTEROP_ACCESS_SECONDS", "300"))),
    "ROTATE_REFRESH_TOKENS": is_on("INTEROP_ROTATE"),
    "BLACKLIST_AFTER_ROTATION": is_on("INTEROP_BLACKLIST"),
}
