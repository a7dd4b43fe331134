# SPDX-License-Identifier: Apache-2.0
# Part of Gatecast. Copyright 2026 the Gatecast authors.
"""`sessions.login: simplejwt`: the token views as its documentation wires them."""

from .base import *  # noqa: F401,F403

INTEROP_URLS = "simplejwt"
