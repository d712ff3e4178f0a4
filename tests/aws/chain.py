"""Says where commands of the AWS CLI would go, by running the CLI's own code in many made-up worlds.

One JSON object a line in: {"id", "env", "cwd", "argv", "sso"}; one a line out: {"id", "profile", "region", "url", "key",
"method", "error"}. Every world runs in a child of its own. No request leaves the process: the one function through which
the CLI sends anything answers for the services that hand out credentials, and stops at the first request of the
command itself.

With the argument `tables` it prints one line instead: the variable of every service's endpoint, and the regions in which
version 1 knows better.
"""

import gc
import getpass
import hashlib
import io
import json
import os
import re
import sys

for name in [n for n in os.environ if n.startswith("AWS_")]:
    del os.environ[name]

import awscli.clidriver  # noqa: E402

# The CLI carries its own botocore and puts it in the place of any other.
import botocore.awsrequest as awsrequest  # noqa: E402
import botocore.credentials as credentials  # noqa: E402
import botocore.httpsession as httpsession  # noqa: E402
import botocore.loaders as loaders  # noqa: E402
import botocore.session as sessions  # noqa: E402
import botocore.tokens as tokens  # noqa: E402
import awscli.alias  # noqa: E402
import awscli.customizations.assumerole as assumerole  # noqa: E402

DATA_PATH = os.environ.get("AWS_DATA_PATH")
FAR = "2099-01-01T00:00:00Z"
ROLE = """<R xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{0}Result><Credentials>
<AccessKeyId>ASIAROLEROLEROLEROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey>
<SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>
<AssumedRoleUser><Arn>arn:aws:sts::333333333333:assumed-role/x/y</Arn><AssumedRoleId>A:y</AssumedRoleId></AssumedRoleUser>
</{0}Result><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></R>"""
KEYS = {"Code": "Success", "AccessKeyId": "ASIAMETADATAMETADATA", "SecretAccessKey": "s", "Token": "t", "Expiration": FAR}


class Raw(io.BytesIO):
    def stream(self, **kwargs):
        yield self.read()


def text(body):
    body = body.read() if hasattr(body, "read") else body
    return body.decode("utf-8", "replace") if isinstance(body, bytes) else str(body or "")


def answer(request, body, status=200):
    body = body if isinstance(body, str) else json.dumps(body)
    return awsrequest.AWSResponse(request.url, status, {}, Raw(body.encode()))


def run(world, out):
    env = dict(world["env"])
    os.environ.clear()
    os.environ.update(env)
    if DATA_PATH:
        os.environ.setdefault("AWS_DATA_PATH", DATA_PATH)
    os.chdir(world["cwd"])
    # The CLI works these out when it is loaded.
    home = os.path.expanduser("~")
    assumerole.CACHE_DIR = os.path.join(home, ".aws/cli/cache")
    for provider in (credentials.SSOProvider, tokens.SSOTokenProvider):
        provider._SSO_TOKEN_CACHE_DIR = os.path.join(home, ".aws/sso/cache")
    awscli.alias.AliasLoader.__init__.__defaults__ = (os.path.join(home, ".aws/cli/alias"),)
    prompter = (lambda *a, **k: "123456",)
    names = credentials.AssumeRoleProvider.__init__
    names.__defaults__ = tuple(prompter[0] if d is getpass.getpass else d for d in names.__defaults__)
    for token in world.get("sso", []):
        place = os.path.join(home, ".aws/sso/cache")
        os.makedirs(place, exist_ok=True)
        name = hashlib.sha1(token["key"].encode()).hexdigest()
        with open(os.path.join(place, name + ".json"), "w") as f:
            json.dump({"startUrl": token["url"], "region": "eu-west-1", "accessToken": "t", "expiresAt": FAR}, f)
    errors = io.StringIO()
    sys.stderr = errors
    sys.stdout = io.StringIO()
    driver = awscli.clidriver.create_clidriver
    state = {"key": None, "driver": None}

    def send(self, request):
        url, body = request.url, text(request.body)
        authorization = text(request.headers.get("Authorization"))
        found = re.search(r"Credential=([^/]+)/\d+/([^/]*)/", authorization)
        key = found and found.group(1)
        if "169.254.169.254" in url:
            if url.endswith("/latest/api/token"):
                return answer(request, "token")
            if "availability-zone" in url:
                return answer(request, "eu-north-1a")
            return answer(request, KEYS if url.endswith("/role") else "role")
        if "/container" in url:
            return answer(request, KEYS)
        for action in ("AssumeRoleWithWebIdentity", "AssumeRole"):
            if "Action=" + action + "&" in body + "&":
                state["key"] = state["key"] or key
                return answer(request, ROLE.format(action))
        if "/federation/credentials" in url:
            keys = {"accessKeyId": "ASIASSOSSOSSOSSOSSOS", "secretAccessKey": "s", "sessionToken": "t"}
            return answer(request, {"roleCredentials": dict(keys, expiration=4070908800000)})
        session = state["driver"].session
        method = None
        if found:
            method = session.get_credentials().method
        finish(
            profile=session.get_config_variable("profile"),
            region=session.get_config_variable("region"),
            signed=found and found.group(2),
            url=url,
            key=state["key"] or key,
            method=method,
            error=None,
        )

    def finish(**fields):
        out.write((json.dumps(dict(fields, id=world["id"])) + "\n").encode())
        out.flush()
        os._exit(0)

    httpsession.URLLib3Session.send = send
    code = None
    try:
        state["driver"] = driver()
        code = state["driver"].main(world["argv"])
    except SystemExit as e:
        code = e.code
    except Exception as e:
        errors.write(repr(e))
    finish(error="%s %s" % (code, errors.getvalue().strip()[-400:]))


def load(services):
    """Reads the models once for all children."""
    loader = loaders.create_loader(DATA_PATH)
    sessions.create_loader = lambda *a, **k: loader
    session = sessions.get_session()
    for service in services & set(session.get_available_services()):
        session.create_client(service, region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="y")


def tables():
    import botocore.utils as utils

    try:
        from awscli.customizations.overridesslcommonname import SSL_COMMON_NAMES as fixed
    except ImportError:
        fixed = {}
    commands = awscli.clidriver.create_clidriver()._get_command_table()
    names = {word: getattr(command, "_service_name", None) for word, command in commands.items()}
    overrides = utils.CLIENT_NAME_TO_HYPHENIZED_SERVICE_ID_OVERRIDES
    ids = {word: overrides.get(name, name).replace("-", "_").upper() for word, name in names.items() if name}
    print(json.dumps({"ids": ids, "fixed": {service: sorted(regions) for service, regions in fixed.items()}}))


def main():
    if sys.argv[1:] == ["tables"]:
        return tables()
    out = os.fdopen(os.dup(1), "wb")
    worlds = [json.loads(line) for line in sys.stdin]
    renamed = {"s3api": "s3", "deploy": "codedeploy", "configservice": "config"}
    load({renamed.get(w, w) for world in worlds for w in world["argv"]} | {"sts"})
    if "distro" in sys.modules:
        # What the machine is stays the same; it is asked with a program.
        sys.modules["distro"].version()
    gc.collect()
    gc.freeze()
    for world in worlds:
        child = os.fork()
        if child == 0:
            sys.stdin = open(os.devnull)
            # Prompts would be asked there.
            os.setsid()
            run(world, out)
        os.waitpid(child, 0)


main()
