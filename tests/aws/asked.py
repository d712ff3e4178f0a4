"""Who asks the AWS of the tests for what: one request, read as far as the log and the faults need it."""
import io
import json
import re
import threading
from urllib.parse import parse_qs, parse_qsl

import botocore.exceptions
import botocore.session


class Models:
    """Which operation a REST request is, by the service models of botocore."""

    #: Signing names that are not the model's name.
    NAMES = {"elasticfilesystem": "efs", "es": "opensearch"}

    def __init__(self):
        self.session = botocore.session.Session()
        self.tables = {}
        self.lock = threading.Lock()

    def table(self, service):
        with self.lock:
            if service not in self.tables:
                self.tables[service] = list(self.read(self.NAMES.get(service, service)))
            return self.tables[service]

    def read(self, service):
        try:
            model = self.session.get_service_model(service)
        except botocore.exceptions.UnknownServiceError:
            return
        for name in model.operation_names:
            http = model.operation_model(name).http
            path, _, query = http["requestUri"].partition("?")
            # What stands in a path has come decoded, and an ARN has slashes of its own.
            part = lambda blank: ".+" if blank[1].lower().endswith("arn") else "[^/]+"
            pattern = re.sub(r"\\{\w+\\\+\\}", ".+", re.sub(r"\\{(\w+)\\}", part, re.escape(path)))
            pattern = re.sub(r"\{[^}]*\\?\+\\?\}", ".+", pattern)
            literals = [part for part in path.split("/") if part and not part.startswith("{")]
            wanted = parse_qsl(query, keep_blank_values=True)
            yield http["method"], re.compile(pattern.rstrip("/") + "/?$"), wanted, (len(wanted), len(literals)), name

    def operation(self, service, method, path, query):
        given = parse_qs(query, keep_blank_values=True)
        best = None
        for verb, pattern, wanted, weight, name in self.table(service):
            fits = verb == method and pattern.match(path)
            if fits and all(given.get(key, [None])[0] == value for key, value in wanted):
                if best is None or weight > best[0]:
                    best = weight, name
        return best[1] if best else f"{method} {path}"


MODELS = Models()


class Asked:
    """One request: who, in which region, which operation of which service."""

    def __init__(self, environ):
        self.key = self.region = self.service = None
        scope = re.search(r"Credential=([^,\s]+)", environ.get("HTTP_AUTHORIZATION", ""))
        if scope and scope[1].count("/") == 4:
            self.key, _, self.region, self.service, _ = scope[1].split("/")
        self.host = environ.get("HTTP_HOST", "")
        self.tls = environ["wsgi.url_scheme"] == "https"
        self.method = environ["REQUEST_METHOD"]
        self.path = environ.get("PATH_INFO", "")
        self.agent = environ.get("HTTP_USER_AGENT", "")
        self.body, self.whole = b"", True
        if environ.get("CONTENT_LENGTH"):
            wanted = int(environ["CONTENT_LENGTH"])
            self.body = environ["wsgi.input"].read(wanted)
            self.whole = len(self.body) == wanted
            environ["wsgi.input"] = io.BytesIO(self.body)
        target = environ.get("HTTP_X_AMZ_TARGET", "")
        form = environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded")
        action = parse_qs(self.body.decode("latin-1")).get("Action") if form else None
        if target:
            self.protocol, self.operation = "json", target.rpartition(".")[2]
        elif action:
            self.protocol, self.operation = "ec2" if self.service == "ec2" else "query", action[0]
        else:
            self.protocol = {"s3": "s3", "route53": "query", "cloudfront": "query"}.get(self.service, "rest-json")
            path = self.path
            bucket = re.match(r"(.+)\.s3[.-][a-z0-9-]*\.?amazonaws\.com", self.host)
            if bucket:
                path = f"/{bucket[1]}{path}"
            self.operation = MODELS.operation(self.service or "s3", self.method, path, environ.get("QUERY_STRING", ""))

    def record(self):
        return {"key": self.key, "region": self.region, "service": self.service, "operation": self.operation,
                "host": self.host, "tls": self.tls, "agent": self.agent}

    def refusal(self, code, message, status):
        """The status line, headers and body of an error in this request's protocol."""
        if self.protocol == "json":
            kind, body = "application/x-amz-json-1.1", json.dumps({"__type": code, "message": message})
        elif self.protocol == "rest-json":
            kind, body = "application/json", json.dumps({"message": message})
        else:
            error = f"<Code>{code}</Code><Message>{message}</Message>"
            body = {
                "s3": f"<Error>{error}</Error>",
                "ec2": f"<Response><Errors><Error>{error}</Error></Errors><RequestID>0</RequestID></Response>",
                "query": f"<ErrorResponse><Error><Type>Sender</Type>{error}</Error><RequestId>0</RequestId></ErrorResponse>",
            }[self.protocol]
            kind = "text/xml"
        if self.method == "HEAD":
            body = ""
        headers = [("Content-Type", kind), ("Content-Length", str(len(body.encode()))), ("x-amzn-errortype", code),
                   ("x-amzn-requestid", "0")]
        return f"{status} Refused", headers, body.encode()
