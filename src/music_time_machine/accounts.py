"""Who is who on this server, and their sealed tokens.

An account is keyed by Spotify's `account_id`; a local one lives from files alone. Hides how tokens
are sealed at rest, and that of many requests with an expired token only one asks Spotify for a new.
"""

import base64
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Integer, Row, Select, bindparam, or_, select, update
from sqlalchemy.orm import Session

from . import spotify
from .config import Settings
from .db import Database, insert_new, table_of
from .errors import BadRequest, Conflict, NotFound, ReconnectNeeded
from .models import CONSENT_LASTS, Account, AccountRow, Credential, Preference
from .moments import to_millis
from .plays import clean_text, name_key

SCOPES = (
    "user-read-private",
    "user-top-read",
    "user-read-recently-played",
    "user-read-currently-playing",
)
TOKEN_MARGIN = timedelta(minutes=1)
REFRESH_LEASE = timedelta(seconds=15)
WAIT_SECONDS = 5.0
DEADLINE_SECONDS = 10.0

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Connection:
    """How an account stands with Spotify: `none`, `connected` or `reconnect`."""

    state: str
    consented_at: datetime | None
    ends_at: datetime | None


def find(db: Database, account_id: int, settings: Settings) -> Account | None:
    """The account with this id, or None."""
    with db.ask() as connection:
        row = connection.execute(_BY_ID, {"id": account_id}).first()
    return None if row is None else account_of(row, settings)


def find_by_name(db: Database, name: str, settings: Settings) -> Account:
    """The account meant on the command line: by local name, display name or Spotify id."""
    statement = _select().where(
        or_(
            AccountRow.local_name == name_key(name),
            AccountRow.name == name,
            AccountRow.spotify_user_id == name,
            AccountRow.spotify_account_id == name,
        )
    )
    with db.read() as session:
        rows = session.execute(statement).all()
    if not rows:
        raise NotFound(f"There is no account named {name}. See them with: mtm account list")
    if len(rows) > 1:
        raise Conflict(
            f"{len(rows)} accounts are named {name}. Use the Spotify id from: mtm account list"
        )
    return account_of(rows[0], settings)


def everyone(db: Database, settings: Settings) -> list[Account]:
    """All accounts of this server, oldest first. For the operator and the timetable."""
    with db.read() as session:
        rows = session.execute(_select().order_by(AccountRow.id)).all()
    return [account_of(row, settings) for row in rows]


def add_local(
    db: Database, name: str, settings: Settings, now: datetime, spotify_user: str | None = None
) -> Account:
    """A new account that lives from files alone, until that Spotify user signs in."""
    shown = clean_text(name)
    if shown is None:
        raise BadRequest("An account needs a name.")
    key = name_key(shown)
    with db.write() as session:
        columns = ("local_name", "name", "spotify_user_id", "session_epoch", "created_at")
        row = (key, shown, spotify_user, 0, to_millis(now))
        added = insert_new(session, table_of(AccountRow), columns, [row])
        if not added:
            raise Conflict(f"There is already a local account named {shown}.")
    return find_by_name(db, key, settings)


def sign_in(
    db: Database,
    profile: spotify.Profile,
    tokens: spotify.Tokens,
    settings: Settings,
    now: datetime,
) -> Account:
    """This Spotify person's account, made if new; tokens sealed, the consent dated."""
    if tokens.refresh_token is None:
        raise BadRequest("Spotify sent no lasting consent. Please connect again.")
    key = profile.account_id or profile.id
    name = clean_text(profile.display_name) or profile.id
    with db.write() as session:
        _give_local_archive(session, profile, key)
        columns = ("spotify_account_id", "name", "session_epoch", "created_at")
        insert_new(session, table_of(AccountRow), columns, [(key, name, 0, to_millis(now))])
        account_id = session.execute(
            select(AccountRow.id).where(AccountRow.spotify_account_id == key)
        ).scalar_one()
        session.execute(
            update(AccountRow)
            .where(AccountRow.id == account_id)
            .values(
                name=name,
                spotify_user_id=profile.id,
                image_url=profile.image_url,
            )
        )
        session.merge(
            Credential(
                account_id=account_id,
                access_token=_seal(settings, tokens.access_token),
                refresh_token=_seal(settings, tokens.refresh_token),
                scope=tokens.scope or "",
                expires_at=now + timedelta(seconds=tokens.expires_in),
                consented_at=now,
                refreshing_until=None,
                needs_reconnect=False,
            )
        )
    found = find(db, account_id, settings)
    assert found is not None
    return found


