"""The page of the phone that needs no network (`phone:`). It holds nobody's data, so it is there for everybody, logged in or not."""

from inspections.sending import shell
from loanwatch.people.routes import PUBLIC, route

patterns = [
    route("m/", shell.app, name="app", get=PUBLIC),
    route("m/sw.js", shell.worker, name="worker", get=PUBLIC),
    route("m/manifest.webmanifest", shell.manifest, name="manifest", get=PUBLIC),
]
