"""Each rule of recognition, and each quirk of a source, as a sentence."""

from dataclasses import replace
from itertools import pairwise

import pytest

from music_time_machine.plays import Source
from music_time_machine.traits import TRUE, Trait
from tests.recognition.truth import ASSUMED, OFFLINE, Record, counted, recognised

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
NOON = 1_700_049_600_000 // DAY * DAY + 12 * HOUR
LENGTH = 200 * SECOND
SKIPPED = TRUE << Trait.SKIPPED
EXTENDED = Source.EXTENDED_HISTORY
EITHER = (Source.RECENTLY_PLAYED, Source.LISTENBRAINZ, Source.MALOJA)
START = (Source.LASTFM, Source.LASTFM_MINUTES)
RICHEST_FIRST = (EXTENDED, Source.ACCOUNT_DATA, *EITHER, *START)


def told(
    source: Source,
    at: int,
    ms: int = LENGTH,
    track: int = 1,
    traits: int = 0,
    nth: int = 0,
    recording: int = 9,
    has_id: bool = True,
) -> Record:
    """What a source tells, stamped `at` ms after noon; as a rule all is of one recording."""
    stamp = NOON + at
    if source in (Source.ACCOUNT_DATA, Source.LASTFM_MINUTES):
        stamp = stamp // MINUTE * MINUTE
    if source in (*EITHER, *START):
        traits |= ASSUMED
    return Record(source, stamp, track, ms, traits, recording, 0, nth, has_id)


def count(*records: Record) -> int:
    """How many plays these are, in whichever order they come."""
    (plays,) = {len(recognised(order)) for order in (records, records[::-1])}
    return plays


def standing(*records: Record) -> list[Record]:
    """The records that stand for the plays, by time."""
    return sorted((play[0] for play in recognised(records)), key=lambda record: record.stamp)


# Within a source


def test_a_later_download_that_tells_more_of_a_play_is_the_same_play_and_stands() -> None:
    first, later = told(EXTENDED, 0), told(EXTENDED, 0, traits=SKIPPED)
    assert standing(first, later) == standing(later, first) == [later]


def test_most_traits_told_stand_before_a_larger_number() -> None:
    more = told(EXTENDED, 0, traits=SKIPPED | 5)
    large = told(EXTENDED, 0, traits=3 << Trait.REASON_START)
    assert standing(large, more) == [more]


def test_rows_of_2020_without_ids_are_the_later_rows_with_ids() -> None:
    without = told(EXTENDED, 0, has_id=False, traits=SKIPPED)
    later = told(EXTENDED, 0, track=2)
    assert standing(without, later) == [later]


def test_another_id_of_the_same_play_is_no_second_play() -> None:
    single, album = told(EXTENDED, 0, track=3), told(EXTENDED, 0, track=2)
    assert standing(single, album) == [album]


def test_two_of_one_telling_and_three_of_another_are_three_plays() -> None:
    old = [told(EXTENDED, 0, has_id=False, nth=nth) for nth in range(3)]
    new = [told(EXTENDED, 0, track=2, nth=nth) for nth in range(2)]
    assert set(standing(*old, *new)) == {old[2], *new}


def test_plays_of_one_second_and_different_lengths_all_stay() -> None:
    assert count(told(EXTENDED, 0, ms=500), told(EXTENDED, 0, ms=300), told(EXTENDED, 0, ms=0)) == 3


def test_a_track_looped_offline_and_stamped_with_one_sync_stays_three() -> None:
    assert count(*(told(EXTENDED, 0, nth=nth, traits=OFFLINE) for nth in range(3))) == 3


def test_single_and_album_version_of_one_sync_stay_two_also_beside_the_rows_without_ids() -> None:
    single, album = (told(EXTENDED, 0, track=track, traits=OFFLINE) for track in (2, 3))
    old = [told(EXTENDED, 0, has_id=False, nth=nth, traits=OFFLINE) for nth in range(2)]
    assert count(single, album) == 2
    assert count(single, album, *old) == 2


