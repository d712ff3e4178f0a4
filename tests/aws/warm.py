"""A warm AWS CLI: a Python that has read the CLI's code and models once and forks for every command.

    PYTHON tests/aws/warm.py DIR CLI

CLI is the program `aws`, PYTHON the one in its first line. `DIR/aws` is then a program like it (`client.rs`): it hands
its words, variables, directory, descriptors and signals to this process, whose fork takes all of them on and runs the
CLI's own script. So nothing is left over from one command to the next, and the module state is that of a fresh start.

What only a fresh start can decide (Python's own variables, the locale, descriptors that are closed, any variable that
the CLI's modules read while they are loaded) starts the real CLI instead. `DIR/starts` has a line for each of either.

Says `ready` on standard output and lives as long as its standard input is open; DIR goes with it.
"""
import atexit
import ctypes
import fcntl
import gc
import hashlib
import io
import os
import pathlib
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
import types

from warm_state import MARK, Warm

HERE = os.path.dirname(os.path.abspath(__file__))


def end_with_starter():
    """Whatever happens to the process that forked or started this one, this one goes too."""
    ctypes.CDLL(None, use_errno=True).prctl(1, signal.SIGKILL)


# ------------------------------------------------------------------------------------------------ one command

class Start:
    """How somebody started the CLI."""

    def __init__(self, connection):
        head, fds, _, _ = socket.recv_fds(connection, 4, 250)
        self.received = fds
        try:
            self.read(connection, head, fds)
        except BaseException:
            self.close()
            raise

    def read(self, connection, head, fds):
        wanted, body = int.from_bytes(head, "little"), b""
        # Not a byte more: what follows are signals.
        while len(body) < wanted:
            more = connection.recv(wanted - len(body))
            if not more:
                raise ValueError("killed while it was starting")
            body += more
        ignored, blocked, umask, names, count, *rest = body.split(b"\0")
        self.ignored, self.blocked, self.umask = int(ignored, 16), int(blocked, 16), int(umask, 8)
        names = names.decode().split(",")
        self.fds = {int(name): fd for name, fd in zip(names, fds) if name.isdigit()}
        self.cwd = fds[names.index("cwd")]
        self.tty = fds[names.index("tty")] if "tty" in names else None
        self.argv, rest = rest[:int(count)], rest[int(count):]
        self.env = {os.fsdecode(name): os.fsdecode(value) for name, mark, value in
                    (entry.partition(b"=") for entry in reversed(rest)) if mark}

    def close(self):
        for fd in self.received:
            os.close(fd)

    def take_on(self, warm):
        """Makes this process what it would be after such a start."""
        os.setpgid(0, 0)
        os.fchdir(self.cwd)
        os.umask(self.umask)
        # Out of the way of the numbers that they get, which may be those that they have.
        high = {name: fcntl.fcntl(fd, fcntl.F_DUPFD, 600) for name, fd in self.fds.items()}
        tty = None if self.tty is None else fcntl.fcntl(self.tty, fcntl.F_DUPFD_CLOEXEC, 600)
        os.closerange(0, 600)
        for name, fd in high.items():
            os.dup2(fd, name, inheritable=True)
            os.close(fd)
        os.environ.clear()
        os.environ.update(self.env)
        for name, value in warm.added.items():
            os.environ[name] = value
        time.tzset()
        for number in range(1, 32):
            if number not in (signal.SIGKILL, signal.SIGSTOP, signal.SIGPIPE, signal.SIGXFSZ):
                kept = signal.SIG_IGN if self.ignored >> number - 1 & 1 else signal.SIG_DFL
                if number == signal.SIGINT and kept == signal.SIG_DFL:
                    kept = signal.default_int_handler
                signal.signal(number, kept)
        signal.pthread_sigmask(signal.SIG_SETMASK, [n for n in range(1, 65) if self.blocked >> n - 1 & 1])
        streams()
        for function, args in warm.late:
            function(*args)
        home = os.path.expanduser("~")
        for put in warm.places:
            put(home)
        if tty is not None:
            terminal(tty)
        sys.argv = [os.fsdecode(word) for word in self.argv]


