#!/usr/bin/env python3
"""AWS for the tests: moto with its additions, on loopback, for as long as standard input is open.

    server.py DIR            one AWS (DIR goes with it; needs `pip install 'moto[server]==5.2.5'`)
    server.py DIR --worlds   an AWS of its own, forked in a moment, for everybody who connects to DIR/socket, for as
                             long as the connection stays

One port of 127.0.0.1 is three things:

  an endpoint   AWS_ENDPOINT_URL=http://127.0.0.1:PORT
  a proxy       HTTPS_PROXY=http://127.0.0.1:PORT AWS_CA_BUNDLE=DIR/ca.pem: the CLI speaks to the real host names, TLS
                ends here, and no request goes on
  a control     POST /control/NAME with a JSON object; see the functions of the class `Control`

It has the accounts of `ACCOUNTS` and says what it is in one line of JSON on standard output, or on the connection, when
it can be asked.
"""
import ctypes
import datetime
import fnmatch
import gc
import importlib.util
import json
import os
import select
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
import traceback
from pathlib import Path

os.environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")
for name in [name for name in os.environ if name.startswith("AWS_") or name.upper().endswith("_PROXY")]:
    os.environ.pop(name)

import boto3  # noqa: E402  (after its environment)
import botocore.exceptions  # noqa: E402
from moto.cloudformation.models import cloudformation_backends  # noqa: E402
from moto.core.utils import utcnow  # noqa: E402
from moto.iam.models import iam_backends  # noqa: E402
from moto.moto_api._internal import mock_random  # noqa: E402
from moto.moto_server.werkzeug_app import (  # noqa: E402
    DomainDispatcherApplication, MotoRequestHandler, create_backend_app)
from werkzeug.serving import make_server  # noqa: E402

import additions  # noqa: E402
from asked import MODELS, Asked  # noqa: E402
import authority  # noqa: E402
import kept_models  # noqa: E402

ACCOUNTS = [
    {"name": "prod", "account": "111111111111", "alias": "acme-prod", "region": "eu-west-1"},
    {"name": "staging", "account": "222222222222", "alias": "acme-staging", "region": "us-east-1"},
    # Without an alias: its id is all there is to type, and nothing in its name says what it is.
    {"name": "play", "account": "333333333333", "alias": None, "region": "eu-west-1"},
]
ROLES = ["Admin", "boot"]
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]})


# ------------------------------------------------------------------------------------------------ the application

#: What a service that moto does not have answers: a Recycle Bin without rules. Without it the CLI waits for an answer.
ANSWERS = {("rbin", "ListRules"): {"Rules": []}}


class Application:
    """moto behind a log, a list of faults and the control."""

    def __init__(self):
        self.moto = DomainDispatcherApplication(create_backend_app)
        self.lock = threading.Lock()
        self.log, self.faults = [], []
        self.control = None

    def __call__(self, environ, start_response):
        if environ.get("PATH_INFO", "").startswith("/control/"):
            return self.controlled(environ, start_response)
        asked = Asked(environ)
        if not asked.whole:
            # Whoever asked was ended in the middle: AWS has not been asked for anything.
            start_response("400 Cut Off", [("Content-Length", "0")])
            return [b""]
        with self.lock:
            self.log.append(asked.record())
            fault = next((fault for fault in self.faults if fits(fault, asked)), None)
            if fault and "times" in fault:
                fault["times"] -= 1
        if fault:
            time.sleep(fault.get("delay", 0))
            if "code" in fault:
                status, headers, body = asked.refusal(fault["code"], fault.get("message", ""), fault.get("status", 400))
                start_response(status, headers)
                return [body]
        if (asked.service, asked.operation) in ANSWERS:
            body = json.dumps(ANSWERS[asked.service, asked.operation]).encode()
            start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
            return [body]
        return self.moto(environ, start_response)

    def controlled(self, environ, start_response):
        length = int(environ.get("CONTENT_LENGTH") or 0)
        given = json.loads(environ["wsgi.input"].read(length) or b"{}")
        try:
            method = getattr(self.control, environ["PATH_INFO"].removeprefix("/control/"))
            status, answer = "200 OK", method(**given)
        except botocore.exceptions.ClientError as error:
            status, answer = "400 Refused", error.response.get("Error", {})
        except Exception:  # a test shows whatever it is
            status, answer = "500 Failed", {"Message": traceback.format_exc()}
        body = json.dumps(answer, default=str).encode()
        start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]


def fits(fault, asked):
    if fault.get("key") not in (None, asked.key) or fault.get("times") == 0:
        return False
    return all(fnmatch.fnmatchcase(have or "", fault.get(name, "*"))
               for name, have in [("service", asked.service), ("operation", asked.operation)])


