from __future__ import annotations

import math
import random
from itertools import chain

import pytest
from analysis_kit import MS, run, steady, window

from ovexplorer.analysis.digest import MOST_BLOCKS, Digest, digest_of, nearest_rank, smooth_median
from ovexplorer.analysis.summary import needed_for, summarise
from ovexplorer.schema.histogram import RELATIVE_ERROR, histogram_of


def test_nothing_was_counted() -> None:
    summary = summarise(())
    assert (summary.iterations, summary.fps, summary.mean_ns, summary.p50_ns) == (0, None, None, None)
    assert summary.percentile(50.0).reason == "needs 1 sample"
    assert summary.percentile(50.0).seconds is None


def test_a_single_sample_has_a_median_and_a_rate() -> None:
    summary = summarise([window([5 * MS])], batch=4)
    assert summary.p50_ns == 5 * MS
    assert summary.fps == pytest.approx(800)
    assert summary.percentile(90.0).value_ns is None


@pytest.mark.parametrize(("percent", "needed"), [(50, 1), (90, 100), (95, 200), (99, 1_000), (99.9, 10_000)])
def test_a_percentile_waits_for_ten_samples_beyond_it(percent: float, needed: int) -> None:
    assert needed_for(percent) == needed
    one_less = [window([MS] * (needed - 1))] if needed > 1 else []
    assert summarise(one_less).percentile(percent).value_ns is None
    assert summarise([window([MS] * needed)]).percentile(percent).value_ns == MS


def test_a_missing_percentile_says_what_it_needs_and_when() -> None:
    missing = summarise([window([10 * MS] * 400)]).percentile(99.0)
    assert missing.reason == "needs 1,000 samples"
    assert missing.seconds == pytest.approx(6.0)
    assert missing.name == "p99"


@pytest.mark.parametrize("seed", range(8))
def test_percentiles_are_nearest_rank_within_the_error_of_the_histogram(seed: int) -> None:
    dice = random.Random(seed)
    count = dice.randrange(1_000, 4_000)
    samples = [round(dice.lognormvariate(15, 0.5)) for _ in range(count)]
    pieces = [samples[at : at + 37] for at in range(0, count, 37)]
    summary = summarise([window(piece, 1) for piece in pieces])
    for percent in (50.0, 90.0, 95.0, 99.0):
        exact = sorted(samples)[math.ceil(percent / 100 * count) - 1]
        assert summary.percentile(percent).value_ns == pytest.approx(exact, rel=RELATIVE_ERROR * 1.01)
    assert summary.mean_ns == pytest.approx(sum(samples) / count)
    assert (summary.min_ns, summary.max_ns) == (min(samples), max(samples))


def test_pauses_are_not_counted_but_short_gaps_are() -> None:
    made = [window([10 * MS] * 10, 0), window([10 * MS] * 10, 105 * MS), window([10 * MS] * 10, 5_000 * MS)]
    summary = summarise(made)
    assert summary.duration_ns == (100 + 105 + 100) * MS
    assert summary.fps == pytest.approx(30 / 0.305)


def test_overlapping_windows_count_their_time_once() -> None:
    made = [window([50 * MS] * 4, 0, 100 * MS), window([50 * MS] * 4, 80 * MS, 200 * MS)]
    assert summarise(made).duration_ns == 200 * MS


def test_host_time_is_a_mean() -> None:
    import msgspec

    made = msgspec.structs.replace(window([MS, MS]), host_ns=600)
    assert summarise([made]).host_ns_per_inference == 300


def test_a_growing_series_costs_only_its_new_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    made = run(steady, seconds=3)
    taken: list[int] = []
    plain = Digest._take
    monkeypatch.setattr(Digest, "_take", lambda self, entry: (taken.append(1), plain(self, entry))[1])
    digest_of(tuple(made[:20]))
    digest = digest_of(tuple(made))
    assert len(taken) == len(made)
    assert digest.total.count == sum(entry.count for entry in made)


def test_a_series_that_was_thinned_is_taken_anew() -> None:
    made = run(steady, seconds=2)
    digest_of(tuple(made))
    shorter = (made[0], *made[5:])
    assert digest_of(shorter).total.count == sum(entry.count for entry in shorter)


def test_blocks_stay_few_and_lose_nothing() -> None:
    digest = Digest()
    made = run(steady, seconds=60)
    digest.update(made)
    assert len(digest.blocks) <= MOST_BLOCKS
    assert sum(block.count for block in digest.blocks) == digest.total.count
    assert sum(block.windows for block in digest.blocks) == len(made)
    assert sum(block.active_ns for block in digest.blocks) == digest.total.active_ns
    assert len({block.windows for block in digest.blocks[:-1]}) == 1


def test_the_smooth_median_moves_inside_a_bucket() -> None:
    low = dict(zip(*_columns([1_000_000] * 9 + [2_000_000] * 2)))
    high = dict(zip(*_columns([1_000_000] * 6 + [2_000_000] * 5)))
    assert smooth_median(low, 11) < smooth_median(high, 11)
    for counts in (low, high):
        assert smooth_median(counts, 11) == pytest.approx(1_000_000, rel=0.006)
        assert nearest_rank(counts, 0.5, 11) == pytest.approx(1_000_000, rel=0.0026)


def _columns(values: list[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    made = histogram_of(chain(values))
    return made.buckets, made.counts
