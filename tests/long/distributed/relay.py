#!/usr/bin/env python3
"""A cable with latency between two hosts on one machine: packets of one TUN device come out of the other when the rate lets them, and so
much later. For kernels without netem. Run as root: relay.py NAME NAME GIGABITS_PER_SECOND MILLISECONDS
Prints a line once both devices are there, which may then be moved to network namespaces, and works until it is killed."""
import collections
import fcntl
import os
import select
import struct
import sys
import time

SET_NAME, TUN, NO_HEADER = 0x400454CA, 0x0001, 0x1000
LONGEST_PACKET = 1 << 16
LONGEST_QUEUE = 0.05  # Seconds at the full rate; what comes on top is dropped.


class Direction:
    """Packets from one device to the other."""

    def __init__(self, source, target, rate, delay):
        self.source, self.target, self.rate, self.delay = source, target, rate, delay
        self.packets = collections.deque()
        self.free = 0.0

    def take(self):
        """Reads what has come."""
        while True:
            try:
                packet = os.read(self.source, LONGEST_PACKET)
            except BlockingIOError:
                return
            now = time.monotonic()
            if self.free - now > LONGEST_QUEUE:
                continue
            self.free = max(self.free, now) + len(packet) / self.rate
            self.packets.append((self.free + self.delay, packet))

    def give(self):
        """Writes what is due, and returns seconds until the next packet is; None: there is none."""
        while self.packets:
            due = self.packets[0][0] - time.monotonic()
            if due > 0:
                return due
            try:
                os.write(self.target, self.packets.popleft()[1])
            except OSError:
                pass  # The host is not up, or its queue is full.
        return None


def device(name):
    file = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(file, SET_NAME, struct.pack("16sH22x", name.encode(), TUN | NO_HEADER))
    return file


def main():
    first, second = device(sys.argv[1]), device(sys.argv[2])
    rate, delay = float(sys.argv[3]) * 1e9 / 8, float(sys.argv[4]) / 1e3
    directions = [Direction(first, second, rate, delay), Direction(second, first, rate, delay)]
    print("ready", flush=True)
    while True:
        waits = [wait for wait in (direction.give() for direction in directions) if wait is not None]
        readable, _, _ = select.select([first, second], [], [], min(waits, default=None))
        for direction in directions:
            if direction.source in readable:
                direction.take()


main()