def _give_local_archive(session: Session, profile: spotify.Profile, key: str) -> None:
    """A local archive meant for this Spotify user becomes theirs when they first sign in."""
    is_here = select(AccountRow.id).where(AccountRow.spotify_account_id == key)
    if session.scalar(is_here) is None:
        meant = (
            select(AccountRow.id)
            .where(
                AccountRow.spotify_account_id.is_(None),
                AccountRow.spotify_user_id == profile.id,
            )
            .order_by(AccountRow.id)
            .limit(1)
        )
        session.execute(
            update(AccountRow)
            .where(AccountRow.id == meant.scalar_subquery())
            .values(spotify_account_id=key)
        )


def sign_out(db: Database, account: Account) -> None:
    """End every session of this account: cookies of an earlier epoch are worth nothing."""
    with db.write() as session:
        session.execute(
            update(AccountRow)
            .where(AccountRow.id == account.id)
            .values(session_epoch=AccountRow.session_epoch + 1)
        )


def known_zone(name: str) -> ZoneInfo:
    """The time zone of this name; BadRequest when there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise BadRequest("That is not a time zone. Choose one such as Europe/Berlin.") from None


def set_time_zone(db: Database, account: Account, name: str) -> None:
    """Remember the person's time zone; BadRequest when there is none of that name."""
    known_zone(name)
    with db.write() as session:
        session.merge(Preference(account_id=account.id, time_zone=name))


def connection(db: Database, account: Account) -> Connection:
    """How the account stands with Spotify."""
    with db.read() as session:
        statement = select(Credential.consented_at, Credential.needs_reconnect).where(
            Credential.account_id == account.id
        )
        row = session.execute(statement).first()
    if row is None:
        return Connection("none", None, None)
    state = "reconnect" if row.needs_reconnect else "connected"
    return Connection(state, row.consented_at, row.consented_at + CONSENT_LASTS)


def spotify_client(
    db: Database,
    account: Account,
    settings: Settings,
    clock: Clock,
    deadline: float = DEADLINE_SECONDS,
) -> "spotify.Client":
    """A client that speaks as this account and refreshes its token when needed.

    Its calls raise ReconnectNeeded when the consent has ended, besides Spotify's own errors. A
    call, and a refresh before it, take `deadline` seconds each at most.
    """

    def token(force: bool) -> str:
        return _access_token(db, account, settings, clock, deadline, force=force)

    return spotify.Client(settings.spotify_api_url, token, deadline=deadline)


def _access_token(
    db: Database,
    account: Account,
    settings: Settings,
    clock: Clock,
    seconds: float,
    *,
    force: bool,
) -> str:
    waits_until = time.monotonic() + min(WAIT_SECONDS, seconds)
    refused = _credential(db, account, settings).access_token if force else None
    while True:
        held = _credential(db, account, settings)
        is_fresh = held.expires_at > clock() + TOKEN_MARGIN and held.access_token != refused
        if is_fresh:
            return held.access_token
        if _lease_refresh(db, account, held, clock()):
            return _refresh(db, account, settings, held, clock, seconds)
        if time.monotonic() > waits_until:
            raise spotify.Unavailable("Another request is still renewing the sign-in at Spotify.")
        time.sleep(0.05)


@dataclass(frozen=True, slots=True)
class _Held:
    access_token: str
    refresh_token: str
    expires_at: datetime
    sealed_access: bytes

    def __repr__(self) -> str:  # a token must not reach a log through a traceback
        return "_Held(...)"


RECONNECT = "Spotify no longer accepts the stored sign-in. Please connect again: nothing is lost."


