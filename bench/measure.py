#!/usr/bin/env python3
"""measure.py [-n RUNS] NAME COMMAND [NAME COMMAND ...]: runs the commands in turn and prints medians of CPU, wall and
peak memory, and the ratio of each to the first."""
import os
import sys
import time


def once(command):
    begun = time.monotonic()
    pid = os.fork()
    if pid == 0:
        null = os.open(os.devnull, os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(null, fd)
        os.execvp(command[0], command)
    _, status, usage = os.wait4(pid, 0)
    if status != 0:
        sys.exit(f"measure: {' '.join(command)} ended with {status}")
    return usage.ru_utime + usage.ru_stime, time.monotonic() - begun, usage.ru_maxrss / 1024


def main(arguments):
    runs = 7
    if arguments[0] == "-n":
        runs, arguments = int(arguments[1]), arguments[2:]
    names = arguments[0::2]
    commands = [text.split() for text in arguments[1::2]]
    figures = {name: [] for name in names}
    for run in range(runs + 1):
        for name, command in zip(names, commands):
            figure = once(command)
            if run > 0:  # the first one warms the caches
                figures[name].append(figure)
    medians = {name: [sorted(column)[len(column) // 2] for column in zip(*rows)] for name, rows in figures.items()}
    first = medians[names[0]]
    print(f"{'':14}{'CPU ms':>10}{'wall ms':>10}{'peak MB':>10}{'CPU ratio':>12}")
    for name in names:
        cpu, wall, peak = medians[name]
        print(f"{name:14}{cpu * 1000:10.1f}{wall * 1000:10.1f}{peak:10.1f}{cpu / first[0]:12.2f}")


main(sys.argv[1:])