@pytest.mark.parametrize("source", [*EITHER, *START])
def test_where_no_length_is_told_the_tracks_own_makes_no_second_play(source: Source) -> None:
    unknown, known = told(source, 0, ms=0), told(source, 0)
    assert standing(unknown, known) == [known]


def test_a_told_length_stands_before_an_assumed_one() -> None:
    assumed, short = (told(Source.LISTENBRAINZ, 0, ms=ms) for ms in (LENGTH, 90 * SECOND))
    short = replace(short, traits=0)
    assert standing(assumed, short) == [short]


@pytest.mark.parametrize("source", Source)
def test_plays_of_one_source_are_never_taken_for_each_other_by_being_near(source: Source) -> None:
    gap = MINUTE if source in (Source.ACCOUNT_DATA, Source.LASTFM_MINUTES) else SECOND
    assert count(told(source, 0), told(source, gap)) == 2


# Across sources


def test_one_play_that_all_sources_tell_is_one_and_the_export_stands() -> None:
    records = [told(source, 0) for source in EITHER + START]
    export = told(EXTENDED, LENGTH)
    records += [export, told(Source.ACCOUNT_DATA, LENGTH), told(EXTENDED, LENGTH, has_id=False)]
    assert standing(*records) == [export]


@pytest.mark.parametrize(("richer", "poorer"), [*pairwise(RICHEST_FIRST)])
def test_the_richer_record_stands(richer: Source, poorer: Source) -> None:
    def at(source: Source) -> int:
        return LENGTH if source in (EXTENDED, Source.ACCOUNT_DATA) else 0

    first, second = told(richer, at(richer)), told(poorer, at(poorer))
    assert standing(first, second) == standing(second, first) == [first]


def test_an_export_without_ids_stands_before_account_data() -> None:
    without = told(EXTENDED, 0, has_id=False)
    assert standing(told(Source.ACCOUNT_DATA, 0), without) == [without]


def test_other_recordings_are_other_plays() -> None:
    assert count(told(EXTENDED, LENGTH), told(Source.LASTFM, 0, recording=8)) == 2


@pytest.mark.parametrize("second", [0, 1, 59])
def test_account_data_tells_the_minute_of_the_end(second: int) -> None:
    assert count(told(EXTENDED, second * SECOND), told(Source.ACCOUNT_DATA, 0)) == 1


@pytest.mark.parametrize("second", [-2, 62])
def test_account_data_of_another_minute_is_another_play(second: int) -> None:
    assert count(told(EXTENDED, second * SECOND), told(Source.ACCOUNT_DATA, 0)) == 2


def test_account_data_of_another_length_is_another_play() -> None:
    assert count(told(EXTENDED, 0), told(Source.ACCOUNT_DATA, 0, ms=LENGTH - 1)) == 2


def test_a_short_track_twice_within_a_minute_stays_two() -> None:
    short = 20 * SECOND
    exports = [told(EXTENDED, at * SECOND, ms=short) for at in (25, 45)]
    account = [told(Source.ACCOUNT_DATA, 0, ms=short, nth=nth) for nth in (0, 1)]
    assert count(*account) == 2
    assert count(*exports, *account) == 2
    assert count(exports[0], *account) == 2
    assert count(*exports, account[0]) == 2


@pytest.mark.parametrize("source", EITHER)
@pytest.mark.parametrize("moment", [0, LENGTH])
def test_a_stamp_may_be_the_start_or_the_end(source: Source, moment: int) -> None:
    assert count(told(EXTENDED, LENGTH), told(source, moment)) == 1
    assert count(told(Source.ACCOUNT_DATA, LENGTH), told(source, moment)) == 1
    assert count(told(Source.LASTFM, 0, ms=0), told(source, moment)) == 1


@pytest.mark.parametrize("source", EITHER)
def test_a_stamp_well_after_the_end_is_of_another_play(source: Source) -> None:
    assert count(told(EXTENDED, LENGTH), told(source, LENGTH + 32 * SECOND)) == 2


