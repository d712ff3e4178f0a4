"""Reads command lines with the AWS CLI's own parsers and says what it would send, without sending anything.

    PYTHON tests/aws/read-words.py <LINES >ANSWERS

PYTHON is one that can import the awscli. Each line of input is a JSON list of the words after `aws`; each line of output
is a JSON object: `service`, `operation` (as the CLI names them), `given` (the operation's options in force, by name),
`dry` (the request or the command is a dry run) - or `end` alone: `refused`, `help`, `version`, `skeleton`.
"""
import contextlib
import io
import json
import os
import sys
import tempfile

HOME = tempfile.mkdtemp()
os.environ.update(HOME=HOME, AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull, AWS_PAGER='',
                  AWS_DEFAULT_REGION='us-east-1', AWS_ACCESS_KEY_ID='x', AWS_SECRET_ACCESS_KEY='y',
                  AWS_EC2_METADATA_DISABLED='true', HTTPS_PROXY='http://127.0.0.1:9', HTTP_PROXY='http://127.0.0.1:9')

import awscli.arguments as arguments
import awscli.clidriver as clidriver
from awscli.customizations import commands, generatecliskeleton
from awscli.help import HelpCommand, ServiceHelpCommand


class Seen(Exception):
    """What the CLI has understood; ends the command."""


def given(parsed_args, arg_table):
    out = {}
    for name, argument in arg_table.items():
        value = getattr(parsed_args, getattr(argument, '_dest', None) or argument.py_name, None)
        if value is not None and not argument.positional_arg:
            out[name] = value
    return out


def invoke(self, service_name, operation_name, parameters, parsed_globals):
    raise Seen({'dry': parameters.get('DryRun') is True, 'parameters': parameters})


clidriver.CLIOperationCaller.invoke = invoke

# Which options an operation insists on is not the question.
for kind in (arguments.CLIArgument, arguments.CustomArgument):
    kind.required = property(lambda self: False, lambda self, value: None)


def custom_add(self, parser, original=arguments.CustomArgument.add_to_parser):
    self._required = False if self._required is not None else None
    return original(self, parser)


arguments.CustomArgument.add_to_parser = custom_add

# Values are not looked at: only which option they belong to.
original_build = clidriver.ServiceOperation._build_call_parameters


def build(self, args, arg_table, *rest):
    STATE['given'] = {}
    for name, argument in arg_table.items():
        value = getattr(args, getattr(argument, '_dest', None) or argument.py_name, None)
        if value is not None:
            STATE['given'][name] = value
    out = {}
    for name, argument in arg_table.items():
        if getattr(argument, '_serialized_name', '') == 'DryRun' and argument.py_name in vars(args):
            value = getattr(args, argument.py_name)
            if value is not None:
                out['DryRun'] = value
    return out


clidriver.ServiceOperation._build_call_parameters = build
original_call = clidriver.ServiceOperation.__call__


def call(self, args, parsed_globals):
    STATE['operation'] = ' '.join(self.lineage_names[1:])
    STATE['service'] = self.lineage_names[0]
    return original_call(self, args, parsed_globals)


clidriver.ServiceOperation.__call__ = call


def skeleton(self, call_parameters, parsed_args, parsed_globals, **kwargs):
    if getattr(parsed_args, 'generate_cli_skeleton', None):
        raise Seen({'end': 'skeleton'})


generatecliskeleton.GenerateCliSkeletonArgument.generate_json_skeleton = skeleton


def helped(self, *args, **kwargs):
    raise Seen({'end': 'help'})


HelpCommand.__call__ = helped
ServiceHelpCommand.__call__ = helped
commands.BasicHelp.__call__ = helped

from awscli.customizations.s3 import subcommands


def s3(self, parsed_args, parsed_globals):
    out = given(parsed_args, self.arg_table)
    paths = getattr(parsed_args, 'paths', None) or getattr(parsed_args, 'path', None) or []
    raise Seen({'service': 's3', 'operation': self.NAME, 'given': out, 'dry': bool(out.get('dryrun')),
                'paths': [paths] if isinstance(paths, str) else list(paths)})


for name in dir(subcommands):
    command = getattr(subcommands, name)
    if isinstance(command, type) and '_run_main' in vars(command) and issubclass(command, subcommands.S3Command):
        command._run_main = s3

STATE = {}

# What global options do to the session would stay for the next line.
clidriver.CLIDriver._handle_top_level_args = lambda self, *args: None
clidriver.CLIDriver._emit_session_event = lambda self, *args: None


class Passing:
    """In the place of version 2's handlers of errors."""

    @staticmethod
    def handle_exception(error, *args, **kwargs):
        raise error


DRIVER = clidriver.create_clidriver()
if hasattr(DRIVER, '_error_handler'):
    DRIVER._error_handler = Passing()


def write_exception(error, *args, **kwargs):  # version 1 ends here whatever goes wrong
    STATE['error'] = error


clidriver.write_exception = write_exception


def read(words):
    STATE.clear()
    try:
        code = DRIVER.main(words)
        if 'error' in STATE:
            raise STATE['error']
    except Seen as seen:
        return seen.args[0]
    except SystemExit as ended:
        code = ended.code
    except BaseException as error:
        return {'end': 'refused', 'why': type(error).__name__ + ': ' + str(error)[:80]}
    return {'end': 'refused' if code else 'version'}


def plain(value):
    return value if isinstance(value, (str, int, float, bool, list, type(None))) else str(value)


for line in sys.stdin:
    words = json.loads(line)
    with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
        answer = dict(read(words))
    if 'end' not in answer:
        answer.setdefault('service', STATE.get('service'))
        answer.setdefault('operation', STATE.get('operation'))
        answer.setdefault('given', STATE.get('given'))
        answer.pop('parameters', None)
        answer['given'] = {name: plain(value) for name, value in (answer['given'] or {}).items()}
    print(json.dumps(answer), flush=True)
