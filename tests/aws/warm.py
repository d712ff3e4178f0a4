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
import importlib
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
import types

import kept_models

HERE = os.path.dirname(os.path.abspath(__file__))
#: Stands for the person's home in whatever is worked out while modules are loaded.
MARK = "/home-of-the-warm-cli"
#: What the interpreter and the C library read before any code of the CLI runs.
EARLY = ("PYTHON", "LC_", "LANG", "LD_", "MALLOC_", "GLIBC_", "OPENSSL_")


def end_with_starter():
    """Whatever happens to the process that forked or started this one, this one goes too."""
    ctypes.CDLL(None, use_errno=True).prctl(1, signal.SIGKILL)


# ------------------------------------------------------------------------------------------------ before the first fork

class Warm:
    """The modules and models, and what in them depends on who starts the CLI."""

    def __init__(self, cli):
        self.script = pathlib.Path(cli).read_text()
        self.code = compile(self.script, cli, "exec")
        self.start = dict(os.environ)
        self.read = set()
        sys.path[0] = os.path.dirname(os.path.realpath(cli))
        plain = type(os.environ).__getitem__

        def noted(environ, name):
            self.read.add(name)
            return plain(environ, name)

        type(os.environ).__getitem__ = noted
        self.late = []
        self.load()
        type(os.environ).__getitem__ = plain
        self.added = {name: value for name, value in os.environ.items() if self.start.get(name) != value}
        kept_models.keep()
        if "distro" in sys.modules:
            # What the machine is stays the same; it is asked with a program.
            sys.modules["distro"].version()
        self.places = list(places())

    def load(self):
        """Every module that a command has loaded at its end."""
        try:
            import awscrt.io as native
        except ImportError:
            native = None
        else:
            # Version 2 starts a thread with this when it is loaded, and no thread survives a fork.
            start = native.init_logging
            native.init_logging = lambda *args: self.late.append((start, args))
        import awscli.clidriver  # noqa: F401
        for name in rehearsed():
            try:
                importlib.import_module(name)
            except ImportError:  # made at run time
                pass
        if native:
            native.init_logging = start

    def takes(self, env, fds):
        """Whether a fork can be what a start with these variables and descriptors would be."""
        early = {name for name in [*env, *self.start] if name.startswith(EARLY)}
        decided = early | (self.read - {"HOME"} - set(self.added))
        added = any(env.get(name) not in (None, self.start.get(name)) for name in self.added)
        return {0, 1, 2} <= set(fds) and not added and all(env.get(n) == self.start.get(n) for n in decided)


def rehearsed():
    """The names of the modules that commands load, from forks that run some against a closed port."""
    lines = [["sts", "get-caller-identity", "--query", "a"], ["s3", "rm", "s3://b/k"], ["sts", "nothing"]]
    names = set()
    for words in lines:
        ours, theirs = os.pipe()
        child = os.fork()
        if child == 0:
            null = os.open(os.devnull, os.O_RDWR)
            for fd in 0, 1, 2:
                os.dup2(null, fd)
            os.environ.update(AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="y", AWS_DEFAULT_REGION="eu-west-1",
                              AWS_MAX_ATTEMPTS="1", AWS_ENDPOINT_URL="http://127.0.0.1:9", AWS_PAGER="",
                              AWS_EC2_METADATA_DISABLED="true")
            try:
                import awscli.clidriver
                awscli.clidriver.create_clidriver().main(words)
            except BaseException:  # whatever: the modules are loaded
                pass
            os.write(theirs, "\n".join(sys.modules).encode())
            os._exit(0)
        os.close(theirs)
        with open(ours) as told:
            names.update(told.read().split("\n"))
        os.waitpid(child, 0)
    return sorted(name for name in names if name not in sys.modules and not name.startswith("__"))


