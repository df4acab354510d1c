"""By what a picture is found again: words of its corners, and a small grey copy that confirms it. Pure; numpy and scipy come when asked.

Words: at the most marked spots of the picture, of several sizes, the surroundings are brought into one of their eight mirrored and turned
forms and told in 28 signs of their lowest frequencies. What is brighter, smaller, cut off, turned by 90° or mirrored keeps most of them, and
the database finds the pictures that share some by its index. Whether two pictures are one is then measured: the window of the one that
the other may be is laid over it, and the shades (coarse) and the outlines (fine) are correlated. Taken again from where one stood before,
a gate has the same shades; its outlines never lie on each other again to a hundredth of the width.
"""

import io
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from PIL import Image

if TYPE_CHECKING:
    import numpy as np

    Grid = np.ndarray[Any, np.dtype[Any]]

SIDE = 160  # pixels, longest side of the kept grey copy
SPOTS = 70  # words of a picture
PLAIN = 5.0  # standard deviation of the shades, of 255, below which nothing in the picture tells it from another
SIZES = (2.0, 2.8, 4.0, 5.6, 8.0, 11.0)  # of spots, in pixels of the grey copy
COARSE, FINE = 24, 96  # pixels of the side of the square in which shades and outlines are compared
CUTS = (0.0, 0.06, 0.12)  # that may have been cut off a side, to begin with
TRIES, SURE, UNLIKE = 4, 0.97, 0.5  # of the best first guesses, until one is sure or the pictures are clearly two
HOPELESS = 0.75  # correlation of the shades at the first guess below which two pictures are not looked at closer
FLIPS = 2  # of the weakest signs, tried both ways when asking
SCALES = (1.0, 0.9, 0.81, 1.11, 1.235)  # at which a picture is asked for: where a tenth was cut off each side, the rest was drawn larger


@dataclass(frozen=True)
class Print:
    """words: 31-bit numbers to find it by. grey: the small copy as JPEG. plain: it can't be told from others."""

    words: list[int]
    grey: bytes
    plain: bool


@dataclass(frozen=True)
class Likeness:
    """coarse, fine: correlation of shades and of outlines where the pictures lie best on each other, -1 to 1. turned: the form (0 as it is)."""

    coarse: float
    fine: float
    turned: int


def print_of(image: Image.Image) -> Print:
    """The print of an upright picture of any size and mode."""
    small = image.convert("L")
    small.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS, reducing_gap=3.0)
    data = io.BytesIO()
    small.save(data, "JPEG", quality=88)
    grid = _grid(small)
    plain = bool(grid.std() < PLAIN)
    return Print([] if plain else _words(grid, 0), data.getvalue(), plain)


def asking_words(grey: bytes) -> list[int]:
    """The words of a kept copy at all `SCALES`, and their neighbours in the least certain signs, to ask the database with."""
    small, found = Image.open(io.BytesIO(grey)), set[int]()
    for scale in SCALES:
        size = (max(16, round(small.width * scale)), max(16, round(small.height * scale)))
        found.update(_words(_grid(small.resize(size, Image.Resampling.LANCZOS)), FLIPS))
    return sorted(found)


def _grid(image: Image.Image) -> "Grid":
    import numpy as np

    return np.asarray(image, dtype=np.float32)


# Words -----------------------------------------------------------------------------------------------------------------------


def _spots(grid: "Grid") -> list[tuple[int, int, int, float, "Grid"]]:
    """(row, column, size, strength, the picture softened to that size) of the spots that stand out most from their surroundings."""
    import numpy as np
    from scipy import ndimage

    soft = [ndimage.gaussian_filter(grid, size, mode="nearest") for size in SIZES]
    steps = np.stack([a - b for a, b in pairwise(soft)])
    marked = np.abs(steps)
    top = (marked == ndimage.maximum_filter(marked, size=(3, 5, 5))) & (marked > 1.5)
    at, rows, columns = np.nonzero(top)
    strongest = np.argsort(-marked[at, rows, columns] * np.sqrt(np.asarray(SIZES)[at]), kind="stable")
    found = []
    for n in strongest:
        level, row, column = int(at[n]), int(rows[n]), int(columns[n])
        if 1 <= row < grid.shape[0] - 1 and 1 <= column < grid.shape[1] - 1:
            found.append((row, column, level, float(steps[level, row, column]), soft[max(level - 1, 0)]))
        if len(found) == SPOTS:
            break
    return found


