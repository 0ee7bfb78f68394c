"""The one door through which plays, tracks, artists and albums are written.

Writing twice adds nothing, and the order of writing does not matter: whatever a source told is
kept, and `recognition` says which of it are the same play. Hides echoes, bulk inserts and versions.
"""

from .catalogue import TrackIds, join_recordings, keep_artists, keep_tracks, known_ids
from .writing import (
    Batch,
    Recorded,
    forecast,
    record,
    record_batch,
    take_back,
    take_in_joins,
)

__all__ = [
    "Batch",
    "Recorded",
    "TrackIds",
    "forecast",
    "join_recordings",
    "keep_artists",
    "keep_tracks",
    "known_ids",
    "record",
    "record_batch",
    "take_back",
    "take_in_joins",
]
