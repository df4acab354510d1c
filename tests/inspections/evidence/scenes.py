"""Pictures that look like what people photograph on a visit: gates, shelves, workshops, yards; and what is done to one to use it again.

Drawn from a number: the same number, the same place. `again` shows the same place on another day: another angle, another light, other
people in front. `reuses` are the ways in which one file is handed in a second time.
"""

import io
from collections.abc import Iterator
from random import Random

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps
from scipy import ndimage

WIDTH, HEIGHT = 640, 480


def _cloud(rng: np.random.Generator, size: tuple[int, int], roughness: float = 1.0) -> np.ndarray:
    """Noise of all sizes, as in walls, ground, leaves and sky; -1 to 1."""
    total = np.zeros((size[1], size[0]))
    for step in (4, 8, 16, 32, 64):
        coarse = rng.standard_normal((size[1] // step + 2, size[0] // step + 2))
        total += ndimage.zoom(coarse, step, order=1)[: size[1], : size[0]] * step**roughness
    return total / np.abs(total).max()


def _tint(image: Image.Image, rng: np.random.Generator, strength: float, box: tuple[int, int, int, int]) -> None:
    left, top, right, bottom = box
    part = np.asarray(image.crop(box), dtype=float)
    part += _cloud(rng, (right - left, bottom - top))[..., None] * strength
    image.paste(Image.fromarray(part.clip(0, 255).astype("uint8")), box)


def _colour(source: Random, low: int = 40, high: int = 215) -> tuple[int, int, int]:
    grey = source.randint(low, high)
    return (min(255, grey + source.randint(-20, 30)), grey, max(0, grey + source.randint(-40, 15)))


def _gate(source: Random, rng: np.random.Generator) -> Image.Image:
    image = Image.new("RGB", (WIDTH, HEIGHT), (source.randint(140, 215), source.randint(165, 220), source.randint(195, 240)))
    _tint(image, rng, 30, (0, 0, WIDTH, 200))
    pen, ground, roof = ImageDraw.Draw(image), source.randint(330, 400), source.randint(60, 170)
    pen.rectangle((0, ground, WIDTH, HEIGHT), fill=_colour(source, 90, 150))
    wall = _colour(source, 110, 210)
    left, right = source.randint(-40, 120), source.randint(500, 700)
    pen.rectangle((left, roof, right, ground), fill=wall)
    step = source.randint(45, 95)
    for y in range(roof + 50, ground - 60, step):
        for x in range(left + 20, right - 40, step + source.randint(-4, 12)):
            pen.rectangle((x, y, x + step * 0.55, y + step * 0.6), fill=_colour(source, 30, 110), outline=(220, 220, 215))
    middle, wide = source.randint(180, 460), source.randint(60, 150)
    pen.rectangle((middle - wide, ground - source.randint(110, 170), middle + wide, ground), fill=_colour(source, 50, 130))
    for x in range(middle - wide, middle + wide, source.randint(9, 18)):
        pen.line((x, ground - 120, x, ground), fill=(200, 200, 205), width=2)
    for side in (-1, 1):
        x = middle + side * (wide + 18)
        pen.rectangle((x - 16, ground - 175, x + 16, ground), fill=_colour(source, 100, 180))
    sign = (middle - wide - 20, roof + 8, middle + wide + 20, roof + 44)
    pen.rectangle(sign, fill=source.choice([(150, 30, 30), (30, 60, 120), (230, 225, 210), (40, 90, 60)]))
    name = source.choice(["HENGDA", "LIYUAN", "DAESUNG", "HANBIT", "XINGYE"])
    pen.text((sign[0] + 10, sign[1] + 6), f"{name} {source.randint(10, 9999)}", fill=(250, 240, 200), font_size=24)
    for _ in range(source.randint(1, 4)):
        x, y, size = source.randint(0, WIDTH), source.randint(ground - 150, ground), source.randint(30, 90)
        for _leaf in range(70):
            dx, dy = source.gauss(0, size / 2), source.gauss(0, size / 2)
            pen.ellipse((x + dx, y + dy, x + dx + 12, y + dy + 10), fill=(source.randint(20, 80), source.randint(70, 140), source.randint(20, 70)))
    _tint(image, rng, 35, (0, roof, WIDTH, HEIGHT))
    return image


def _shelves(source: Random, rng: np.random.Generator) -> Image.Image:
    image = Image.new("RGB", (WIDTH, HEIGHT), _colour(source, 60, 140))
    pen, rows = ImageDraw.Draw(image), source.randint(3, 6)
    height = HEIGHT // rows
    for row in range(rows):
        base = (row + 1) * height - 12
        x = source.randint(-30, 10)
        while x < WIDTH:
            wide, tall = source.randint(22, 90), source.randint(height // 3, height - 22)
            colour = _colour(source, 70, 220)
            pen.rectangle((x, base - tall, x + wide, base), fill=colour, outline=tuple(max(0, c - 50) for c in colour))
            if source.random() < 0.6:
                pen.rectangle((x + wide * 0.2, base - tall * 0.7, x + wide * 0.8, base - tall * 0.4), fill=_colour(source, 150, 245))
            if source.random() < 0.3:
                pen.line((x, base - tall / 2, x + wide, base - tall / 2), fill=_colour(source, 40, 90), width=3)
            x += wide + source.randint(0, 14)
        pen.rectangle((0, base, WIDTH, base + 10), fill=_colour(source, 50, 120))
    for _ in range(source.randint(2, 4)):
        x = source.randint(0, WIDTH)
        pen.rectangle((x, 0, x + 10, HEIGHT), fill=_colour(source, 60, 130))
    _tint(image, rng, 30, (0, 0, WIDTH, HEIGHT))
    return image


def _workshop(source: Random, rng: np.random.Generator) -> Image.Image:
    image = Image.new("RGB", (WIDTH, HEIGHT), _colour(source, 130, 200))
    pen = ImageDraw.Draw(image)
    vx, vy = source.randint(180, 460), source.randint(120, 230)
    pen.polygon([(0, HEIGHT), (WIDTH, HEIGHT), (vx + 60, vy + 30), (vx - 60, vy + 30)], fill=_colour(source, 80, 140))
    pen.polygon([(0, 0), (WIDTH, 0), (vx + 60, vy - 30), (vx - 60, vy - 30)], fill=_colour(source, 90, 190))
    for part in range(source.randint(5, 10)):
        x = part * WIDTH // 8 + source.randint(-20, 20)
        pen.line((x, 0, vx + (x - WIDTH / 2) * 0.15, vy - 30), fill=_colour(source, 60, 110), width=3)
        pen.line((x, HEIGHT, vx + (x - WIDTH / 2) * 0.15, vy + 30), fill=(210, 190, 60), width=source.choice([1, 2, 4]))
    for _ in range(source.randint(3, 6)):
        x, y = source.randint(60, 580), source.randint(10, 110)
        pen.ellipse((x, y, x + 46, y + 14), fill=(250, 250, 235))
    for _ in range(source.randint(5, 9)):
        x, y, size = source.randint(-20, 600), source.randint(200, 400), source.randint(40, 150)
        body = _colour(source, 40, 180)
        pen.rectangle((x, y - size * 0.6, x + size, y + size * 0.4), fill=body, outline=(30, 30, 30))
        pen.rectangle((x + size * 0.1, y - size * 0.5, x + size * 0.4, y - size * 0.2), fill=_colour(source, 20, 240))
        pen.ellipse((x + size * 0.5, y - size * 0.3, x + size * 0.9, y + size * 0.1), fill=_colour(source, 20, 220), outline=(20, 20, 20))
        pen.line((x + size / 2, y - size * 0.6, x + size / 2, y - size * 1.1), fill=_colour(source, 30, 120), width=5)
    _tint(image, rng, 40, (0, 0, WIDTH, HEIGHT))
    return image


def _yard(source: Random, rng: np.random.Generator) -> Image.Image:
    image = Image.new("RGB", (WIDTH, HEIGHT), _colour(source, 150, 215))
    horizon = source.randint(140, 260)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, horizon, WIDTH, HEIGHT), fill=_colour(source, 70, 140))
    points = [(0, horizon)] + [(x, horizon - source.randint(10, 90)) for x in range(0, WIDTH + 40, 40)] + [(WIDTH, horizon)]
    pen.polygon(points, fill=_colour(source, 50, 120))
    for _ in range(source.randint(8, 16)):
        x, y = source.randint(-30, 620), source.randint(horizon, 430)
        size = 12 + (y - horizon) * 0.4
        for layer in range(source.randint(1, 4)):
            pen.rectangle((x, y - size * (layer + 1), x + size * 1.6, y - size * layer), fill=_colour(source, 60, 200), outline=(50, 45, 40))
    _tint(image, rng, 60, (0, 0, WIDTH, HEIGHT))
    return image


KINDS = (_gate, _shelves, _workshop, _yard)


def _finish(image: Image.Image, rng: np.random.Generator, light: float, noise: float = 5.0) -> Image.Image:
    """What a phone's camera adds: light that falls off, a little blur, grain."""
    x, y = np.meshgrid(np.linspace(-1, 1, image.width), np.linspace(-1, 1, image.height))
    fall = 1 - 0.25 * (x**2 + y**2) / 2 + 0.12 * (x * rng.uniform(-1, 1) + y * rng.uniform(-1, 1))
    pixels = np.asarray(image.filter(ImageFilter.GaussianBlur(0.8)), dtype=float) * fall[..., None] * light
    pixels += rng.standard_normal(pixels.shape) * noise
    return Image.fromarray(pixels.clip(0, 255).astype("uint8"))


def scene(number: int) -> Image.Image:
    """The place of that number as it is photographed first."""
    source, rng = Random(number), np.random.default_rng(number)
    return _finish(KINDS[number % len(KINDS)](source, rng), rng, source.uniform(0.85, 1.15))


def again(number: int, day: int, *, angle: float = 0.07) -> Image.Image:
    """The same place photographed honestly on another day: the camera stood elsewhere by about `angle` of the picture's width."""
    place = KINDS[number % len(KINDS)](Random(number), np.random.default_rng(number))
    source, rng = Random(number * 1000 + day), np.random.default_rng(number * 1000 + day)

    def off(size: int) -> float:
        return source.choice([-1, 1]) * source.uniform(0.4, 1.4) * angle * size

    w, h = place.size
    corners = [(off(w), off(h)), (w + off(w), off(h)), (w + off(w), h + off(h)), (off(w), h + off(h))]
    moved = place.transform(place.size, Image.Transform.PERSPECTIVE, _perspective(corners, w, h), Image.Resampling.BICUBIC, fillcolor=(120, 120, 115))
    pen = ImageDraw.Draw(moved)
    for _ in range(source.randint(1, 3)):
        x, size = source.randint(20, 600), source.randint(50, 120)
        pen.rectangle((x, 430 - size, x + size * 0.4, 460), fill=_colour(source, 20, 200))
        pen.ellipse((x + size * 0.08, 430 - size * 1.3, x + size * 0.32, 430 - size), fill=(200, 170, 140))
    return _finish(moved, rng, source.uniform(0.75, 1.2))


def _perspective(corners: list[tuple[float, float]], w: int, h: int) -> list[float]:
    rows = []
    for (x, y), (u, v) in zip([(0, 0), (w, 0), (w, h), (0, h)], corners, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y, u])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y, v])
    table = np.array(rows, dtype=float)
    return np.linalg.solve(table[:, :8], table[:, 8]).tolist()