@lru_cache(maxsize=1)
def _frequencies() -> tuple["Grid", list[tuple[int, int]]]:
    """The cosine table of 8 samples, and the pairs of frequencies that are told, the lowest first.

    The two lowest are not told: they say which of the eight forms it is.
    """
    import numpy as np

    place, wave = np.meshgrid(np.arange(8), np.arange(8))
    table = np.cos(np.pi * (2 * place + 1) * wave / 16).astype(np.float32)
    pairs = sorted(((u, v) for u in range(6) for v in range(6) if u + v > 1), key=lambda pair: (pair[0] + pair[1], pair))
    return table, pairs[:28]


def _words(grid: "Grid", flips: int) -> list[int]:
    """A word for each spot; with `flips`, also those in which as many of the least certain signs are the other way."""
    import numpy as np

    table, pairs = _frequencies()
    spots = _spots(grid)
    if not spots:
        return []
    steps = (np.arange(8) - 3.5) / 3.5
    patches = []
    for row, column, level, _strength, soft in spots:
        reach = steps * SIZES[level] * 3.2
        patches.append(_sampled(soft, row + reach, column + reach))
    waves = table @ np.stack(patches) @ table.T
    # One of eight forms: brighter to the right, brighter below, and more so to the right.
    odd = np.where(np.arange(8) % 2, -1, 1)
    waves = np.where(waves[:, :1, 1:2] < 0, waves * odd[None, None, :], waves)
    waves = np.where(waves[:, 1:2, :1] < 0, waves * odd[None, :, None], waves)
    waves = np.where(waves[:, 1:2, :1] > waves[:, :1, 1:2], waves.transpose(0, 2, 1), waves)
    values = waves[:, [u for u, _ in pairs], [v for _, v in pairs]]
    places = 1 << np.arange(len(pairs), 0, -1)
    told = (values > 0) @ places + np.array([strength > 0 for _r, _c, _l, strength, _s in spots])
    words = {int(word) for word in told}
    weakest = np.argsort(np.abs(values), axis=1, kind="stable")[:, :flips]
    for choice in range(1, 2**flips):
        changed = sum(places[weakest[:, n]] for n in range(flips) if choice >> n & 1)
        words.update(int(word) for word in told ^ changed)
    return sorted(words)


def _sampled(soft: "Grid", rows: "Grid", columns: "Grid") -> "Grid":
    """The shades at the crossings of rows and columns, between pixels by their distance, the border carried on outside."""
    import numpy as np

    rows, columns = rows.clip(0, soft.shape[0] - 1.001), columns.clip(0, soft.shape[1] - 1.001)
    top, left = rows.astype(int), columns.astype(int)
    down, right = (rows - top)[:, None], (columns - left)[None, :]
    square = [soft[np.ix_(top + y, left + x)] for y in (0, 1) for x in (0, 1)]
    return np.asarray((square[0] * (1 - right) + square[1] * right) * (1 - down) + (square[2] * (1 - right) + square[3] * right) * down)


# Likeness --------------------------------------------------------------------------------------------------------------------

Window = tuple[float, float, float, float]  # left, top, right, bottom as shares of the width and height
WHOLE: Window = (0.0, 0.0, 1.0, 1.0)


def compare(one: bytes, other: bytes) -> Likeness:
    """How far two kept copies show one picture, where they lie best on each other: either may be a part of the other, turned or mirrored.

    Where not even the shades are alike (`HOPELESS`), `fine` is 0 and not measured.
    """
    first, second = Image.open(io.BytesIO(one)), Image.open(io.BytesIO(other))
    guesses = sorted([*_guesses(first, second), *_guesses(second, first)], key=lambda guess: -guess[0])
    if guesses[0][0] < HOPELESS:
        return Likeness(round(guesses[0][0], 4), 0.0, guesses[0][1])
    best = Likeness(-1.0, -1.0, 0)
    for _coarse, form, large, small, window in guesses[:TRIES]:
        found = _laid_on(large, small, form, window)
        best = max(best, found, key=lambda likeness: likeness.fine)
        if best.fine > SURE or best.fine < UNLIKE:
            break
    return best