@pytest.mark.parametrize("source", START)
def test_last_fm_stamps_the_start(source: Source) -> None:
    assert count(told(EXTENDED, LENGTH), told(source, 0)) == 1
    assert count(told(EXTENDED, LENGTH), told(source, LENGTH)) == 2


def test_a_list_of_minutes_may_be_a_minute_early() -> None:
    export = told(EXTENDED, LENGTH + 55 * SECOND)
    assert count(export, told(Source.LASTFM_MINUTES, 0)) == 1
    assert count(export, told(Source.LASTFM, 0)) == 1  # one second of pause is enough
    assert count(told(EXTENDED, LENGTH), told(Source.LASTFM_MINUTES, 45 * SECOND)) == 1
    assert count(told(EXTENDED, LENGTH), told(Source.LASTFM, 45 * SECOND)) == 2


@pytest.mark.parametrize("clock", [-29, 0, 29])
def test_clocks_may_differ_by_half_a_minute(clock: int) -> None:
    assert count(told(EXTENDED, LENGTH), told(Source.LASTFM, clock * SECOND)) == 1


@pytest.mark.parametrize("other", [Source.LASTFM, Source.LASTFM_MINUTES])
def test_two_lists_that_stamp_the_start_agree_on_it(other: Source) -> None:
    stamp = told(Source.LASTFM, 0, ms=0)
    assert count(stamp, told(other, 0, ms=LENGTH, track=2)) == 1
    assert count(stamp, told(Source.LASTFM_MINUTES, 3 * MINUTE, ms=0)) == 2
    assert count(stamp, told(Source.LASTFM_MINUTES, -3 * MINUTE, ms=0)) == 2


@pytest.mark.parametrize("source", [*EITHER, *START])
@pytest.mark.parametrize("moment", [0, 1])
def test_a_track_three_times_in_a_row_stays_three(source: Source, moment: int) -> None:
    length = 40 * SECOND
    moment = 0 if source in START else moment
    exports = [told(EXTENDED, (number + 1) * length, ms=length) for number in range(3)]
    others = counted(told(source, (number + moment) * length, ms=length) for number in range(3))
    assert count(*exports, *others) == 3
    for lacking in range(3):
        assert count(*exports, *others[:lacking], *others[lacking + 1 :]) == 3
        assert count(*exports[:lacking], *exports[lacking + 1 :], *others) == 3


def test_a_paused_track_began_earlier_than_its_length_tells() -> None:
    assert count(told(EXTENDED, LENGTH + 50 * MINUTE), told(Source.LASTFM, 0)) == 1
    assert count(told(EXTENDED, LENGTH + 50 * MINUTE), told(Source.RECENTLY_PLAYED, 0)) == 1
    assert count(told(EXTENDED, LENGTH + 62 * MINUTE), told(Source.LASTFM, 0)) == 2


def test_a_paused_track_that_one_list_stamps_at_its_end_is_one_play() -> None:
    end = told(Source.RECENTLY_PLAYED, LENGTH + 50 * MINUTE)
    assert count(end, told(Source.LASTFM, 0)) == 1
    assert count(end, told(Source.LASTFM, -11 * MINUTE)) == 2


def test_a_pause_never_takes_the_record_of_a_play_without_one() -> None:
    plain = told(EXTENDED, LENGTH)
    maybe_paused = told(EXTENDED, LENGTH + 10 * MINUTE)
    listed = told(Source.LASTFM, 0)
    plays = recognised([maybe_paused, plain, listed])
    assert [plain, listed] in plays
    assert len(plays) == 2


def test_where_tight_windows_leave_a_record_over_loose_ones_decide_together() -> None:
    # 50 minutes of pause before the first end; the second begins at once.
    first, second = told(EXTENDED, HOUR), told(EXTENDED, HOUR + LENGTH)
    begun = told(Source.RECENTLY_PLAYED, HOUR - LENGTH - HOUR)
    again = told(Source.RECENTLY_PLAYED, HOUR)
    assert count(first, second, begun, again) == 2


