"""Draws the pictures that stand for photographs: a front with a name plate, or goods on shelves. The same number, the same picture."""

import io
from hashlib import sha256
from random import Random

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image, ImageDraw

from inspections.visits.pictures import Picture, difference_hash

WIDTH, HEIGHT = 480, 360


def draw(number: int) -> Image.Image:
    """A street front for even numbers, shelves for odd ones, with light and dark of its own so that no two look alike."""
    source = Random(9_000 + number)
    image = Image.new("RGB", (WIDTH, HEIGHT), (source.randint(120, 210), source.randint(150, 215), source.randint(190, 235)))
    pen = ImageDraw.Draw(image)
    columns, rows = 9, 7
    for column in range(columns):
        for row in range(1 if number % 2 == 0 else 0, rows):
            grey = source.randint(35, 225)
            tint = (grey, max(0, grey - source.randint(0, 25)), max(0, grey - source.randint(5, 50)))
            left, top = column * WIDTH // columns, row * HEIGHT // rows
            pen.rectangle((left + 3, top + 3, left + WIDTH // columns - 4, top + HEIGHT // rows - 4), fill=tint)
    if number % 2 == 0:
        pen.rectangle((120, 60, 360, 110), fill=(140, 30, 30))
        pen.text((150, 76), f"DEMO FRONT {number:04d}", fill=(250, 240, 200), font_size=22)
    else:
        pen.text((14, HEIGHT - 30), f"DEMO STORE {number:04d}", fill=(255, 255, 255), font_size=20)
    return image


def keep(number: int) -> tuple[str, Picture]:
    """The stored picture of that number: path below the media folder, and what is known of it. Written once."""
    image = draw(number)
    data = io.BytesIO()
    image.save(data, "JPEG", quality=72)
    content = data.getvalue()
    digest = sha256(content).hexdigest()
    path = f"photos/{digest[:2]}/{digest[:32]}.jpg"
    if not default_storage.exists(path):
        path = default_storage.save(path, ContentFile(content))
    return path, Picture(content, digest, WIDTH, HEIGHT, None, None, None, difference_hash(image))
