"""lyncadm as a person meets it: argv in; stdout, stderr and exit status out."""
import datetime
import os
import pathlib
import shutil
import subprocess
import sys
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(TOP / "tests" / "pool"))
import signals  # noqa: E402, F401

BUILD = pathlib.Path(os.environ.get("BUILD", TOP / "build"))
PROGRAM = os.path.abspath(os.environ.get("LYNCADM", BUILD / "lyncadm"))
NAMES = ["webext.contoso.com", "webdirext.contoso.com", "meet.contoso.com", "dialin.contoso.com",
         "lyncdiscover.contoso.com", "officewebapps01.contoso.com"]

# of who runs the tests
PERSONAL = ("NO_COLOR", "SSH_CONNECTION", "SUDO_USER")

# "A day with lyncadm" of DESIGN.md, up to the first apply
DAY = """
init
certificate add external --chain external.pem
listener add external --port 443 --certificate external
listener add discovery --port 80
publish pool webext.contoso.com --to lyncpool01.contoso.local --ca root.pem
publish director webdirext.contoso.com --to lyncdir01.contoso.local --ca root.pem
publish simple-url meet https://meet.contoso.com --via lyncdir01.contoso.local
publish simple-url dialin https://dialin.contoso.com --via lyncdir01.contoso.local
publish discover contoso.com --via lyncdir01.contoso.local --http
publish officewebapps officewebapps01.contoso.com --to wac01.contoso.local --ca root.pem
""".strip().splitlines()


def certificate(path, names, days=400):
    """A self-signed leaf and its key in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    now = datetime.datetime.utcnow()
    leaf = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=days))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(n) for n in names]), False)
            .sign(key, hashes.SHA256()))
    pem = leaf.public_bytes(serialization.Encoding.PEM)
    pem += key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                             serialization.NoEncryption())
    path.touch(mode=0o600)
    path.write_bytes(pem)
    return path


class Result:
    def __init__(self, process):
        self.status = process.returncode
        self.out = process.stdout
        self.err = process.stderr

    def __repr__(self):
        return f"status {self.status}\n--- stdout\n{self.out}--- stderr\n{self.err}"


def until(what, seconds=30):
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.1)


class Admin:
    """lyncadm in a directory, with its store there."""

    def __init__(self, directory):
        self.directory = directory
        self.store = directory / "lync.db"
        self.env = {name: value for name, value in os.environ.items() if name not in PERSONAL}
        self.env.update(LYNC_STORE=str(self.store), TZ="UTC", TERM="xterm")

    def run(self, *args, **more):
        words = args[0].split() if len(args) == 1 and isinstance(args[0], str) else [str(a) for a in args]
        if words and words[0] in ("apply", "rollback", "restore") and words[-1] != "-m":
            words.append("--no-probe")      # the httpd of these tests has no listeners
        return Result(subprocess.run([PROGRAM, *words], cwd=self.directory, env={**self.env, **more.pop("env", {})},
                                     stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                     errors="replace", timeout=60, **more))

    def ok(self, *args, **more):
        """Done, and nothing to complain about; its lines."""
        result = self.run(*args, **more)
        assert (result.status, result.err) == (0, ""), result
        return result.out.splitlines()

    def fails(self, status, *args, **more):
        """One sentence on stderr, nothing on stdout, the store byte for byte as it was; the sentence."""
        before = self.bytes()
        result = self.run(*args, **more)
        assert result.status == status, result
        assert result.out == "", result
        lines = result.err.splitlines()
        assert len(lines) == 1 and lines[0].startswith("lyncadm: "), result
        assert not lines[0].endswith("."), result
        assert self.bytes() == before
        assert not list(self.directory.glob("*-journal"))
        return lines[0][len("lyncadm: "):]

    def bytes(self):
        return self.store.read_bytes() if self.store.is_file() else None


@pytest.fixture
def resolver(tmp_path):
    """Makes an environment in which names lead to addresses, and no other name to any."""
    def make(**names):
        path = tmp_path / "hosts"
        path.write_text("127.0.0.1 localhost\n" + "".join(
            f"{address} {name}\n" for name, addresses in names.items() for address in addresses.split()))
        preload = ["libnss_wrapper.so"]
        if os.environ.get("LYNC_SANITIZE") == "1":
            preload.insert(0, subprocess.check_output(["gcc", "-print-file-name=libasan.so"], text=True).strip())
        return {"LD_PRELOAD": " ".join(preload), "NSS_WRAPPER_HOSTS": str(path), "ASAN_OPTIONS": "detect_leaks=0"}
    return make


@pytest.fixture(scope="session")
def files(tmp_path_factory):
    directory = tmp_path_factory.mktemp("files")
    certificate(directory / "external.pem", NAMES)
    certificate(directory / "root.pem", ["root.contoso.local"])
    certificate(directory / "other.pem", ["*.fabrikam.com"])
    return directory


@pytest.fixture(scope="session")
def day_store(files):
    """The store at the end of the day, made once."""
    admin = Admin(files)
    for line in DAY:
        result = admin.run(line)
        assert (result.status, result.err) == (0, ""), (line, result)
    return admin.store


@pytest.fixture
def empty(tmp_path, files):
    """A directory with certificates and no store."""
    for name in ("external.pem", "root.pem", "other.pem"):
        shutil.copy(files / name, tmp_path / name)
    return Admin(tmp_path)


@pytest.fixture
def admin(empty):
    """A store as init leaves it."""
    empty.ok("init")
    return empty


@pytest.fixture
def day(empty, day_store):
    """A store in which everything is published."""
    shutil.copy(day_store, empty.store)
    return empty
