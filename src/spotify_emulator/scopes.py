"""Spotify's scopes, in words.

Knows which there are and what each lets an app do. Hides nothing.
"""

SCOPES: dict[str, str] = {
    "user-top-read": "See the artists and tracks you listen to most",
    "user-read-recently-played": "See what you played last",
    "user-read-currently-playing": "See what you are playing now",
    "user-read-playback-state": "See where and what you are playing",
    "user-read-playback-position": "See how far you got in a podcast",
    "user-modify-playback-state": "Play, pause and skip on your devices",
    "user-read-private": "See your country and kind of subscription",
    "user-read-email": "See your e-mail address",
    "user-library-read": "See what you saved",
    "user-library-modify": "Change what you saved",
    "user-follow-read": "See whom you follow",
    "user-follow-modify": "Change whom you follow",
    "playlist-read-private": "See your private playlists",
    "playlist-read-collaborative": "See the playlists you share with others",
    "playlist-modify-private": "Make and change private playlists",
    "playlist-modify-public": "Make and change public playlists",
    "ugc-image-upload": "Put a cover on your playlists",
    "streaming": "Play music in the browser",
    "app-remote-control": "Talk to the Spotify app on this device",
}
