"""What keeps the pages safe, in one place: cookies, CSRF tokens and the headers of every answer."""

from datetime import timedelta
from urllib.parse import urlsplit

from flask import Flask, Response, request
from flask_wtf import CSRFProtect

from ..config import Settings

COVERS = "https://i.scdn.co"


def protect(app: Flask, settings: Settings) -> None:
    """Set the cookie's flags, demand a token for every change, and add the headers."""
    is_https = settings.spotify_redirect_uri.startswith("https://")
    app.config.update(
        SECRET_KEY=settings.signing_key(),
        SESSION_COOKIE_NAME="__Host-mtm" if is_https else "mtm",
        SESSION_COOKIE_SECURE=is_https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(days=30),
        SESSION_REFRESH_EACH_REQUEST=False,  # once a day is enough, see `context.visitor`
        MAX_CONTENT_LENGTH=settings.max_upload_mb * 1_000_000 + 1_000_000,
        MAX_FORM_MEMORY_SIZE=1_000_000,
        MAX_FORM_PARTS=1_000,
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session: a page left open still works
    )
    CSRFProtect(app)
    headers = [
        ("Content-Security-Policy", _policy(settings)),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("Referrer-Policy", "no-referrer"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
    ]
    if is_https:
        headers.append(("Strict-Transport-Security", "max-age=31536000"))

    @app.after_request
    def add_headers(response: Response) -> Response:
        response.headers.extend(headers)
        if request.endpoint != "static":
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response


def _policy(settings: Settings) -> str:
    """Everything from ourselves; pictures also from Spotify's image host.

    Browsers hold `form-action` against redirects too, so the sign-in needs the accounts service.
    """
    pictures = " ".join(sorted({COVERS, *_demo_pictures(settings)}))
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            f"img-src 'self' data: {pictures}",
            "font-src 'self'",
            "connect-src 'self'",
            "manifest-src 'self'",
            f"form-action 'self' {_origin(settings.spotify_accounts_url)}",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "object-src 'none'",
        )
    )


def _demo_pictures(settings: Settings) -> set[str]:
    return {_origin(settings.spotify_api_url)} if settings.is_demo else set()


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
