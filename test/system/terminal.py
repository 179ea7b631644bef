"""A terminal for programs that draw: a pseudo-terminal, and what its screen would show.

It knows the sequences that badged writes, and fails on any other.

    with Terminal(program, "watch", tenant, columns=60, rows=20) as terminal:
        terminal.wait_for(lambda: "live" in terminal.text())
"""
import codecs
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time

from badged import DEADLINE_S, as_from_a_shell, assert_no_sanitizer_report, environment

CONTROL = re.compile(r"\x1b\[(\??)([0-9;]*)([A-Za-z])")


class Screen:
    """The cells of one screen."""

    def __init__(self, columns, rows):
        self.columns, self.rows = columns, rows
        self.cells = [[" "] * columns for _ in range(rows)]
        self.row = self.column = 0

    def put(self, letter):
        self.column = min(self.column, self.columns - 1)  # without wrapping
        self.cells[self.row][self.column] = letter
        self.column += 1

    def newline(self):
        self.row += 1
        if self.row == self.rows:
            self.row -= 1
            self.cells = self.cells[1:] + [[" "] * self.columns]

    def erase_line(self):
        for i in range(min(self.column, self.columns - 1), self.columns):
            self.cells[self.row][i] = " "

    def erase_below(self):
        self.erase_line()
        for row in self.cells[self.row + 1:]:
            row[:] = [" "] * self.columns

    def lines(self):
        return ["".join(row).rstrip() for row in self.cells]


class Terminal:
    def __init__(self, *arguments, columns=80, rows=24, env=None, cwd=None):
        self.modes = {"25": True, "7": True, "1049": False, "2026": False}
        self.colours = []  # of each SGR that came
        self.first, self.second = Screen(columns, rows), None
        self.raw, self.pending = "", ""
        self.decoder = codecs.getincrementaldecoder("utf-8")()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            as_from_a_shell()
            self.set_size(columns, rows, 0)
            os.chdir(cwd or ".")
            os.execve(arguments[0], [str(a) for a in arguments], environment({"TERM": "xterm", **(env or {})}))
        self.code = None

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if self.code is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)
        print(f"--- terminal\n{self.text()}\n--- what was written\n{self.raw[-4000:]!r}")

    def set_size(self, columns, rows, fd=None):
        fcntl.ioctl(self.fd if fd is None else fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def resize(self, columns, rows):
        """As a window that is dragged: what was drawn is gone."""
        self.first, self.second = Screen(columns, rows), Screen(columns, rows) if self.second else None
        self.set_size(columns, rows)

    @property
    def shown(self):
        return self.second or self.first

    def text(self):
        return "\n".join(self.shown.lines()).rstrip()

    def read(self, timeout_s=0.0):
        """Take in what was written; False once the program has closed it."""
        if not select.select([self.fd], [], [], timeout_s)[0]:
            return True
        try:
            more = os.read(self.fd, 65536)
        except OSError:
            return False
        text = self.decoder.decode(more)
        self.raw += text
        self.pending += text
        self.draw()
        return bool(more)

    def draw(self):
        while self.pending:
            letter = self.pending[0]
            found = CONTROL.match(self.pending)
            if letter == "\x1b" and not found:
                assert len(self.pending) < 20, f"an unknown sequence: {self.pending[:20]!r}"
                return  # the rest is to come
            self.pending = self.pending[found.end() if found else 1:]
            if found:
                self.control(*found.groups())
            elif letter == "\r":
                self.shown.column = 0
            elif letter == "\n":
                self.shown.newline()
            else:
                assert letter >= " ", f"an unknown control character: {letter!r}"
                self.shown.put(letter)

    def control(self, private, numbers, letter):
        if private and letter in "hl":
            assert numbers in self.modes, f"an unknown mode {numbers}"
            self.modes[numbers] = letter == "h"
            if numbers == "1049":
                self.second = Screen(self.first.columns, self.first.rows) if letter == "h" else None
        elif letter == "m":
            self.colours.append(numbers)
        elif letter == "H" and not numbers:
            self.shown.row = self.shown.column = 0
        elif letter == "K" and not numbers:
            self.shown.erase_line()
        elif letter == "J" and not numbers:
            self.shown.erase_below()
        else:
            raise AssertionError(f"an unknown sequence {private}{numbers}{letter}")

    def wait_for(self, condition, what="the screen", deadline_s=DEADLINE_S):
        """Read on until condition() is truthy, between two whole frames."""
        end = time.monotonic() + deadline_s
        while self.modes["2026"] or not condition():
            assert time.monotonic() < end, f"{what} did not come within {deadline_s} s:\n{self.text()}"
            assert self.read(0.05) or condition(), f"the program ended before {what} came:\n{self.text()}"
        return self.text()

    def wait_for_text(self, pattern, deadline_s=DEADLINE_S):
        return self.wait_for(lambda: re.search(pattern, self.text()), pattern, deadline_s)

    def type(self, keys):
        os.write(self.fd, keys.encode())

    def send(self, number):
        os.kill(self.pid, number)

    def echoes(self):
        return bool(termios.tcgetattr(self.fd)[3] & termios.ECHO)

    def wait(self):
        """Its exit code, with all read that it wrote."""
        end = time.monotonic() + DEADLINE_S
        while self.read(0.05):
            assert time.monotonic() < end, f"it did not end:\n{self.text()}"
        self.code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        assert_no_sanitizer_report(self.raw)
        return self.code