def streams():
    """Standard input, output and errors as the interpreter makes them."""
    for fd, name, mode in (0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w"):
        old = getattr(sys, name)
        buffer = open(fd, mode + "b", closefd=False)
        line = os.isatty(fd) or name == "stderr"
        stream = io.TextIOWrapper(buffer, old.encoding, old.errors, newline="\n", line_buffering=line)
        stream.mode = mode
        buffer.raw.name = f"<{name}>"
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def terminal(fd):
    """The caller's terminal is `/dev/tty` for this process's own code, though its session is another."""
    plain = os.open

    def opened(path, *args, **kwargs):
        return os.dup(fd) if path == "/dev/tty" else plain(path, *args, **kwargs)

    os.open = opened


def command(warm):
    """The CLI's script from its first line to the interpreter's end."""
    main = types.ModuleType("__main__")
    main.__file__ = sys.argv[0]
    sys.modules["__main__"] = main
    code = 0
    try:
        exec(warm.code, main.__dict__)
    except SystemExit as ended:
        code = ended.code
        if code is not None and not isinstance(code, int):
            print(code, file=sys.stderr)
            code = 1
    except BaseException as error:
        # Without this function's own frame.
        sys.excepthook(type(error), error, error.__traceback__.tb_next)
        code = -signal.SIGINT if isinstance(error, KeyboardInterrupt) else 1
    threading._shutdown()
    atexit._run_exitfuncs()
    for stream in sys.stdout, sys.stderr:
        try:
            stream.flush()
        except (OSError, ValueError):  # nobody reads it any more; closed
            code = code or 120
    if code == -signal.SIGINT:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    os._exit((code or 0) & 0xff)


# ------------------------------------------------------------------------------------------------ the forks

def serve(warm, listener, life, starts):
    """Forks for every connection, until the starter has ended."""
    wake, woken = socket.socketpair()
    wake.setblocking(False)
    woken.setblocking(False)
    signal.set_wakeup_fd(woken.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    waiting = select.poll()
    for fd in life, listener.fileno(), wake.fileno():
        waiting.register(fd, select.POLLIN)
    running = {}  # by descriptor: connection, pid
    while True:
        for fd, _ in waiting.poll():
            if fd == life:
                for _, pid in running.values():
                    end(pid, signal.SIGKILL)
                return
            if fd == wake.fileno():
                wake.recv(4096)
                reap(running, waiting)
            elif fd == listener.fileno():
                accept(warm, listener, waiting, running, starts)
            elif fd in running:
                connection, pid = running[fd]
                try:
                    sent = connection.recv(64)
                except OSError:
                    sent = b""
                # Whoever started it is gone, however: so is the CLI and whatever it started.
                for number in sent or [signal.SIGKILL]:
                    end(pid, number)
                if not sent:
                    waiting.unregister(fd)


def accept(warm, listener, waiting, running, starts):
    connection, _ = listener.accept()
    try:
        start = Start(connection)
    except (OSError, ValueError):  # killed while it was starting
        connection.close()
        return
    if not warm.takes(start.env, start.fds):
        answer(connection, b"C")
        start.close()
        connection.close()
        return
    if len(os.listdir("/proc/self/task")) != 1:
        sys.exit("the warm CLI has threads: its forks would not be what a start is")
    os.write(starts, b"warm\n")
    us = os.getpid()
    pid = os.fork()
    if pid == 0:
        fork(warm, start, us)
    try:
        os.setpgid(pid, pid)
    except OSError:  # it was quicker
        pass
    start.close()
    running[connection.fileno()] = connection, pid
    waiting.register(connection, select.POLLIN)


def fork(warm, start, parent):
    """The whole life of a fork: nothing of it gets back to what its parent does."""
    try:
        end_with_starter()
        if os.getppid() != parent:
            os._exit(0)
        signal.set_wakeup_fd(-1)
        start.take_on(warm)
        command(warm)
    except BaseException:
        traceback.print_exc()
    os._exit(70)


def answer(connection, what):
    try:
        connection.send(what)
    except OSError:  # nobody waits any more
        pass


def reap(running, waiting):
    for fd, (connection, pid) in list(running.items()):
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            del running[fd]
            try:
                waiting.unregister(fd)
            except KeyError:  # it is gone already
                pass
            answer(connection, b"S" + status.to_bytes(4, "little"))
            connection.close()


def end(pid, number):
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        pass


def client(directory):
    """The program that stands for the CLI, from the cache when it was built before."""
    source = os.path.join(HERE, "client.rs")
    sum = hashlib.sha256(pathlib.Path(source).read_bytes()).hexdigest()[:16]
    cache = os.environ.get("WARM_CACHE") or directory
    built = os.path.join(cache, f"aws-client-{sum}")
    if not os.path.exists(built):
        # The compiler names its other files after this one, up to a dot.
        part = os.path.join(cache, f"{os.getpid()}-aws-client")
        rustc = [os.environ.get("RUSTC") or "rustc", "--edition=2024", "--crate-name=aws_client", "-Copt-level=1"]
        subprocess.run([*rustc, source, "-o", part], check=True)
        os.rename(part, built)
    shutil.copy(built, os.path.join(directory, "aws"))


def main():
    directory, cli = sys.argv[1:]
    os.makedirs(directory, exist_ok=True)
    life, said = fcntl.fcntl(0, fcntl.F_DUPFD_CLOEXEC, 3), fcntl.fcntl(1, fcntl.F_DUPFD_CLOEXEC, 3)
    if os.getpgrp() != os.getpid():
        # Without a terminal of its own, so that no fork finds that of whoever runs the tests.
        os.setsid()
    # In a fork, as with a start, an interrupt before there is any code to hear it is the end.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    client(directory)
    os.environ.clear()
    os.environ.update(HOME=MARK, PATH="/usr/bin:/bin", LANG="C.UTF-8")
    warm = Warm(cli)
    os.symlink(cli, os.path.join(directory, "real"))
    starts = os.open(os.path.join(directory, "starts"), os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(os.path.join(directory, "socket"))
    listener.listen(64)
    gc.collect()
    gc.freeze()
    os.write(said, b"ready\n")
    os.close(said)
    try:
        serve(warm, listener, life, starts)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


main()
