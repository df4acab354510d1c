"""How the buckets are cut into units of work."""

import pytest

from loanwatch.trail import ledger


@pytest.mark.parametrize("slices", [1, 2, 3, 7, 64, 256])
def test_the_slices_cover_every_bucket_once(slices):
    covered = [b for low, high in ledger.cut_buckets(slices) for b in range(low, high + 1)]
    assert covered == list(range(256))
