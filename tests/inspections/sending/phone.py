"""A phone without a screen: it asks for the parcel, fills in a form, and sends it as the real one does."""

import io
import uuid
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from django.test import Client
from django.utils import timezone
from PIL import Image, ImageDraw

from inspections.sending import rules
from loanwatch.people.access import Access
from tests.inspections.book import TODAY

GOOD = {
    "yes_no": "yes",
    "number": "74",
    "money": "500000.00",
    "percent": "80",
    "date": TODAY.isoformat(),
    "text": "As described.",
    "position": {"latitude": "31.300300", "longitude": "120.700200", "accuracy": 8},
    "signature": {"name": "Li Hua"},
}


def jpeg(seed: int = 0, side: int = 160) -> bytes:
    """A picture that differs with its seed."""
    image = Image.effect_noise((side, side), 90 + seed).convert("RGB")
    ImageDraw.Draw(image).rectangle((seed * 7 % 90, 10, seed * 7 % 90 + 40, 90), fill=(seed * 40 % 255, 90, 120))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80)
    return out.getvalue()


def browser(access: Access) -> Client:
    client = Client()
    client.force_login(access.account, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@dataclass
class Phone:
    """The phone of one person. `files` holds bytes by id; `form` is what has been filled in, ready to be told."""

    access: Access
    client_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    files: dict[str, bytes] = field(default_factory=dict)
    form: dict[str, Any] = field(default_factory=dict)
    revision: int = 1

    def __post_init__(self) -> None:
        self.client = browser(self.access)

    def parcel(self) -> dict[str, Any]:
        answer = self.client.get("/m/parcel/")
        assert answer.status_code == 200, answer.content
        return answer.json()

    def fill(self, task_id: int, **changed: Any) -> "Phone":
        """Fill in the form of a task as a careful person would, with a photo for each point that asks one."""
        parcel = self.parcel()
        task = next(t for t in parcel["tasks"] if t["id"] == task_id)
        sections = [*parcel["templates"][str(task["template"])]["sections"], *task["extra_sections"]]
        points = [p for s in sections for p in s["points"]]
        answers = {p["code"]: {"value": _good(p), "note": "", "at": timezone.now().isoformat()} for p in points}
        self.form = {
            "task": task_id,
            "template": task["template"],
            "conditions": task["conditions"],
            "started_at": timezone.now().isoformat(),
            "finished": True,
            "finished_at": timezone.now().isoformat(),
            "before_visit": task["before_visit"],
            "visited_on": TODAY.isoformat(),
            "conclusion": "no_problem",
            "summary": "All in order.",
            "position": {"latitude": 31.3003, "longitude": 120.7002, "accuracy": 8, "at": timezone.now().isoformat()},
            "position_reason": "",
            "answers": answers,
            "files": [],
        } | changed
        for n, point in enumerate(p for p in points if p["kind"] in {"photo", "signature", "document"} and p["required"]):
            self.add(point["code"], jpeg(n), what=point["kind"])
        return self

    def add(self, code: str, data: bytes, *, what: str = "photo", kind: str = "image/jpeg", **told: Any) -> str:
        file_id = str(uuid.uuid4())
        self.files[file_id] = data
        about = {"id": file_id, "code": code, "what": what, "type": kind, "size": len(data), "sha256": sha256(data).hexdigest()}
        self.form["files"].append(about | {"taken_at": timezone.now().isoformat(), "latitude": None, "longitude": None, "accuracy": None} | told)
        return file_id

    def manifest(self, **changed: Any) -> dict[str, Any]:
        told = {"client_id": self.client_id, "revision": self.revision, "device_time": timezone.now().isoformat(), **self.form} | changed
        return told | {"sha256": rules.hash_of(told)}

    def post(self, address: str, told: Any = None):
        return self.client.post(f"/m/sending/{address}", told, content_type="application/json")

    def announce(self, **changed: Any):
        return self.post("", self.manifest(**changed))

    def piece(self, file_id: str, start: int, data: bytes, digest: str = ""):
        return self.client.post(
            f"/m/sending/{self.client_id}/files/{file_id}/?from={start}",
            data,
            content_type="application/octet-stream",
            headers={"X-Piece-SHA256": digest or sha256(data).hexdigest()},
        )

    def send_files(self, piece: int = rules.PIECE) -> None:
        for file_id, data in self.files.items():
            for start in range(0, len(data), piece):
                answer = self.piece(file_id, start, data[start : start + piece])
                assert answer.status_code == 200, answer.content

    def finish(self):
        return self.post(f"{self.client_id}/finish/")

    def send(self):
        answer = self.announce()
        assert answer.status_code == 200, answer.content
        self.send_files()
        return self.finish()


def _good(point: dict[str, Any]) -> Any:
    if point["kind"] in {"photo", "document"}:
        return None
    if point["kind"] == "items":
        return [{c["code"]: "Bolts" if c["kind"] == "text" else "12" for c in point["columns"]}]
    if point["kind"] == "choice":
        return next(o["value"] for o in point["options"] if o["value"] not in point["fails_when"])
    good = GOOD[point["kind"]]
    return "no" if good in point["fails_when"] else good
