"""The snapshot button and the preferences: what a person can change, and what they are told."""

import threading
from datetime import timedelta
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest
import requests
from sqlalchemy import func, select

from music_time_machine.models import Credential, Listen, Snapshot, SnapshotArtist, SnapshotTrack
from music_time_machine.preferences import Preferences
from tests.stage import ALICE, Stage, Visitor, text_of


@pytest.fixture
def visitor(stage: Stage) -> Visitor:
    somebody = stage.visitor()
    somebody.sign_in()
    return somebody


def stored(stage: Stage) -> tuple[int, int, int, int]:
    with stage.db.read() as session:
        counts = [
            session.scalar(select(func.count()).select_from(table)) or 0
            for table in (Snapshot, SnapshotTrack, SnapshotArtist, Listen)
        ]
    return counts[0], counts[1], counts[2], counts[3]


def test_the_button_keeps_all_six_lists_and_the_last_plays(stage: Stage, visitor: Visitor) -> None:
    page = visitor.post("/settings/snapshot")
    assert "Snapshot taken:" in text_of(page.text)
    assert stored(stage) == (1, 150, 150, 50)


def test_twice_on_one_day_changes_nothing(stage: Stage, visitor: Visitor) -> None:
    visitor.post("/settings/snapshot")
    before = stored(stage)
    page = visitor.post("/settings/snapshot")
    assert "already there; 0 new plays" in text_of(page.text)
    assert stored(stage) == before


def test_the_next_day_brings_another(stage: Stage, visitor: Visitor) -> None:
    visitor.post("/settings/snapshot")
    stage.clock.pass_by(days=1)
    visitor.post("/settings/snapshot")
    assert stored(stage)[0] == 2


def test_a_quiet_account_is_told_to_listen_first(stage: Stage) -> None:
    somebody = stage.visitor()
    somebody.sign_in("noor")
    page = somebody.post("/settings/snapshot")
    assert "no top lists for you yet" in text_of(page.text)


@pytest.mark.parametrize("skip", range(7))
def test_a_failing_call_leaves_nothing_half_done(stage: Stage, visitor: Visitor, skip: int) -> None:
    stage.break_spotify(
        {"path": "/v1/me/*", "skip": skip, "status": 429, "headers": {"Retry-After": "74214"}}
    )
    page = visitor.post("/settings/snapshot")
    assert page.status_code == 503
    assert page.headers["Retry-After"] == "74214"
    assert stored(stage) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"status": 503, "times": None}, "Spotify"),
        ({"status": 200, "body": "<html>maintenance</html>"}, "Spotify"),
        ({"status": 403, "body": '{"error":{"status":403,"message":"Insufficient client scope"}}'},
         "connect"),
        ({"status": 429, "body": "Too many requests"}, "Spotify"),
    ],
)  # fmt: skip
def test_spotifys_bad_days_are_one_sentence(
    stage: Stage, visitor: Visitor, fault: dict[str, object], words: str
) -> None:
    stage.break_spotify({"path": "/v1/me/top/*", **fault})
    page = visitor.post("/settings/snapshot")
    # A refusal is told on the page where the button is.
    assert page.status_code in ({200} if fault["status"] == 403 else {502, 503})
    assert words in text_of(page.text)
    assert visitor.get("/").status_code == 200


def test_an_expired_token_is_renewed_once_and_goes_on(stage: Stage, visitor: Visitor) -> None:
    stage.clock.pass_by(hours=2)
    page = visitor.post("/settings/snapshot")
    assert "Snapshot taken:" in text_of(page.text)
    assert stage.calls()["POST /api/token refresh_token"] == 1


def test_a_refused_token_is_renewed_once(stage: Stage, visitor: Visitor) -> None:
    requests.post(
        f"{stage.spotify.url}/_emulator/revoke",
        json={"listener": ALICE, "kinds": ["access"]},
        timeout=10,
    ).raise_for_status()
    assert "Snapshot taken:" in text_of(visitor.post("/settings/snapshot").text)
    assert stage.calls()["POST /api/token refresh_token"] == 1


