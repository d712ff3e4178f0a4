#!/usr/bin/env python3
"""Starts programs in turn, many times, and prints how long each took: launch.py ROUNDS LABEL=PROGRAM... -- WORDS...

posix_spawn and wait4 only, every program once a round, so that a busy machine hits all of them alike. Compare the
minimum and the tenth percentile; means say more about the neighbours than about the programs.
"""
import os
import sys
import time


def main():
    split = sys.argv.index("--")
    rounds, named, words = int(sys.argv[1]), sys.argv[2:split], sys.argv[split + 1:]
    programs = [entry.split("=", 1) for entry in named]
    # Here and not by a program in front: the user may not come to where this interpreter is.
    if user := os.environ.pop("BENCH_USER", ""):
        os.setgroups([])
        os.setgid(int(user))
        os.setuid(int(user))
    times = {label: [] for label, _ in programs}
    quiet = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in (0, 1, 2)]
    for number in range(rounds + 10):
        for label, program in programs:
            start = time.perf_counter_ns()
            pid = os.posix_spawn(program, words, os.environ, file_actions=quiet)
            _, status = os.waitpid(pid, 0)
            took = time.perf_counter_ns() - start
            if status != 0:
                sys.exit(f"launch.py: {program} ended with status {status}")
            if number >= 10:
                times[label].append(took)
    base = sorted(times[programs[0][0]])
    for label, _ in programs:
        own = sorted(times[label])
        low, p10, median = own[0], own[len(own) // 10], own[len(own) // 2]
        print(f"{label:<8} min {low / 1000:8.0f} us   p10 {p10 / 1000:8.0f} us   median {median / 1000:8.0f} us"
              f"   ratio min {low / base[0]:.2f}  p10 {p10 / base[len(base) // 10]:.2f}"
              f"   added min {(low - base[0]) / 1000:+.0f} us")


main()
