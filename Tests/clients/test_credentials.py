"""Credentials that are fetched, and endpoints whose certificate a private authority signed."""

import contextlib
import datetime
import ipaddress
import socket
import ssl
import subprocess
import threading

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

import moto_server
import support
from commands import LOG_KEY, Replicator, columns, dyad, environment, items, link
from support import BEIJING, eventually

COLUMNS = columns({"requestid": "N", "text": "S"})
ROLE = "arn:aws-cn:iam::123456789012:role/loader"


def load(table, folder, endpoint, *options, **variables):
    """`dyad load` of two rows, with these variables too; None takes one away."""
    rows = folder / "rows.csv"
    rows.write_text("1,one\n2,two\n")
    own = {**environment(), **variables}
    return subprocess.run(
        [support.binary(), "load", table, rows, "--region", BEIJING, "--endpoint", endpoint, "--columns", COLUMNS]
        + [str(option) for option in options],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env={name: value for name, value in own.items() if value is not None},
        text=True,
        timeout=60,
    )


@pytest.fixture(scope="module")
def moto():
    """The URL of another emulator, which has an STS."""
    with moto_server.moto() as server:
        yield server.url


@pytest.fixture
def assuming(tmp_path):
    """The environment of somebody whose profile assumes a role."""
    config = tmp_path / "config"
    config.write_text(
        f"[profile base]\naws_access_key_id = AKIDBASE\naws_secret_access_key = s\n"
        f"[profile loader]\nrole_arn = {ROLE}\nsource_profile = base\nduration_seconds = 900\n"
    )
    return {
        "AWS_CONFIG_FILE": str(config),
        "AWS_PROFILE": "loader",
        "AWS_ACCESS_KEY_ID": None,
        "AWS_SECRET_ACCESS_KEY": None,
    }


def test_a_profile_that_assumes_a_role_loads(moto, assuming, tmp_path):
    dynamodb = support.make_client("dynamodb", moto)
    dynamodb.create_table(TableName="roles", BillingMode="PAY_PER_REQUEST", **LOG_KEY)
    done = load("roles", tmp_path, moto, AWS_ENDPOINT_URL_STS=moto, **assuming)
    assert done.returncode == 0, done.stderr
    assert {item["text"]["S"] for item in items(dynamodb, "roles").values()} == {"one", "two"}


def test_a_role_that_cannot_be_assumed_is_one_clear_line(moto, assuming, tmp_path):
    done = load("roles", tmp_path, moto, AWS_ENDPOINT_URL_STS="http://127.0.0.1:1", **assuming)
    assert done.returncode == 1
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert f"cannot assume {ROLE}: cannot connect to http://127.0.0.1:1: connection refused" in lines[0]


def test_without_any_credentials_the_line_says_what_to_set(tmp_path):
    nothing = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}
    done = load("any", tmp_path, "https://vpce-0.dynamodb.cn-north-1.vpce.amazonaws.com.cn", **nothing)
    assert done.returncode == 1
    assert "no credentials: set AWS_ACCESS_KEY_ID" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """A folder with `ca.pem`, and `server.pem` with a key and a certificate for 127.0.0.1."""
    folder = tmp_path_factory.mktemp("authority")
    own = ec.generate_private_key(ec.SECP256R1())
    name = named("An authority")
    builder = certificate(name, name, own).add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
    (folder / "ca.pem").write_bytes(builder.sign(own, hashes.SHA256()).public_bytes(Encoding.PEM))
    key = ec.generate_private_key(ec.SECP256R1())
    addresses = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    signed = certificate(named("server"), name, key).add_extension(addresses, False).sign(own, hashes.SHA256())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "server.pem").write_bytes(private + signed.public_bytes(Encoding.PEM))
    return folder


def named(name):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def certificate(subject, issuer, key):
    """For a day before and after now."""
    now = datetime.datetime.now(datetime.timezone.utc)
    day = datetime.timedelta(days=1)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    return builder.serial_number(x509.random_serial_number()).not_valid_before(now - day).not_valid_after(now + day)