def test_many_requests_with_an_expired_token_renew_it_once(stage: Stage) -> None:
    visitors = [stage.visitor() for _ in range(8)]
    for visitor in visitors:
        visitor.sign_in()
    stage.clock.pass_by(hours=2)
    tokens = [visitor.token() for visitor in visitors]
    answers: list[int] = []

    def press(visitor: Visitor, token: str) -> None:
        answer = visitor.http.post(
            f"{stage.url}/settings/snapshot", data={"csrf_token": token}, timeout=60
        )
        answers.append(answer.status_code)

    threads = [
        threading.Thread(target=press, args=pair) for pair in zip(visitors, tokens, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 8
    assert stage.calls()["POST /api/token refresh_token"] == 1
    assert stored(stage) == (1, 150, 150, 50)


def test_a_revoked_consent_means_connect_again_and_no_further_calls(
    stage: Stage, visitor: Visitor
) -> None:
    requests.post(
        f"{stage.spotify.url}/_emulator/revoke", json={"listener": ALICE}, timeout=10
    ).raise_for_status()
    stage.clock.pass_by(hours=2)
    page = visitor.post("/settings/snapshot")
    assert page.status_code == 403
    assert "Please connect again: nothing is lost." in text_of(page.text)
    before = stage.calls()
    visitor.post("/settings/snapshot")
    assert stage.calls() == before
    assert "Reconnect" in text_of(visitor.get("/").text)
    visitor.sign_in()
    assert "Snapshot taken:" in text_of(visitor.post("/settings/snapshot").text)


def test_a_trouble_at_the_token_endpoint_keeps_the_tokens(stage: Stage, visitor: Visitor) -> None:
    stage.clock.pass_by(hours=2)
    stage.break_spotify({"path": "/api/token", "status": 503, "times": 1})
    assert visitor.post("/settings/snapshot").status_code == 503
    assert "Snapshot taken:" in text_of(visitor.post("/settings/snapshot").text)


def test_a_refresh_without_a_new_refresh_token_keeps_the_old(
    stage: Stage, visitor: Visitor
) -> None:
    def sealed() -> bytes:
        with stage.db.read() as session:
            return session.scalars(select(Credential)).one().refresh_token

    before = sealed()
    stage.clock.pass_by(hours=2)
    visitor.post("/settings/snapshot")
    assert sealed() == before


def test_the_time_zone_moves_the_day(stage: Stage, visitor: Visitor) -> None:
    stage.clock.now = stage.clock.now.replace(hour=23, minute=30)
    visitor.post("/settings/preferences", {"time_zone": "Pacific/Auckland"})
    visitor.post("/settings/snapshot")
    with stage.db.read() as session:
        day = session.scalars(select(Snapshot.local_date)).one()
    assert day == stage.clock.now.date() + timedelta(days=1)


def test_an_unknown_time_zone_is_refused(visitor: Visitor) -> None:
    page = visitor.post("/settings/preferences", {"time_zone": "../../etc/passwd"})
    assert page.status_code == 400
    assert "not a time zone" in text_of(page.text)


CHOICES = {
    "time_zone": "Asia/Kathmandu", "counts_by": "percent", "least_seconds": "45",
    "least_percent": "60", "skipped": "no", "private": "no", "episodes": "yes",
    "one_recording": "no",
    "colours": "moss",
}  # fmt: skip


def test_what_is_chosen_is_said_by_the_page_afterwards(visitor: Visitor) -> None:
    page = visitor.post("/settings/preferences", CHOICES)
    assert page.url.endswith("/settings")
    assert "Your preferences are kept." in text_of(page.text)
    assert selected(page.text) == CHOICES
    assert selected(visitor.get("/settings").text) == CHOICES


def test_the_page_sent_as_it_is_changes_nothing(visitor: Visitor) -> None:
    untouched = selected(visitor.get("/settings").text)
    assert untouched == Preferences().fields
    visitor.post("/settings/preferences", untouched)
    assert selected(visitor.get("/settings").text) == untouched


def test_the_browsers_time_zone_touches_no_other_choice(visitor: Visitor) -> None:
    visitor.post("/settings/preferences", CHOICES)
    told = visitor.post(
        "/settings/preferences", {"time_zone": "UTC"}, headers={"Accept": "application/json"}
    )
    assert told.json() == {"success": True}
    assert selected(visitor.get("/settings").text) == {**CHOICES, "time_zone": "UTC"}


def test_a_wrong_choice_stands_beside_its_field_as_it_was_typed(visitor: Visitor) -> None:
    before = selected(visitor.get("/settings").text)
    wrong = {**CHOICES, "least_seconds": '31"><b>', "least_percent": "0"}
    page = visitor.post("/settings/preferences", wrong)
    assert page.status_code == 400
    assert selected(page.text) == wrong
    for name, words in (
        ("least_seconds", "Choose whole seconds from 0 to 600."),
        ("least_percent", "Choose a whole share from 1 to 100 percent."),
    ):
        field = page.text.split(f'id="{name}"')[1].split('id="' + name + '-problem"')
        assert 'aria-invalid="true"' in field[0]
        assert text_of("<p " + field[1]).startswith(words)
    assert selected(visitor.get("/settings").text) == before


def test_a_script_is_told_every_wrong_choice_in_one_error(visitor: Visitor) -> None:
    wrong = {"least_seconds": "-1", "skipped": "perhaps"}
    answer = visitor.post("/settings/preferences", wrong, headers={"Accept": "application/json"})
    assert answer.status_code == 400
    assert answer.json() == {
        "error": "Choose whole seconds from 0 to 600. Choose one of these: yes or no."
    }


def test_the_form_and_the_server_have_the_same_limits(visitor: Visitor) -> None:
    page = visitor.get("/settings").text
    for name, field in (("least_seconds", "counts_by"), ("least_percent", "counts_by")):
        low, high = limits(page, name)
        by = {field: "percent", "least_percent": "50", "least_seconds": "30"}
        for number, status in ((low, 200), (high, 200), (low - 1, 400), (high + 1, 400)):
            sent = visitor.post("/settings/preferences", {**by, name: str(number)})
            assert sent.status_code == status, (name, number)


def test_every_time_zone_of_the_form_is_taken(visitor: Visitor) -> None:
    options = Choices.of(visitor.get("/settings").text).options
    assert {"", "UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"} <= set(options)
    assert len(options) == len(set(options)) > 400
    for name in options[2:]:
        assert ZoneInfo(name).key == name


def test_a_stranger_has_no_settings(stage: Stage) -> None:
    stranger = stage.visitor()
    assert stranger.get("/settings").url == f"{stage.url}/"
    answer = stranger.get("/settings", headers={"Accept": "application/json"})
    assert answer.status_code == 401


def test_the_rule_shows_in_what_the_charts_say(stage: Stage, visitor: Visitor) -> None:
    visitor.post("/settings/snapshot")
    visitor.post("/settings/preferences", {"least_seconds": "77", "private": "no"})
    words = "Counts plays of music of at least 77 seconds, without private sessions;"
    for path in ("/", "/analytics?range=30d"):
        assert words in text_of(visitor.get(path).text)


class Choices(HTMLParser):
    """What a form's fields are set to, and what a list offers."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.options: list[str] = []
        self.limits: dict[str, tuple[int, int]] = {}

    @classmethod
    def of(cls, page: str) -> "Choices":
        reader = cls()
        reader.feed(page[page.index('<form class="shelf"') :])
        return reader

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "option":
            self.options.append(told["value"])
            if "selected" in told:
                self.fields["time_zone"] = told["value"]
        elif tag == "input" and (told["type"] == "number" or "checked" in told):
            self.fields[told["name"]] = told["value"]
        if told.get("type") == "number":
            self.limits[told["name"]] = (int(told["min"]), int(told["max"]))


def selected(page: str) -> dict[str, str]:
    return Choices.of(page).fields


def limits(page: str, name: str) -> tuple[int, int]:
    return Choices.of(page).limits[name]
