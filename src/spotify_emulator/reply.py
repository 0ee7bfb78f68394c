"""JSON answers.

Knows how a value becomes an answer's body. Hides the encoder.
"""

import msgspec
from flask import Response


def json_reply(body: object, status: int = 200) -> Response:
    """An answer with a value as JSON."""
    return Response(
        msgspec.json.encode(body), status=status, content_type="application/json; charset=utf-8"
    )
