#!/usr/bin/env python3
"""gateway.py WORK UPSTREAM-PORT: measures the gateways that gateway.sh started and listed in WORK/peers (name, port, pids),
in rounds that take turns, and prints medians and ratios. WORK/headers/NAME holds what a person's requests carry."""
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request

WORK, UPSTREAM = sys.argv[1], int(sys.argv[2])
TICK = os.sysconf("SC_CLK_TCK")


class Peer:
    def __init__(self, line):
        self.name, port, pids = line.rstrip("\n").split("\t")
        self.port, self.roots = int(port), [int(pid) for pid in pids.split(",")]
        self.figures = {}
        # Neither configurable-http-proxy nor a bare YARP leads anybody by a header.
        self.closes = not self.name.startswith((" ", "configurable-http-proxy", "Caddy", "bare YARP"))

    def processes(self):
        """Its processes and all below them."""
        parents = {}
        for entry in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{entry}/stat") as file:
                    parents.setdefault(int(file.read().rsplit(")", 1)[1].split()[1]), []).append(int(entry))
            except OSError:
                pass
        found, todo = [], list(self.roots)
        while todo:
            found.append(todo.pop())
            todo += parents.get(found[-1], [])
        return found

    def cpu(self):
        total = 0
        for pid in self.processes():
            with open(f"/proc/{pid}/stat") as file:
                words = file.read().rsplit(")", 1)[1].split()
            total += int(words[11]) + int(words[12])
        return total / TICK

    def memory(self):
        """KiB, pages that several processes share counted once."""
        total = 0
        for pid in self.processes():
            with open(f"/proc/{pid}/smaps_rollup") as file:
                total += int(re.search(r"^Pss:\s+(\d+)", file.read(), re.M)[1])
        return total

    def add(self, what, value):
        self.figures.setdefault(what, []).append(value)

    def median(self, what):
        values = sorted(self.figures.get(what, []))
        return values[len(values) // 2] if values else None


def headers(person):
    with open(f"{WORK}/headers/{person}") as file:
        return file.read().splitlines()


def wrk(port, person, seconds, connections):
    command = ["wrk", "--latency", f"-d{seconds}s", f"-c{connections}", f"-t{min(connections, 2)}"]
    for header in headers(person):
        command += ["-H", header]
    said = subprocess.run(command + [f"http://127.0.0.1:{port}/"], capture_output=True, text=True, check=True).stdout
    wrong = re.search(r"Non-2xx.*|Socket errors:.*", said)
    if wrong and not re.search(r"connect 0, read \d+, write 0, timeout 0", wrong[0]):
        sys.exit(f"bench: port {port}: {wrong[0]}")

    def micros(percent):
        number, unit = re.search(rf"^\s+{percent}%\s+([\d.]+)(us|ms|s)$", said, re.M).groups()
        return float(number) * {"us": 1, "ms": 1000, "s": 1e6}[unit]

    count = int(re.search(r"(\d+) requests in", said)[1])
    return float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1]), micros(50), micros(99), count


def throughput(peers, person, rounds, seconds, what):
    for _ in range(rounds):
        for peer in peers:
            wrk(peer.port, person, 1, 32)
            before = peer.cpu()
            rate, _, tail, count = wrk(peer.port, person, seconds, 32)
            peer.add(what, rate)
            peer.add(what + " p99", tail)
            peer.add(what + " cpu", (peer.cpu() - before) / count * 1e6)


