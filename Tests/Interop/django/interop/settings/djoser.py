# SPDX-License-Identifier: Apache-2.0
# Part of Gatecast. Copyright 2026 the Gatecast authors.
"""`sessions.login: djoser`."""

from .base import *  # noqa: F401,F403
from .base import INSTALLED_APPS

INTEROP_URLS = "djoser"
INSTALLED_APPS = INSTALLED_APPS + ["djoser"]
