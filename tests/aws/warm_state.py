"""What the forks of a warm CLI begin with: its modules and models, and what in them depends on who starts it."""
import gc
import importlib
import os
import pathlib
import sys
import types

import kept_models

#: Stands for the person's home in whatever is worked out while modules are loaded.
MARK = "/home-of-the-warm-cli"
#: What the interpreter and the C library read before any code of the CLI runs.
EARLY = ("PYTHON", "LC_", "LANG", "LD_", "MALLOC_", "GLIBC_", "OPENSSL_")


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
