"""A lab case's application on Python: open-loop load through redis-py, by worker threads that share a pool.

docs/lab.md says what it is told (environment) and what it tells (one JSON object a line).
"""
import json
import os
import queue
import random
import signal
import socket
import sys
import threading
import time

import redis

ENV = os.environ
RATE = float(ENV["HALFOPEN_RATE"])
BYTES = int(ENV["HALFOPEN_PAYLOAD"])
THREADS = int(ENV.get("HALFOPEN_THREADS") or 64)
SET = ENV["HALFOPEN_COMMAND"] == "set"
now = time.monotonic
lock = threading.RLock()  # a signal may come while its thread holds it
requests = queue.SimpleQueue()
pid = os.getpid()


def say(event, **more):
    line = json.dumps({"event": event, "at": now(), **more}) + "\n"
    os.write(1, line.encode())


def options():
    given = json.loads(ENV["HALFOPEN_OPTIONS"])
    keep = given.pop("socket_keepalive_options", None)
    if keep:
        given["socket_keepalive_options"] = {getattr(socket, name): value for name, value in keep.items()}
    return given


pool = redis.BlockingConnectionPool(host=ENV["HALFOPEN_HOST"], port=int(ENV["HALFOPEN_PORT"]), **options())
client = redis.Redis(connection_pool=pool)
count = {"issued": 0, "ok": 0, "failed": 0}
window = {"peak": 0, "first_ok": None, "last_ok": None, "lag_ms": 0.0, "told": False, "latencies": []}
idle = 0


def worker():
    global idle
    while True:
        with lock:
            idle += 1
        began, key, body = requests.get()
        with lock:
            idle -= 1
        try:
            client.set(key, body) if SET else client.get(key)
            error = None
        except Exception as caught:  # whatever ends a call is what the lab wants to know
            error = caught
        settle(began, error)
        del body


def settle(began, error):
    at = now()
    with lock:
        if error is None:
            count["ok"] += 1
            window["last_ok"] = at
            window["first_ok"] = window["first_ok"] or at
            window["latencies"].append(1e3 * (at - began))
            return
        count["failed"] += 1
        first, window["told"] = not window["told"], True
    if first:
        say("failed", error=f"{type(error).__name__}: {error}")


def pending():
    return count["issued"] - count["ok"] - count["failed"]


def sample():
    with lock:
        latencies = sorted(window["latencies"])
        told = {name: window[name] for name in ("peak", "first_ok", "last_ok", "lag_ms")}
        told.update(count)
        window.update(peak=pending(), first_ok=None, last_ok=None, lag_ms=0.0, told=False, latencies=[])
    for share, name in ((0.5, "p50_ms"), (0.99, "p99_ms")):
        if latencies:
            told[name] = latencies[min(len(latencies) - 1, int(share * len(latencies)))]
    with open("/proc/self/statm") as statm:
        told["rss"] = int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    say("sample", **told)


def samples():
    while True:
        time.sleep(float(ENV["HALFOPEN_SAMPLE_MS"]) / 1e3)
        sample()


def stop(*_):
    sample()
    os._exit(0)


def arrivals():
    chance = random.Random(int(ENV["HALFOPEN_SEED"]))
    due, threads = now(), 0
    while True:
        while due <= now():
            with lock:
                count["issued"] += 1
                number = count["issued"]
                window["peak"] = max(window["peak"], pending())
                window["lag_ms"] = max(window["lag_ms"], 1e3 * (now() - due))
                more = idle <= requests.qsize() and threads < THREADS
            body = (str(number) + "x" * BYTES)[:BYTES]
            requests.put((due, f"key:{chance.randrange(1000)}", body))
            if more:
                threads += 1
                threading.Thread(target=worker, daemon=True).start()
            due += chance.expovariate(RATE)
        time.sleep(min(0.02, max(0.0, due - now())))


signal.signal(signal.SIGTERM, stop)
threading.stack_size(256 * 1024)
# The load begins a second after the process, connected or not.
time.sleep(0.9)
say("start", version=redis.__version__, runtime="python " + sys.version.split()[0])
threading.Thread(target=samples, daemon=True).start()
arrivals()