def _laid_on(large: Image.Image, small: Image.Image, form: int, window: Window) -> Likeness:
    whole = _part(small.transpose(_FORMS[form]) if form else small, WHOLE, FINE)
    shades, outline = _levelled(whole), _outline(whole)
    window = _fit(large, shades, window, (0.04, 0.02, 0.01), _levelled)
    window = _fit(large, outline, window, (0.01, 0.005, 0.0025), _outline)
    best = _part(large, window, FINE)
    return Likeness(round(float((_levelled(best) * shades).sum()), 4), round(float((_outline(best) * outline).sum()), 4), form)


_FORMS: dict[int, Image.Transpose] = {
    1: Image.Transpose.ROTATE_90,
    2: Image.Transpose.ROTATE_180,
    3: Image.Transpose.ROTATE_270,
    4: Image.Transpose.FLIP_LEFT_RIGHT,
    5: Image.Transpose.FLIP_TOP_BOTTOM,
    6: Image.Transpose.TRANSPOSE,
    7: Image.Transpose.TRANSVERSE,
}
_SPANS = [(a, 1 - b) for a in CUTS for b in CUTS]
_WINDOWS: list[Window] = [(left, top, right, bottom) for left, right in _SPANS for top, bottom in _SPANS]


def _part(image: Image.Image, window: Window, side: int) -> "Grid":
    left, top, right, bottom = window
    box = (left * image.width, top * image.height, right * image.width, bottom * image.height)
    return _grid(image.resize((side, side), Image.Resampling.BILINEAR, box=box))


def _levelled(grid: "Grid") -> "Grid":
    """The shades around their mean, of length 1: the sum of products of two is their correlation."""
    import numpy as np

    flat = grid - grid.mean()
    return flat / max(float(np.linalg.norm(flat)), 1e-6)


def _outline(grid: "Grid") -> "Grid":
    """What is left when the broad shades are taken away, levelled; a strong edge counts no more than three faint ones."""
    from scipy import ndimage

    rest = ndimage.gaussian_filter(grid, 0.7) - ndimage.gaussian_filter(grid, 3.0)
    limit = 3 * float(abs(rest).mean()) + 1e-6
    return _levelled(rest.clip(-limit, limit))


def _guesses(large: Image.Image, small: Image.Image) -> list[tuple[float, int, Image.Image, Image.Image, Window]]:
    """(correlation, form of the small one, large, small, window of the large one): the best `TRIES` of those that `CUTS` allow."""
    import numpy as np

    parts = np.stack([_levelled(_part(large, window, COARSE)).ravel() for window in _WINDOWS])
    whole = _part(small, WHOLE, COARSE)
    forms = np.stack([_levelled(_grid(Image.fromarray(whole).transpose(_FORMS[form])) if form else whole).ravel() for form in range(8)])
    fits = forms @ parts.T
    found = []
    for flat in np.argsort(-fits, axis=None)[:TRIES]:
        form, place = divmod(int(flat), len(_WINDOWS))
        found.append((float(fits[form, place]), form, large, small, _WINDOWS[place]))
    return found


def _fit(large: Image.Image, target: "Grid", window: Window, steps: tuple[float, ...], told: Any) -> Window:
    """Move the window's sides, then the whole of it, by ever smaller steps while the correlation with `target` rises."""
    best = float((told(_part(large, window, FINE)) * target).sum())
    moves = [(1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1), (1, 0, 1, 0), (0, 1, 0, 1), (1, 1, -1, -1)]
    for step in steps:
        for _round in range(4):
            before = best
            for move in moves:
                for sign in (step, -step):
                    tried = tuple(min(1.0, max(0.0, side + sign * by)) for side, by in zip(window, move, strict=True))
                    if tried[2] - tried[0] < 0.3 or tried[3] - tried[1] < 0.3:
                        continue
                    found = float((told(_part(large, tried, FINE)) * target).sum())  # type: ignore[arg-type]
                    if found > best + 1e-4:
                        best, window = found, tried  # type: ignore[assignment]
            if best - before < 1e-3:
                break
    return window