class Control:
    """What a test may ask of the server besides AWS itself. Every method is `POST /control/METHOD`."""

    def __init__(self, application, port):
        self.application, self.port = application, port
        self.clients, self.lock = {}, threading.Lock()

    def key(self, account, user):
        """A new user of this account and its access key, so that one test's faults and log are its own."""
        iam = iam_backends[account]["aws"]
        if user not in iam.users:
            iam.create_user("us-east-1", user)
        made = iam.create_access_key(user)
        return {"account": account, "user": user, "key": made.access_key_id, "secret": made.secret_access_key}

    def call(self, account, region, service, method, args=None):
        """One call of boto3 as the account's `boot` role; the answer without its metadata."""
        answer = getattr(self.client(account, region, service), method)(**(args or {}))
        answer.pop("ResponseMetadata", None)
        for name, value in answer.items():
            if hasattr(value, "read"):
                answer[name] = value.read().decode("utf-8", "replace")
        return answer

    def calls(self, account, region, list):
        """Several: [[service, method, args], …]."""
        return [self.call(account, region, *each) for each in list]

    def client(self, account, region, service):
        with self.lock:
            found = self.clients.get((account, region, service))
            if not found:
                where = {"endpoint_url": f"http://127.0.0.1:{self.port}"}
                sts = boto3.client("sts", region_name="us-east-1", aws_access_key_id="boot", aws_secret_access_key="boot", **where)
                made = sts.assume_role(RoleArn=f"arn:aws:iam::{account}:role/boot", RoleSessionName="boot")["Credentials"]
                found = boto3.client(
                    service, region_name=region, aws_access_key_id=made["AccessKeyId"],
                    aws_secret_access_key=made["SecretAccessKey"], aws_session_token=made["SessionToken"], **where)
                self.clients[account, region, service] = found
            return found

    def fault(self, **fault):
        """Refuse or delay what fits: key, service, operation (patterns); delay, code, message, status; times."""
        with self.application.lock:
            self.application.faults.append(fault)

    def mend(self, key=None):
        """Take back the faults of this key, or all."""
        with self.application.lock:
            self.application.faults = [f for f in self.application.faults if key is not None and f.get("key") != key]

    def log(self, key=None):
        """Every request so far, or those made with this access key."""
        with self.application.lock:
            return [entry for entry in self.application.log if key in (None, entry["key"])]

    def seed(self, text):
        """From here on the same requests make the same ids and keys."""
        mock_random.seed(text)

    def age(self, account, region, stack, days):
        """Let this stack, and those nested in it, be so many days old."""
        then = utcnow() - datetime.timedelta(days=days)
        aged = 0
        for found in cloudformation_backends[account][region].stacks.values():
            if found.name == stack or stack in getattr(found, "root_id", "").split("/"):
                found.creation_time = then
                aged += 1
        return aged


# ------------------------------------------------------------------------------------------------ HTTP

class Handler(MotoRequestHandler):
    """Requests as they are, and tunnels that end here."""

    protocol_version = "HTTP/1.1"
    authority = None

    def do_CONNECT(self):
        host = self.path.rpartition(":")[0]
        self.send_response_only(200, "Connection established")
        self.end_headers()
        self.wfile.flush()
        try:
            self.connection = self.authority.context(host).wrap_socket(self.connection, server_side=True)
        except OSError:
            self.close_connection = True
            return
        self.rfile = self.connection.makefile("rb", self.rbufsize)
        self.wfile = self.connection.makefile("wb", 0)
        self.close_connection = False

    def make_environ(self):
        environ = super().make_environ()
        if hasattr(self.connection, "context"):
            environ["wsgi.url_scheme"] = "https"
        return environ

    def log_request(self, *_):
        """Nothing: the control has the log."""

    log = log_message = log_error = log_request


def world(authority, say):
    """Starts one AWS in threads of this process and says where it is."""
    application = Application()
    Handler.authority = authority
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=Handler)
    server.daemon_threads = True
    port = server.server_address[1]
    os.environ["MOTO_PORT"] = str(port)
    application.control = Control(application, port)
    people = []
    for account in ACCOUNTS:
        iam = iam_backends[account["account"]]["aws"]
        if account["alias"]:
            iam.create_account_alias(account["alias"])
        for role in ROLES:
            iam.create_role(role, TRUST, "/", None, "", [], 3600)
        additions.account_names[account["account"]] = account["alias"] or account["name"]
        people.append(account | application.control.key(account["account"], "alice"))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    say(json.dumps({"port": port, "ca": str(authority.root_file), "accounts": people}) + "\n")


def worlds(directory, authority):
    """Forks an AWS for every connection, until standard input ends."""
    kept_models.keep()
    for service in ["awslambda", *(name.replace("-", "") for name in kept_models.SERVICES)]:
        if importlib.util.find_spec(f"moto.{service}"):
            importlib.import_module(f"moto.{service}.urls")
    for service in "s3", "lambda", "eks", "efs", "route53", "opensearch":
        MODELS.table(service)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(directory / "socket.new"))
    listener.listen(64)
    os.rename(directory / "socket.new", directory / "socket")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    gc.collect()
    gc.freeze()
    us = os.getpid()
    while True:
        if 0 in select.select([0, listener], [], [])[0]:
            return
        connection, _ = listener.accept()
        if len(os.listdir("/proc/self/task")) != 1:
            sys.exit("a process with threads cannot fork worlds")
        if os.fork() == 0:
            ctypes.CDLL(None).prctl(1, signal.SIGKILL)
            if os.getppid() != us:
                os._exit(0)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            listener.close()
            mock_random.seed()
            own = tempfile.TemporaryDirectory(prefix="world-", dir=directory)
            world(authority.elsewhere(Path(own.name)), lambda text: connection.sendall(text.encode()))
            connection.recv(1)
            own.cleanup()
            os._exit(0)
        connection.close()


def main():
    directory = Path(sys.argv[1])
    directory.mkdir(exist_ok=True)
    whole = authority.Authority(directory)
    if sys.argv[2:] == ["--worlds"]:
        worlds(directory, whole)
    else:
        world(whole, lambda text: print(text, end="", flush=True))
        # The starter holds the other end; however it ends, so does this.
        sys.stdin.buffer.read()
    shutil.rmtree(directory, ignore_errors=True)
    os._exit(0)


if __name__ == "__main__":
    main()