def test_an_offline_play_may_be_stamped_days_after_it_was_heard() -> None:
    synced = told(EXTENDED, 20 * DAY, traits=OFFLINE)
    for source in (*EITHER, *START):
        assert count(synced, told(source, 0)) == 1
    assert count(synced, told(Source.LASTFM, -11 * DAY)) == 2
    assert count(synced, told(Source.LASTFM, 20 * DAY + MINUTE)) == 2


def test_a_play_online_is_never_stamped_days_later() -> None:
    assert count(told(EXTENDED, 20 * DAY), told(Source.LASTFM, 0)) == 2


def test_many_of_one_sync_find_their_starts_and_no_more_than_there_are() -> None:
    synced = [told(EXTENDED, 5 * DAY, traits=OFFLINE, nth=nth) for nth in range(3)]
    starts = [told(Source.LASTFM, nth * HOUR) for nth in range(4)]
    assert count(*synced, *starts[:3]) == 3
    assert count(*synced, *starts) == 4


def test_an_offline_play_leaves_what_was_heard_at_its_sync_to_the_play_of_that_time() -> None:
    synced = told(EXTENDED, 5 * DAY, traits=OFFLINE)
    paused = told(EXTENDED, 5 * DAY + 20 * MINUTE)
    of_synced, of_paused = told(Source.LASTFM, 0), told(Source.LASTFM, 5 * DAY - LENGTH)
    assert count(synced, paused, of_synced, of_paused) == 2


def test_without_any_length_a_track_may_be_ten_minutes_long() -> None:
    start = told(Source.LASTFM, 0, ms=0)
    assert count(start, told(Source.LISTENBRAINZ, 10 * MINUTE, ms=0)) == 1
    # Longer than that only if it was paused.
    assert count(start, told(Source.LISTENBRAINZ, 69 * MINUTE, ms=0)) == 1
    assert count(start, told(Source.LISTENBRAINZ, 72 * MINUTE, ms=0)) == 2


def test_a_play_skipped_at_once_has_no_unknown_length() -> None:
    skipped = told(EXTENDED, 0, ms=0)
    assert count(skipped, told(Source.RECENTLY_PLAYED, 32 * SECOND)) == 2
    assert count(skipped, told(Source.RECENTLY_PLAYED, -62 * MINUTE)) == 2


def test_two_sources_that_each_list_plays_the_other_lacks_are_all_counted() -> None:
    exports = [told(EXTENDED, hour * HOUR) for hour in (0, 3, 6)]
    listed = [told(Source.LASTFM, hour * HOUR - LENGTH) for hour in (3, 9)]
    assert count(*exports, *listed) == 4


def test_where_echoes_of_a_loop_were_swapped_the_next_list_still_counts_right() -> None:
    # The first was paused, so that its end and the second's start look alike.
    export = told(EXTENDED, 25 * MINUTE)
    starts = (0, 25 * MINUTE)
    api = [told(Source.RECENTLY_PLAYED, at) for at in starts]
    minutes = [told(Source.LASTFM_MINUTES, at, ms=0) for at in starts]
    assert count(export, *api) == 2
    assert count(export, *api, *minutes) == 2


def test_a_tight_match_stays_where_loose_ones_find_no_more() -> None:
    export, next_export = told(EXTENDED, LENGTH), told(EXTENDED, LENGTH + 30 * MINUTE)
    between, listed = told(Source.LASTFM, 10 * MINUTE), told(Source.LASTFM, 30 * MINUTE)
    plays = recognised([export, next_export, between, listed])
    assert [next_export, listed] in plays
    assert len(plays) == 3


def test_of_as_many_traits_the_larger_number_stands() -> None:
    small, large = told(EXTENDED, 0, traits=5), told(EXTENDED, 0, traits=6)
    assert standing(large, small) == standing(small, large) == [large]


def test_both_tellings_of_one_source_follow_the_richer_record() -> None:
    export = told(EXTENDED, LENGTH)
    tellings = [told(Source.RECENTLY_PLAYED, 0, ms=ms) for ms in (0, LENGTH)]
    assert standing(export, *tellings) == [export]