def latency(peers, rounds, seconds):
    direct = []
    for _ in range(rounds):
        direct.append(wrk(UPSTREAM, "alice", seconds, 1)[1])
        for peer in peers:
            peer.add("c1", wrk(peer.port, "alice", seconds, 1)[1])
    return sorted(direct)[len(direct) // 2]


def sockets(peer, count):
    before = peer.memory()
    with subprocess.Popen(
        [f"{WORK}/bin/sockets", "hold", f"127.0.0.1:{peer.port}", str(count), *headers("bob")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as holder:
        held = holder.stdout.readline().strip()
        time.sleep(5)
        after = peer.memory()
        alive = holder.communicate("\n")[0].strip()
    if held != f"held {count}" or alive != f"alive {count}":
        print(f"{peer.name:30}  {held or 'could not hold them'}")
        return
    print(f"{peer.name:30}{before / 1024:12.1f}{after / 1024:12.1f}{(after - before) / count:14.1f}")


def download(peer):
    command = ["curl", "-fso", "/dev/null", "-w", "%{time_total} %{size_download}"]
    for header in headers("alice"):
        command += ["-H", header]
    said = subprocess.run(command + [f"http://127.0.0.1:{peer.port}/1G"], capture_output=True, text=True, check=True).stdout
    spent, size = said.split()
    if int(float(size)) != 1 << 30:
        sys.exit(f"bench: {peer.name} gave {size} bytes of 1 GiB")
    peer.add("1G", 1024 / float(spent))


def refuses(peer):
    """Whether somebody unknown is kept out: who checks nothing is said to."""
    request = urllib.request.Request(f"http://127.0.0.1:{peer.port}/")
    try:
        urllib.request.urlopen(request, timeout=10)
        return "no check"
    except urllib.error.HTTPError as refused:
        return str(refused.code) if refused.code in (401, 403) else "no check"


def wait(peers):
    for peer in peers:
        for _ in range(150):
            try:
                wrk(peer.port, "alice", 1, 1)
                break
            except (subprocess.CalledProcessError, SystemExit, TypeError, AttributeError):
                time.sleep(0.2)
        else:
            sys.exit(f"bench: {peer.name} does not answer")


def main():
    with open(f"{WORK}/peers") as file:
        peers = [Peer(line) for line in file]
    wait(peers)
    first = peers[0]

    print("1 KiB, 32 connections (wrk); CPU of the gateway and whom it asks, per request")
    throughput(peers, "alice", 3, 5, "rps")
    print(f"{'':30}{'req/s':>10}{'p99 ms':>9}{'CPU us':>9}{'MB':>8}  berth is   without proof")
    for peer in peers:
        print(
            f"{peer.name:30}{peer.median('rps'):10.0f}{peer.median('rps p99') / 1000:9.2f}{peer.median('rps cpu'):9.0f}"
            f"{peer.memory() / 1024:8.1f}{first.median('rps') / peer.median('rps'):8.2f} x   {refuses(peer)}"
        )

    direct = latency(peers, 5, 1)
    print(f"\n1 request in flight: median {direct:.0f} us direct; added by (under 100 us wanted)")
    for peer in peers:
        print(f"{peer.name:30}{peer.median('c1') - direct:10.0f} us")

    asked = [peer for peer in peers if peer.closes]
    throughput(asked, "carol", 3, 3, "closing")
    print("\nthe same, when the server ends each connection (what is done for each new one shows here)")
    for peer in asked:
        kept, closing = peer.median("rps"), peer.median("closing")
        print(f"{peer.name:30}{closing:10.0f} req/s{closing / kept:8.2f} of its rate with kept connections")

    for _ in range(5):
        for peer in peers:
            download(peer)
    print("\n1 GiB download (within 10 % of nginx wanted)")
    nginx = peers[-1].median("1G")
    for peer in peers:
        print(f"{peer.name:30}{peer.median('1G'):10.0f} MiB/s{peer.median('1G') / nginx:8.2f} of nginx's")

    limit = int(open("/proc/self/limits").read().split("Max open files")[1].split()[0])
    count = min(10000, (limit - 200) // 2)
    print(f"\n{count} idle WebSockets, each used once (under 10 KB each on top of 40 MB wanted)")
    print(f"{'':30}{'MB before':>12}{'MB with':>12}{'KiB each':>14}")
    for peer in peers:
        if not peer.name.startswith("bare YARP"):
            sockets(peer, count)


main()