def sent(image: Image.Image, quality: int = 85) -> Image.Image:
    """As it arrives: through JPEG."""
    data = io.BytesIO()
    image.save(data, "JPEG", quality=quality)
    return Image.open(io.BytesIO(data.getvalue())).convert("RGB")


def _cut(image: Image.Image, left: float, top: float, right: float, bottom: float) -> Image.Image:
    w, h = image.size
    return image.crop((round(w * left), round(h * top), round(w * (1 - right)), round(h * (1 - bottom))))


def reuses(image: Image.Image, source: Random) -> Iterator[tuple[str, Image.Image]]:
    """What people do to a picture before they hand it in a second time: (what was done, the picture)."""
    yield "same file", sent(image)
    for quality in (70, 40):
        yield f"JPEG quality {quality}", sent(image, quality)
    for factor in (0.75, 1.25):
        yield f"brightness {factor - 1:+.0%}", sent(ImageEnhance.Brightness(image).enhance(factor))
    yield "contrast +25%", sent(ImageEnhance.Contrast(image).enhance(1.25))
    yield "cropped 10% on each side", sent(_cut(image, 0.1, 0.1, 0.1, 0.1))
    yield "cropped 10% in all, centred", sent(_cut(image, 0.05, 0.05, 0.05, 0.05))
    side = source.choice([(0.1, 0, 0, 0), (0, 0.1, 0, 0), (0, 0, 0.1, 0), (0, 0, 0, 0.1)])
    yield "cropped 10% at one side", sent(_cut(image, *side))
    yield "cropped 10% at a corner", sent(_cut(image, *source.choice([(0.1, 0.1, 0, 0), (0, 0.1, 0.1, 0), (0.1, 0, 0, 0.1), (0, 0, 0.1, 0.1)])))
    yield "cropped anywhere up to 10%", sent(_cut(image, *(source.uniform(0, 0.1) for _ in range(4))))
    yield "scaled to half", sent(image.resize((image.width // 2, image.height // 2)))
    yield "scaled to 1.4", sent(image.resize((int(image.width * 1.4), int(image.height * 1.4))))
    yield "turned by 90°", sent(image.transpose(Image.Transpose.ROTATE_90))
    yield "turned by 180°", sent(image.transpose(Image.Transpose.ROTATE_180))
    yield "mirrored", sent(ImageOps.mirror(image))
    yield "turned by 2°", sent(_cut(image.rotate(2, Image.Resampling.BICUBIC), 0.03, 0.03, 0.03, 0.03))
    yield "grey", sent(ImageOps.grayscale(image).convert("RGB"))
    worn = ImageEnhance.Brightness(_cut(image, 0.1, 0.05, 0, 0.1)).enhance(1.2)
    yield "cropped, brightened, JPEG 50", sent(worn.resize((480, 360)), 50)
    yield "screenshot of it", sent(image.filter(ImageFilter.GaussianBlur(1.2)).resize((500, 375)), 60)
