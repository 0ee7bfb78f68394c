"""Somebody else's client, spotipy, signs in to the emulator and reads from it."""

import pytest
import requests
import spotipy
from spotipy.cache_handler import MemoryCacheHandler
from spotipy.oauth2 import SpotifyOauthError

from tests.emulator.visitor import CLIENT, REDIRECT, SCOPES, query_of, send


def sign_in_with(
    auth: spotipy.SpotifyOAuth | spotipy.SpotifyPKCE, url: str, decision: str = "agree"
) -> None:
    auth.OAUTH_AUTHORIZE_URL = f"{url}/authorize"
    auth.OAUTH_TOKEN_URL = f"{url}/api/token"
    page = requests.get(auth.get_authorize_url(), timeout=10)
    code = auth.parse_response_code(send(page, "maren", decision))
    if isinstance(auth, spotipy.SpotifyOAuth):
        auth.get_access_token(code, as_dict=False)
    else:
        auth.get_access_token(code)


def client(auth: spotipy.SpotifyOAuth | spotipy.SpotifyPKCE, url: str) -> spotipy.Spotify:
    api = spotipy.Spotify(auth_manager=auth, retries=0)
    api.prefix = f"{url}/v1/"
    return api


@pytest.fixture
def oauth() -> spotipy.SpotifyOAuth:
    return spotipy.SpotifyOAuth(
        *CLIENT, REDIRECT, state="a-state", scope=SCOPES, cache_handler=MemoryCacheHandler()
    )


def test_spotipy_signs_in_and_reads(url: str, oauth: spotipy.SpotifyOAuth) -> None:
    sign_in_with(oauth, url)
    api = client(oauth, url)
    assert api.current_user()["display_name"] == "Maren Vossbrook"
    artists = api.current_user_top_artists(limit=30, time_range="long_term")
    assert len(artists["items"]) == 30
    assert len(api.next(artists)["items"]) == 20
    tracks = api.current_user_top_tracks(limit=50, time_range="short_term")["items"]
    assert api.track(tracks[0]["id"])["name"] == tracks[0]["name"]
    assert api.artist(tracks[0]["artists"][0]["id"])["type"] == "artist"
    recent = api.current_user_recently_played(limit=20)
    assert len(recent["items"]) == 20
    assert len(api.next(recent)["items"]) == 20


def test_spotipy_refreshes_when_the_hour_is_over(url: str, oauth: spotipy.SpotifyOAuth) -> None:
    sign_in_with(oauth, url)
    old = oauth.cache_handler.get_cached_token()
    oauth.cache_handler.save_token_to_cache(old | {"expires_at": 0})
    assert client(oauth, url).current_user()["type"] == "user"
    new = oauth.cache_handler.get_cached_token()
    assert new["access_token"] != old["access_token"]
    assert new["refresh_token"] == old["refresh_token"]


def test_spotipy_signs_in_without_a_secret(url: str) -> None:
    auth = spotipy.SpotifyPKCE(
        CLIENT[0], REDIRECT, scope=SCOPES, cache_handler=MemoryCacheHandler(), open_browser=False
    )
    sign_in_with(auth, url)
    assert client(auth, url).current_user()["type"] == "user"


def test_spotipy_understands_the_refusals(url: str, oauth: spotipy.SpotifyOAuth) -> None:
    with pytest.raises(SpotifyOauthError, match="access_denied"):
        sign_in_with(oauth, url, "cancel")
    with pytest.raises(SpotifyOauthError, match="Invalid authorization code"):
        oauth.get_access_token("no-code", as_dict=False, check_cache=False)
    sign_in_with(oauth, url)
    api = client(oauth, url)
    with pytest.raises(spotipy.SpotifyException) as refused:
        api.tracks(["4AkRX6JSa8wYQLQhr3uo2Q"])
    assert refused.value.http_status == 403
    with pytest.raises(spotipy.SpotifyException) as unfit:
        api.current_user_top_tracks(limit=51)
    assert (unfit.value.http_status, "Invalid limit" in str(unfit.value)) == (400, True)


def test_spotipy_sees_the_state_it_gave(url: str, oauth: spotipy.SpotifyOAuth) -> None:
    oauth.OAUTH_AUTHORIZE_URL = f"{url}/authorize"
    page = requests.get(oauth.get_authorize_url(), timeout=10)
    assert query_of(send(page, "teo", "agree"))["state"] == "a-state"
