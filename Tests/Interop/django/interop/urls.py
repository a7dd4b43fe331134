# SPDX-License-Identifier: Apache-2.0
# Part of Gatecast. Copyright 2026 the Gatecast authors.
"""The login paths of one preset, a view that says who is asking, and one that counts what was revoked."""

from django.apps import apps
from django.conf import settings
from django.http import JsonResponse
from django.urls import include, path
from rest_framework.decorators import api_view, permission_classes
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response


@api_view(["GET", "POST"])
@permission_classes([IsAuthenticated])
def whoami(request):
    return Response({"user": request.user.username, "token": request.auth["jti"]})


def revoked(request):
    name = "token_blacklist"
    count = apps.get_model(name, "BlacklistedToken").objects.count() if apps.is_installed(f"rest_framework_simplejwt.{name}") else 0
    return JsonResponse({"revoked": count})


urlpatterns = [path("api/whoami/", whoami), path("interop/revoked/", revoked)]

if settings.INTEROP_URLS == "simplejwt":
    from rest_framework_simplejwt.views import TokenBlacklistView, TokenObtainPairView, TokenRefreshView

    urlpatterns += [
        path("api/token/", TokenObtainPairView.as_view()),
        path("api/token/refresh/", TokenRefreshView.as_view()),
        path("api/token/blacklist/", TokenBlacklistView.as_view()),
    ]
elif settings.INTEROP_URLS == "djoser":
    urlpatterns += [path("auth/", include("djoser.urls")), path("auth/", include("djoser.urls.jwt"))]
else:
    urlpatterns += [
        path("dj-rest-auth/", include("dj_rest_auth.urls")),
        path("dj-rest-auth/registration/", include("dj_rest_auth.registration.urls")),
    ]