def _credential(db: Database, account: Account, settings: Settings) -> _Held:
    with db.read() as session:
        row = session.get(Credential, account.id)
    if row is None:
        raise ReconnectNeeded("This account is not connected to Spotify. Connect it first.")
    if row.needs_reconnect:
        raise ReconnectNeeded(RECONNECT)
    try:
        access, refresh = _unseal(settings, row.access_token), _unseal(settings, row.refresh_token)
    except InvalidToken:
        # SECRET_KEY was changed or lost: the history is fine, the tokens are not readable.
        _mark_reconnect(db, account)
        raise ReconnectNeeded(RECONNECT) from None
    return _Held(access, refresh, row.expires_at, row.access_token)


def _lease_refresh(db: Database, account: Account, held: _Held, now: datetime) -> bool:
    """Whether this caller is the one to refresh; false while another is at it, or has done it."""
    with db.write() as session:
        row = session.get(Credential, account.id, with_for_update=True)
        if row is None or row.access_token != held.sealed_access:
            return False
        if row.refreshing_until is not None and row.refreshing_until > now:
            return False
        row.refreshing_until = now + REFRESH_LEASE
        return True


def _refresh(
    db: Database,
    account: Account,
    settings: Settings,
    held: _Held,
    clock: Clock,
    seconds: float,
) -> str:
    try:
        tokens = spotify.refresh_tokens(
            settings.spotify_accounts_url,
            settings.spotify_client_id or "",
            client_secret(settings),
            held.refresh_token,
            deadline=seconds,
        )
    except spotify.NeedsReconnect:
        _mark_reconnect(db, account)
        raise ReconnectNeeded(RECONNECT) from None
    except spotify.SpotifyError:
        _keep(db, account, {"refreshing_until": None})
        raise
    values: dict[str, object] = {
        "access_token": _seal(settings, tokens.access_token),
        "expires_at": clock() + timedelta(seconds=tokens.expires_in),
        "refreshing_until": None,
    }
    if tokens.refresh_token:
        values["refresh_token"] = _seal(settings, tokens.refresh_token)
    _keep(db, account, values)
    return tokens.access_token


def client_secret(settings: Settings) -> str:
    """The app's secret in plain, for the one request that carries it."""
    return (
        settings.spotify_client_secret.get_secret_value() if settings.spotify_client_secret else ""
    )


def refused(db: Database, account: Account) -> ReconnectNeeded:
    """Spotify refused even a fresh token: remember it, and give the error to raise."""
    _mark_reconnect(db, account)
    return ReconnectNeeded(RECONNECT)


def _mark_reconnect(db: Database, account: Account) -> None:
    _keep(db, account, {"needs_reconnect": True, "refreshing_until": None})


def _keep(db: Database, account: Account, values: dict[str, object]) -> None:
    with db.write() as session:
        session.execute(
            update(Credential).where(Credential.account_id == account.id).values(**values)
        )


def _sealer(settings: Settings) -> MultiFernet:
    kdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"music-time-machine tokens")
    key = kdf.derive(settings.signing_key().encode())
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key))])


def _seal(settings: Settings, token: str) -> bytes:
    return _sealer(settings).encrypt(token.encode())


def _unseal(settings: Settings, sealed: bytes) -> str:
    return _sealer(settings).decrypt(sealed).decode()


def _select() -> Select[int, str, str | None, int, str | None]:
    return select(
        AccountRow.id,
        AccountRow.name,
        AccountRow.spotify_account_id,
        AccountRow.session_epoch,
        Preference.time_zone,
    ).outerjoin(Preference, Preference.account_id == AccountRow.id)


# Made once: every page asks it.
_BY_ID = _select().where(AccountRow.id == bindparam("id", type_=Integer))


def account_of(
    row: Row[int, str, str | None, int, str | None] | tuple[int, str, str | None, int, str | None],
    settings: Settings,
) -> Account:
    """The account of a row: id, name, Spotify's account id, session epoch, chosen time zone."""
    account_id, name, spotify_account_id, epoch, time_zone = row
    return Account(
        id=account_id,
        name=name,
        zone=ZoneInfo(time_zone or settings.time_zone),
        spotify_account_id=spotify_account_id,
        session_epoch=epoch,
        has_own_zone=time_zone is not None,
    )