@pytest.fixture
def secure_url(server, authority):
    """The server under test behind TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority / "server.pem")
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(plain):
        with contextlib.suppress(OSError), context.wrap_socket(plain, server_side=True) as front:
            with socket.create_connection((server.host, server.port)) as back:
                # One thread a direction would share the TLS object; each request is answered before the next.
                while data := front.recv(65536):
                    back.sendall(data)
                    back.settimeout(0.2)
                    with contextlib.suppress(TimeoutError):
                        while answer := back.recv(65536):
                            front.sendall(answer)

    def accept():
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    yield f"https://127.0.0.1:{listener.getsockname()[1]}"
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


def test_a_private_authority_is_trusted_when_it_is_named(secure_url, authority, make_table, dynamodb, tmp_path):
    table = make_table(**LOG_KEY)
    done = load(table, tmp_path, secure_url, AWS_CA_BUNDLE=str(authority / "ca.pem"))
    assert done.returncode == 0, done.stderr
    assert len(items(dynamodb, table)) == 2


def test_a_certificate_of_an_unknown_authority_is_one_clear_line(secure_url, tmp_path):
    done = load("any", tmp_path, secure_url)
    assert done.returncode == 1
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert "its certificate is of no authority that is trusted here; AWS_CA_BUNDLE may name others" in lines[0]


@contextlib.contextmanager
def silence():
    """The URL of somebody who takes connections and never answers."""
    listener = socket.create_server(("127.0.0.1", 0))
    taken, ended = [], threading.Event()

    def accept():
        with contextlib.suppress(OSError):
            while not ended.is_set():
                taken.append(listener.accept()[0])

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        ended.set()
        for each in (listener, *taken):
            each.close()


def test_a_call_is_not_waited_for_longer_than_its_timeout(tmp_path):
    with silence() as url:
        # The default would take longer than this test waits.
        done = load("t", tmp_path, url, "--read-timeout", 1, AWS_MAX_ATTEMPTS="1")
        assert done.returncode == 1 and "Deadline exceeded" in done.stderr, done.stderr
        sides = [*link("a", "b", url), "--read-timeout", 1]
        replicator = Replicator(*sides, "--checkpoint", tmp_path / "checkpoint")
        try:
            eventually(lambda: "waiting for both sides" in replicator.said(), timeout=45, because=replicator.said())
            assert replicator.end() == 0
        finally:
            replicator.kill()
        done = dyad("verify", *sides, timeout=45)
        assert done.returncode == 2 and "Deadline exceeded" in done.stderr, done.stderr


def test_a_timeout_that_is_none_is_a_wrong_command_line(tmp_path):
    for option in ("--connect-timeout", "--read-timeout"):
        done = load("t", tmp_path, "http://127.0.0.1:1", option, 86401)
        assert done.returncode == 64 and f"{option} is 0 to 86400 seconds" in done.stderr
        done = dyad("replay", tmp_path / "none", option, 86401)
        assert done.returncode == 64 and f"{option} is 0 to 86400 seconds" in done.stderr


def test_a_credential_process_is_asked(server, make_table, dynamodb, tmp_path):
    """One that goes on in the background is not waited for."""
    table = make_table(BEIJING, **LOG_KEY)
    config = tmp_path / "config"
    printed = '{"Version":1,"AccessKeyId":"AKID","SecretAccessKey":"s"}'
    config.write_text(f"[profile tool]\ncredential_process = printf '%s' '{printed}'; sleep 70 2>/dev/null &\n")
    own = {"AWS_CONFIG_FILE": str(config), "AWS_PROFILE": "tool"}
    done = load(table, tmp_path, server.url, **own, AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None)
    assert done.returncode == 0, done.stderr
    assert len(items(dynamodb(BEIJING), table)) == 2
