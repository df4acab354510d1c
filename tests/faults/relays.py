"""Relays that are killed in the middle of their work, over and over; run as a process of its own by `test_relay`.

Prints {"kills": n}. The provider is a file that writes whatever it is told, so that only the relay stands between a message and
its second copy; between the write and the answer it takes its time, so that kills fall in between.
"""

import argparse
import json
import os
import random
import signal
import time
from pathlib import Path

import django


def child(sink: Path, seed: int, blind: bool) -> None:
    from loanwatch.trail.outbox.channels import FileChannel
    from loanwatch.trail.outbox.relay import Relay
    from loanwatch.trail.outbox.rules import Message

    chance = random.Random(seed)

    class Provider(FileChannel):
        batch = 5
        asks = not blind
        idempotent = blind  # says that a key counts once, and is wrong

        def send(self, message: Message) -> str:
            time.sleep(chance.uniform(0, 0.003))
            descriptor = os.open(sink, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            os.write(descriptor, json.dumps({"key": message.key}).encode() + b"\n")
            os.close(descriptor)
            time.sleep(chance.uniform(0, 0.006))
            return "written"

    channel = Provider(sink)

    class Doors:
        def __init__(self) -> None:
            self.sink = channel

        def of(self, lender: str, name: str) -> FileChannel:
            return channel

    Relay(channels=Doors()).run(lambda: False)  # type: ignore[arg-type]


def start(sink: Path, seed: int, blind: bool) -> int:
    pid = os.fork()
    if pid == 0:
        child(sink, seed, blind)
        os._exit(0)
    return pid


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("sink", type=Path)
    parser.add_argument("--kills", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--blind", action="store_true")
    told = parser.parse_args()
    django.setup()
    import loanwatch.trail.outbox.relay  # noqa: F401  so that each child starts at once

    chance = random.Random(told.seed)
    relays = [start(told.sink, told.seed * 1000 + n, told.blind) for n in range(3)]
    for kill in range(told.kills):
        time.sleep(chance.uniform(0.005, 0.12))
        place = chance.randrange(3)
        os.kill(relays[place], signal.SIGKILL)
        os.waitpid(relays[place], 0)
        relays[place] = start(told.sink, told.seed * 1000 + 3 + kill, told.blind)
    print(json.dumps({"kills": told.kills}), flush=True)
    signal.pause()  # the rest is sent in peace; the test ends us


if __name__ == "__main__":
    main()
