"""Pure rules on borrowers."""

from hashlib import md5


def bucket_of(borrower_number: str) -> int:
    """The bucket, 0 to 255, of a borrower number: first byte of its MD5. The same in SQL: `get_byte(decode(md5(n), 'hex'), 0)`.

    It spreads the book evenly and never changes, so that work units and, one day, shards stay put.
    """
    return md5(borrower_number.encode(), usedforsecurity=False).digest()[0]