def places():
    """Where the mark or a standard stream has been kept: functions that put something else there."""
    streams = {id(sys.stdin): "stdin", id(sys.stdout): "stdout", id(sys.stderr): "stderr"}

    def depends(value):
        if isinstance(value, str):
            return MARK in value
        return isinstance(value, pathlib.PurePath) and MARK in str(value) or id(value) in streams

    def fresh(value, home):
        if isinstance(value, str):
            return value.replace(MARK, home)
        return getattr(sys, streams[id(value)]) if id(value) in streams else type(value)(str(value).replace(MARK, home))

    def entry(holder, key, value):
        return lambda home: holder.__setitem__(key, fresh(value, home))

    def attribute(holder, key, value):
        return lambda home: setattr(holder, key, fresh(value, home))

    def defaults(function, values):
        return lambda home: setattr(function, "__defaults__", tuple(fresh(v, home) if depends(v) else v for v in values))

    own = {id(globals()), id(os.environ._data), id(vars(sys))}
    everything = gc.get_objects()
    for holder in everything:
        if isinstance(holder, type):
            for key, value in list(vars(holder).items()):
                if depends(value):
                    yield attribute(holder, key, value)
        elif isinstance(holder, types.FunctionType):
            if any(depends(value) for value in holder.__defaults__ or ()):
                yield defaults(holder, holder.__defaults__)
            for key, value in (holder.__kwdefaults__ or {}).items():
                if depends(value):
                    yield entry(holder.__kwdefaults__, key, value)
        elif isinstance(holder, dict) and id(holder) not in own:
            for key, value in list(holder.items()):
                if depends(value):
                    yield entry(holder, key, value)
        elif isinstance(holder, list) and holder is not everything:
            for key, value in enumerate(holder):
                if depends(value):
                    yield entry(holder, key, value)


# ------------------------------------------------------------------------------------------------ one command

class Start:
    """How somebody started the CLI."""

    def __init__(self, connection):
        head, fds, _, _ = socket.recv_fds(connection, 4, 250)
        self.received = fds
        body = b""
        with connection.makefile("rb") as stream:
            if len(head) == 4:
                body = stream.read(int.from_bytes(head, "little"))
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
    except KeyboardInterrupt:
        sys.excepthook(*sys.exc_info())
        code = -signal.SIGINT
    except BaseException:
        sys.excepthook(*sys.exc_info())
        code = 1
    threading._shutdown()
    atexit._run_exitfuncs()
    for stream in sys.stdout, sys.stderr:
        try:
            stream.flush()
        except OSError:
            code = code or 120
    if code == -signal.SIGINT:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    os._exit((code or 0) & 0xff)


# ------------------------------------------------------------------------------------------------ the forks

def serve(warm, listener, life, starts):
    """Forks for every connection; gives back in the fork, with its start."""
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
                return None
            if fd == wake.fileno():
                wake.recv(4096)
                reap(running, waiting)
            elif fd == listener.fileno():
                start = accept(warm, listener, waiting, running, starts)
                if start:
                    return start
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
        return None
    if not warm.takes(start.env, start.fds):
        connection.send(b"C")
        start.close()
        connection.close()
        return None
    if len(os.listdir("/proc/self/task")) != 1:
        sys.exit("the warm CLI has threads: its forks would not be what a start is")
    os.write(starts, b"warm\n")
    us = os.getpid()
    pid = os.fork()
    if pid == 0:
        end_with_starter()
        if os.getppid() != us:
            os._exit(0)
        signal.set_wakeup_fd(-1)
        start.take_on(warm)
        return start
    try:
        os.setpgid(pid, pid)
    except OSError:  # it was quicker
        pass
    start.close()
    running[connection.fileno()] = connection, pid
    waiting.register(connection, select.POLLIN)
    return None


def reap(running, waiting):
    for fd, (connection, pid) in list(running.items()):
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            del running[fd]
            try:
                waiting.unregister(fd)
                connection.send(b"S" + status.to_bytes(4, "little"))
            except (OSError, KeyError):  # nobody waits any more
                pass
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
    client(directory)
    path = os.environ.get("PATH", "")
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
        start = serve(warm, listener, life, starts)
    except BaseException:
        shutil.rmtree(directory, ignore_errors=True)
        raise
    if start:
        command(warm)
    shutil.rmtree(directory, ignore_errors=True)
    os._exit(0)


main()
