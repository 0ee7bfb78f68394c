"""Errors of ours: each carries an HTTP status and one sentence fit to show to a person.

They are caught in three places only: the web's error handler, the worker, and the CLI's main.
Spotify's own errors live in `spotify` and carry `permanent` and `retry_after` instead.
"""


class MusicTimeMachineError(Exception):
    """Something to tell a person: `str(error)` is the sentence, `status` the HTTP code."""

    status = 500
    headline: str | None = None
    can_connect = False  # whether connecting to Spotify is the way on


class NotFound(MusicTimeMachineError):
    """It does not exist, or it is another person's: the two are never told apart."""

    status = 404


class BadRequest(MusicTimeMachineError):
    """What was sent cannot be used as it is."""

    status = 400


class BadUpload(BadRequest):
    """An uploaded file that is refused before anything of it is stored."""


class UploadTooLarge(BadUpload):
    """An uploaded file, or what it unpacks to, beyond the limits of the settings."""

    status = 413


class SignInFailed(BadRequest):
    """A sign-in that did not come to its end; nothing was stored."""

    headline = "That sign-in did not work."
    can_connect = True


class Conflict(MusicTimeMachineError):
    """It cannot be done in the state things are in now."""

    status = 409


class ReconnectNeeded(MusicTimeMachineError):
    """Spotify no longer accepts the stored consent: the person has to connect again."""

    status = 403
    headline = "Time to connect again."
    can_connect = True


class SpotifyTrouble(MusicTimeMachineError):
    """Spotify could not be asked just now; the archive itself is fine."""

    status = 503


class BadSettings(MusicTimeMachineError):
    """The settings do not allow a start; the sentence says what to change."""
