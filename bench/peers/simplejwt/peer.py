"""Django with djangorestframework-simplejwt, as its documentation sets it up, the refresh token in an HttpOnly cookie.

python3 peer.py prepare N   migrates and makes users u1..uN@example.com with the password of the benchmark
gunicorn peer:application   serves; DATABASE_NAME, _USER, _PASSWORD, _HOST, _PORT say where PostgreSQL is
"""

import os
import sys
from datetime import timedelta

import django
from django.conf import settings

PASSWORD = "marble cactus orbit lantern"

settings.configure(
    SECRET_KEY="of-the-benchmark-only-and-long-enough-for-hs256",
    ALLOWED_HOSTS=["127.0.0.1"],
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "rest_framework",
        "rest_framework_simplejwt.token_blacklist",
    ],
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    ROOT_URLCONF=__name__,
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            **{key: os.environ.get(f"DATABASE_{key}", "") for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT")},
            "CONN_MAX_AGE": None,
        }
    },
    USE_TZ=True,
    REST_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework_simplejwt.authentication.JWTAuthentication"],
        "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    },
    SIMPLE_JWT={
        "ACCESS_TOKEN_LIFETIME": timedelta(minutes=10),
        "REFRESH_TOKEN_LIFETIME": timedelta(days=14),
        "ROTATE_REFRESH_TOKENS": True,
        "BLACKLIST_AFTER_ROTATION": True,
    },
)
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.urls import path  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402
from rest_framework_simplejwt import views  # noqa: E402

COOKIE = "refresh_token"


class WithCookie:
    """The refresh token comes from the cookie and goes there, as dj-rest-auth does it."""

    def initialize_request(self, request, *args, **kwargs):
        drf_request = super().initialize_request(request, *args, **kwargs)
        self.token = request.COOKIES.get(COOKIE)
        return drf_request

    def post(self, request, *args, **kwargs):
        if self.token and isinstance(self, views.TokenRefreshView):
            request._full_data = {"refresh": self.token}
        response = super().post(request, *args, **kwargs)
        token = response.data.pop("refresh", None)
        if token:
            response.set_cookie(COOKIE, token, max_age=14 * 86_400, httponly=True, samesite="Lax")
        return response


class Obtain(WithCookie, views.TokenObtainPairView):
    pass


class Refresh(WithCookie, views.TokenRefreshView):
    pass


class User(APIView):
    def get(self, request):
        return Response({"pk": request.user.pk, "email": request.user.email})


urlpatterns = [
    path("auth/token/", Obtain.as_view()),
    path("auth/token/refresh/", Refresh.as_view()),
    path("auth/token/verify/", views.TokenVerifyView.as_view()),
    path("auth/user/", User.as_view()),
]
application = get_wsgi_application()


def prepare(count):
    from django.contrib.auth import get_user_model
    from django.contrib.auth.hashers import make_password
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    model, hashed = get_user_model(), make_password(PASSWORD)
    names = [f"u{i}@example.com" for i in range(1, count + 1)]
    model.objects.bulk_create([model(username=name, email=name, password=hashed) for name in names])


if __name__ == "__main__":
    # The URLs are found in the module of this name, not in the one that runs.
    settings.ROOT_URLCONF = "peer"
    prepare(int(sys.argv[2]))
