"""lyncadm certificate import: what administrators have, in whatever form."""
import contextlib
import itertools
import json
import os
import pty
import re
import resource
import sqlite3
import stat
import subprocess

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from conftest import PROGRAM, until
from zoo import Zoo, certificates, make, small_rsa, text

NAME = "webext.contoso.com"
IMPORT = ["--name", "external", "--directory"]


@pytest.fixture
def zoo(admin):
    admin.lync = admin.directory / "lync"
    zoo = Zoo(admin.directory)
    zoo.admin = admin
    return zoo


@contextlib.contextmanager
def passwords(*lines):
    """A descriptor with them."""
    read, write = os.pipe()
    os.write(write, "".join(line + "\n" for line in lines).encode())
    os.close(write)
    try:
        yield read
    finally:
        os.close(read)


def imported(zoo, *files, **more):
    return zoo.admin.ok("certificate", "import", *files, *IMPORT, zoo.admin.lync, **more)


def refused(zoo, *files, status=1, **more):
    """The sentence; and nothing is laid down."""
    sentence = zoo.admin.fails(status, "certificate", "import", *files, *IMPORT, zoo.admin.lync, **more)
    assert not [path for path in zoo.admin.lync.rglob("*") if path.is_file()]
    return sentence


def shown(zoo, name="external"):
    return json.loads("\n".join(zoo.admin.ok("certificate", "show", name, "--json")))[0]


def holds(zoo, leaf, *chain):
    """The row is the leaf's, and its files are: the chain in order, and the key for root alone."""
    row = shown(zoo)
    assert row["fingerprint"] == leaf.fingerprint and row["missing"] is None
    found = certificates(row["chain"])
    assert found == [item.certificate for item in (leaf, *chain)]
    assert open(row["key"]).read() == text(leaf.key)
    assert row["chain"] == f"{zoo.admin.lync}/certificates/{leaf.fingerprint}.pem"
    assert os.path.dirname(row["key"]) == f"{zoo.admin.lync}/keys"
    assert stat.S_IMODE(os.stat(row["key"]).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(os.path.dirname(row["key"])).st_mode) == 0o700
    assert stat.S_IMODE(os.stat(row["chain"]).st_mode) == 0o644
    return row


def test_any_order_in_one_file(zoo):
    leaf = zoo.leaf(NAME)
    parts = [leaf.key, leaf, zoo.issuing, zoo.policy, zoo.root]
    for order in itertools.islice(itertools.permutations(parts), 0, 120, 7):
        zoo.pem("all.pem", *order)
        imported(zoo, "all.pem")
        holds(zoo, leaf, zoo.issuing, zoo.policy, zoo.root)


def test_several_files_with_text_around(zoo):
    leaf = zoo.leaf(NAME)
    zoo.write("leaf.crt", "Bag Attributes\n  friendlyName: lync\r\n" + text(leaf).replace("\n", "\r\n"))
    zoo.pem("chain.crt", zoo.root, zoo.policy, zoo.issuing)
    zoo.write("private.key", "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n" +
              leaf.key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode())
    imported(zoo, "chain.crt", "private.key", "leaf.crt")
    row = holds(zoo, leaf, zoo.issuing, zoo.policy, zoo.root)
    assert row["source"] == ":".join(f"{zoo.admin.directory}/{name}" for name in ("chain.crt", "private.key", "leaf.crt"))


def test_der(zoo):
    """.cer and .key of Windows and of others"""
    leaf = zoo.leaf(NAME, key=small_rsa(2048))
    for index, item in enumerate([leaf, zoo.issuing, zoo.policy, zoo.root]):
        zoo.write(f"{index}.cer", item.certificate.public_bytes(Encoding.DER))
    for form in (PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL):
        zoo.write("key.der", leaf.key.private_bytes(Encoding.DER, form, NoEncryption()))
        imported(zoo, "2.cer", "0.cer", "key.der", "3.cer", "1.cer")
        holds(zoo, leaf, zoo.issuing, zoo.policy, zoo.root)


@pytest.mark.parametrize("encoding", [Encoding.DER, Encoding.PEM])
def test_p7b(zoo, encoding):
    """The answer of a Windows CA with its chain."""
    leaf = zoo.leaf(NAME)
    zoo.p7b("answer.p7b", leaf, encoding)
    zoo.pem("own.key", leaf.key)
    imported(zoo, "answer.p7b", "own.key")
    holds(zoo, leaf, zoo.issuing, zoo.policy, zoo.root)


def test_two_levels_and_self_signed(zoo):
    leaf = zoo.leaf(NAME, issuer=zoo.root)
    zoo.pem("two.pem", leaf, zoo.root, leaf.key)
    imported(zoo, "two.pem")
    holds(zoo, leaf, zoo.root)
    own = make(NAME, [NAME], ca=True)
    zoo.pem("own.pem", own, own.key)
    imported(zoo, "own.pem")
    holds(zoo, own)


def test_cross_signed(zoo):
    """Two certificates of the same issuer: the way that is valid longest; the other is told and left out."""
    old = make("Old Root", [], ca=True)
    crossed = make("Zoo Issuing CA", [], old, key=zoo.issuing.key, ca=True, days=(-1, 100))
    leaf = zoo.leaf(NAME)
    zoo.pem("crossed.pem", leaf.key, crossed, old, zoo.root, zoo.policy, zoo.issuing, leaf)
    result = zoo.admin.run("certificate", "import", "crossed.pem", *IMPORT, zoo.admin.lync)
    assert result.status == 0
    assert result.err.splitlines() == [f"lyncadm: warning: certificate 'CN={name}' was left out: it is not in the chain "
                                       "of 'external'" for name in ("Zoo Issuing CA", "Old Root")]
    holds(zoo, leaf, zoo.issuing, zoo.policy, zoo.root)


def test_missing_intermediate_is_named(zoo):
    leaf = zoo.leaf(NAME)
    zoo.pem("gap.pem", leaf, leaf.key, zoo.issuing, zoo.root)
    result = zoo.admin.run("certificate", "import", "gap.pem", *IMPORT, zoo.admin.lync)
    assert result.status == 0 and "the chain of certificate 'external' lacks 'CN=Zoo Policy CA': clients" in result.err
    assert shown(zoo)["missing"] == "CN=Zoo Policy CA"
    zoo.pem("gap.pem", leaf, leaf.key, zoo.policy, zoo.issuing, zoo.root)
    (line,) = zoo.admin.ok("certificate", "import", "gap.pem", *IMPORT, zoo.admin.lync)
    assert "missing not set (was CN=Zoo Policy CA)" in line
    assert re.fullmatch(rf"{zoo.admin.lync}/certificates/{leaf.fingerprint}-[0-9a-f]{{16}}\.pem", shown(zoo)["chain"]), \
        "an older revision keeps its chain"


def test_a_root_of_this_system_is_not_sent(zoo):
    """Clients have it. OpenSSL is told by SSL_CERT_FILE what this system has."""
    leaf = zoo.leaf(NAME)
    zoo.pem("system.pem", zoo.root)
    zoo.pem("all.pem", leaf, leaf.key, zoo.root, zoo.policy, zoo.issuing)
    imported(zoo, "all.pem", env={"SSL_CERT_FILE": str(zoo.admin.directory / "system.pem")})
    holds(zoo, leaf, zoo.issuing, zoo.policy)


def test_a_root_that_another_one_signed(zoo):
    """As CAs send it along for old clients: that nobody has the other one any more is no gap."""
    crossed = make("Zoo Root", [], make("Gone Root", [], ca=True), key=zoo.root.key, ca=True)
    leaf = zoo.leaf(NAME)
    zoo.pem("system.pem", zoo.root)
    zoo.pem("all.pem", leaf, leaf.key, crossed, zoo.policy, zoo.issuing)
    imported(zoo, "all.pem", env={"SSL_CERT_FILE": str(zoo.admin.directory / "system.pem")})
    holds(zoo, leaf, zoo.issuing, zoo.policy, crossed)


def test_issuers_of_each_other(zoo):
    """There is no end to them, and no root."""
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    roots = [make(name, [], ca=True, key=key) for name, key in zip("AB", keys)]
    pair = [make(name, [], issuer, key=key, ca=True) for name, issuer, key in zip("AB", reversed(roots), keys)]
    leaf = zoo.leaf(NAME, issuer=pair[0])
    zoo.pem("all.pem", leaf, leaf.key, *pair)
    assert "the chain of certificate 'external' lacks 'CN=A'" in \
        zoo.admin.run("certificate", "import", "all.pem", *IMPORT, zoo.admin.lync).err


@pytest.mark.parametrize("password", ["", "geheim", "zwölf Löwen"])
def test_pfx(zoo, password):
    """As today's Windows exports it. An empty password is not asked for."""
    leaf = zoo.leaf(NAME)
    zoo.pfx("new.pfx", leaf, password)
    with passwords(password) as descriptor:
        imported(zoo, "new.pfx", *(["--password-fd", descriptor] if password else []), pass_fds=[descriptor])
    row = holds(zoo, leaf, zoo.issuing, zoo.policy, zoo.root)
    assert (row["source"] is None) == bool(password), "what needs a password cannot be read again"


@pytest.mark.parametrize("password", ["", "geheim"])
def test_old_pfx(zoo, password):
    """RC2 and 3DES, for which OpenSSL 3 needs its legacy provider."""
    leaf = zoo.leaf(NAME, key=small_rsa(2048))
    zoo.old_pfx("old.pfx", leaf, password)
    with passwords(password) as descriptor:
        imported(zoo, "old.pfx", *(["--password-fd", descriptor] if password else []), pass_fds=[descriptor])
    holds(zoo, leaf, zoo.issuing, zoo.policy, zoo.root)


def test_old_pfx_without_the_legacy_provider(zoo):
    leaf = zoo.leaf(NAME, key=small_rsa(2048))
    zoo.old_pfx("old.pfx", leaf, "geheim")
    with passwords("geheim") as descriptor:
        sentence = refused(zoo, "old.pfx", "--password-fd", descriptor, pass_fds=[descriptor],
                           env={"OPENSSL_MODULES": str(zoo.admin.directory)})
    assert "RC2 or 3DES" in sentence and "export it with AES256-SHA256" in sentence


@pytest.mark.parametrize("make_file", [
    lambda zoo, leaf: zoo.pfx("file", leaf, "geheim"),
    lambda zoo, leaf: zoo.pem("file", leaf, leaf.key, zoo.issuing, zoo.policy, zoo.root, password=b"geheim")],
    ids=["pfx", "key"])
def test_wrong_and_no_password(zoo, make_file):
    make_file(zoo, zoo.leaf(NAME))
    with passwords("falsch") as descriptor:
        assert "the password" in refused(zoo, "file", "--password-fd", descriptor, pass_fds=[descriptor])
    with passwords() as descriptor:
        assert f"descriptor {descriptor} has no password of '{zoo.admin.directory}/file': a line of it is expected" == \
            refused(zoo, "file", "--password-fd", descriptor, pass_fds=[descriptor])
    assert "there is no terminal to ask for the password of " in refused(zoo, "file", start_new_session=True)


def test_encrypted_keys(zoo):
    leaf = zoo.leaf(NAME, key=small_rsa(2048))
    zoo.pem("chain.pem", leaf, zoo.issuing, zoo.policy, zoo.root)
    zoo.pem("new.key", leaf.key, password=b"geheim")
    zoo.pem("plain.key", leaf.key)
    for name, words in (("pkcs1.key", ["rsa", "-traditional", "-aes128"]), ("des3.key", ["rsa", "-traditional", "-des3"]),
                        ("pbes1.key", ["pkcs8", "-topk8", "-v1", "PBE-MD5-DES", "-provider", "legacy", "-provider",
                                       "default"])):
        subprocess.run(["openssl", *words, "-in", "plain.key", "-out", name, "-passout", "pass:geheim"], check=True,
                       cwd=zoo.admin.directory, capture_output=True)
    for name in ("new.key", "pkcs1.key", "des3.key", "pbes1.key"):
        with passwords("geheim") as descriptor:
            imported(zoo, "chain.pem", name, "--password-fd", descriptor, pass_fds=[descriptor])
        holds(zoo, leaf, zoo.issuing, zoo.policy, zoo.root)


def test_two_passwords(zoo):
    """A line for each file that needs one, in the order of the files."""
    leaf, other = zoo.leaf(NAME), zoo.leaf("other.contoso.com")
    zoo.pem("a.key", leaf.key, password=b"eins")
    zoo.pfx("b.pfx", zoo.issuing, "zwei")
    zoo.pem("c.pem", leaf, other.issuer)
    with passwords("eins", "zwei") as descriptor:
        result = zoo.admin.run("certificate", "import", "a.key", "b.pfx", "c.pem", *IMPORT, zoo.admin.lync,
                               "--password-fd", descriptor, pass_fds=[descriptor])
    assert "there are two server certificates" in result.err, "both keys fit one"


def test_password_at_the_terminal(zoo):
    """Asked for, not shown, and nowhere afterwards."""
    leaf = zoo.leaf(NAME)
    zoo.pfx("new.pfx", leaf, "hunter2")
    pid, terminal = pty.fork()
    if not pid:
        os.environ.update(zoo.admin.env)
        os.chdir(zoo.admin.directory)
        os.execv(PROGRAM, [PROGRAM, "certificate", "import", "new.pfx", *IMPORT, str(zoo.admin.lync)])
    seen = b""
    while b"password of" not in seen or not seen.endswith(b": "):
        seen += os.read(terminal, 1000)
    os.write(terminal, b"hunter2\n")
    with contextlib.suppress(OSError):
        while chunk := os.read(terminal, 1000):
            seen += chunk
    assert os.waitpid(pid, 0)[1] == 0, seen
    os.close(terminal)
    assert b"new.pfx: " in seen and b"hunter2" not in seen
    holds(zoo, leaf, zoo.issuing, zoo.policy, zoo.root)
    assert b"hunter2" not in zoo.admin.bytes() and text(leaf.key)[100:140].encode() not in zoo.admin.bytes()


def test_key_of_another(zoo):
    leaf = zoo.leaf(NAME)
    zoo.pem("chain.pem", leaf, zoo.issuing, zoo.policy, zoo.root)
    zoo.pem("other.key", ec.generate_private_key(ec.SECP256R1()))
    assert refused(zoo, "chain.pem", "other.key") == \
        f"the key does not fit certificate 'CN={NAME}': it belongs to another one"


def test_what_is_missing(zoo):
    leaf = zoo.leaf(NAME)
    zoo.pem("leaf.pem", leaf)
    zoo.pem("leaf.key", leaf.key)
    zoo.pem("issuers.pem", zoo.issuing, zoo.root)
    assert "there is no key for certificate 'CN=webext.contoso.com': name the key's file as well" in refused(zoo, "leaf.pem")
    assert "there is a key and no certificate" in refused(zoo, "leaf.key")
    assert "there is no server's certificate, only those of issuers" in refused(zoo, "issuers.pem")
    assert "a file is missing" in zoo.admin.fails(2, "certificate import --name a")
    assert "either --name or --pool" in zoo.admin.fails(2, "certificate import leaf.pem")
    assert "either --name or --pool" in zoo.admin.fails(2, "certificate import leaf.pem --name a --pool b.contoso.local")
    assert "No such file" in refused(zoo, "none.pem")
    assert "name 'a b' is no name" in zoo.admin.fails(2, "certificate", "import", "leaf.pem", "--name", "a b")


def test_two_leaves(zoo):
    one, two = zoo.leaf(NAME), zoo.leaf("meet.contoso.com")
    zoo.pem("two.pem", one, one.key, two, two.key, zoo.issuing)
    sentence = refused(zoo, "two.pem")
    assert sentence.startswith("there are two server certificates, 'CN=webext.contoso.com' (") and \
        "'CN=meet.contoso.com' (" in sentence
    zoo.pem("two.pem", two, one)
    assert "there are two server certificates" in refused(zoo, "two.pem")


def test_leaves_of_others(zoo):
    """The key says which is meant, wherever that one is."""
    leaf, others = zoo.leaf(NAME), [zoo.leaf("meet.contoso.com"), zoo.leaf("dialin.contoso.com")]
    for order in itertools.permutations([leaf, *others]):
        zoo.pem("many.pem", *order, zoo.issuing, zoo.policy, zoo.root, leaf.key)
        result = zoo.admin.run("certificate", "import", "many.pem", *IMPORT, zoo.admin.lync)
        assert result.status == 0 and result.err.count("was left out: it is not in the chain of 'external'") == 2
        holds(zoo, leaf, zoo.issuing, zoo.policy, zoo.root)


def test_truncated(zoo):
    leaf = zoo.leaf(NAME)
    pfx = (zoo.admin.directory / zoo.pfx("whole.pfx", leaf, "geheim")).read_bytes()
    pem = (zoo.admin.directory / zoo.pem("whole.pem", leaf.key, leaf)).read_bytes()
    for content in (pfx, pem):
        for length in range(1, len(content) - 40, len(content) // 9):
            zoo.write("cut", content[:length])
            with passwords("geheim") as descriptor:
                assert refused(zoo, "cut", "--password-fd", descriptor, pass_fds=[descriptor])


def test_random_and_hostile_files(zoo):
    for content in (b"", b"\0" * 1000, os.urandom(5000), b"-----BEGIN ", b"-----BEGIN CERTIFICATE-----\n" * 3000,
                    b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", b"0\x84\xff\xff\xff\xff",
                    b"-----BEGIN X-----\n" * 50000, "Größe\n".encode("latin-1")):
        zoo.write("junk", content)
        assert "junk'" in refused(zoo, "junk"), content[:20]
    zoo.write("big", b"x" * (1024 * 1024 + 1))
    assert "is too large for certificates: 1048577 bytes" in refused(zoo, "big")
    os.mkfifo(zoo.admin.directory / "pipe")
    assert "is no regular file" in refused(zoo, "pipe")
    assert "is no regular file" in refused(zoo, ".")


def test_endless_pfx(zoo):
    """A count of rounds that takes days is not begun with."""
    zoo.pem("all.pem", leaf := zoo.leaf(NAME), leaf.key)
    subprocess.run(["openssl", "pkcs12", "-export", "-in", "all.pem", "-out", "own.pfx", "-passout", "pass:geheim",
                    "-iter", "100000"], check=True, cwd=zoo.admin.directory, capture_output=True)
    content = (zoo.admin.directory / "own.pfx").read_bytes()
    rounds = b"\x02\x03\x01\x86\xa0"
    assert content.endswith(rounds)
    zoo.write("endless.pfx", content[:-len(rounds)] + b"\x02\x03\x7f\xff\xff")
    assert "asks for more than 5000000 rounds of hashing" in refused(zoo, "endless.pfx")


def test_many_and_foreign_names(zoo):
    """100 alternative names, and an international one as it is written in certificates."""
    names = [f"meet{i}.contoso.com" for i in range(99)] + ["xn--grn-hoa.example"]
    leaf = zoo.leaf(NAME, names=[NAME] + names)
    zoo.pem("many.pem", leaf, leaf.key, zoo.issuing, zoo.policy, zoo.root)
    imported(zoo, "many.pem")
    assert shown(zoo)["names"].split() == [NAME] + names


def within_memory():
    """Room for what is needed; the sanitizers want more for themselves."""
    if not os.environ.get("LYNC_SANITIZE"):
        resource.setrlimit(resource.RLIMIT_AS, (500 << 20, 500 << 20))


def test_more_names_than_anybody_has(zoo):
    """What a file of the size that is taken can hold is no matter of gigabytes, neither now nor when it is read again."""
    names = [f"h{i}.c.com" for i in range(30000)]
    leaf = zoo.leaf(NAME, names=names)
    zoo.pem("many.pem", leaf, leaf.key, zoo.issuing, zoo.policy, zoo.root)
    imported(zoo, "many.pem", preexec_fn=within_memory)
    (row,) = json.loads("\n".join(zoo.admin.ok("certificate list --json", preexec_fn=within_memory)))
    assert row["names"].split() == names


@pytest.mark.parametrize("key, type", [(small_rsa(2048), "RSA 2048"), (small_rsa(3072), "RSA 3072"),
                                       (ec.generate_private_key(ec.SECP256R1()), "EC P-256"),
                                       (ec.generate_private_key(ec.SECP384R1()), "EC P-384")], ids=lambda x: str(x)[:8])
def test_facts(zoo, key, type):
    leaf = zoo.leaf(NAME, key=key, responder="http://ocsp.example/")
    zoo.pem("all.pem", leaf, key, zoo.issuing, zoo.policy, zoo.root)
    imported(zoo, "all.pem")
    row = holds(zoo, leaf, zoo.issuing, zoo.policy, zoo.root)
    assert {name: row[name] for name in ("subject", "issuer", "names", "key_type", "signature", "usages", "responder")} == {
        "subject": "CN=" + NAME, "issuer": "CN=Zoo Issuing CA", "names": NAME, "key_type": type, "signature": "sha256",
        "usages": "serverAuth clientAuth", "responder": "http://ocsp.example/"}


def test_without_a_subject(zoo):
    """As CAs issue that go by the alternative names alone; told of in each sentence that would have named it."""
    leaf = zoo.leaf("", names=[NAME])
    zoo.pem("leaf.pem", leaf, *zoo.chain(leaf))
    zoo.pem("own.key", leaf.key)
    assert refused(zoo, "leaf.pem").startswith("there is no key for certificate '(no name)'")
    zoo.pem("other.pem", zoo.leaf("", names=[NAME]))
    assert refused(zoo, "leaf.pem", "other.pem").startswith("there are two server certificates, '(no name)' (")
    imported(zoo, "leaf.pem", "own.key")
    assert holds(zoo, leaf, *zoo.chain(leaf))["subject"] == "(no name)"


def test_issuer_without_a_name(zoo):
    """It is missing all the same."""
    leaf = zoo.leaf(NAME, issuer=make("", [], ca=True))
    zoo.pem("leaf.pem", leaf, leaf.key)
    assert "the chain of certificate 'external' lacks '(no name)'" in \
        zoo.admin.run("certificate", "import", "leaf.pem", *IMPORT, zoo.admin.lync).err


def test_renewed_under_its_name(zoo):
    """Both stay on disk, so that the revision before finds its own."""
    old, new = zoo.leaf(NAME, days=(-300, 20)), zoo.leaf(NAME)
    for leaf in (old, new):
        zoo.pem("all.pem", leaf, leaf.key, zoo.issuing, zoo.policy, zoo.root)
        result = zoo.admin.run("certificate", "import", "all.pem", *IMPORT, zoo.admin.lync)
        assert result.status == 0
    assert result.out.startswith("set certificate 'external': chain ")
    holds(zoo, new, zoo.issuing, zoo.policy, zoo.root)
    assert sorted(path.stem for path in (zoo.admin.lync / "certificates").iterdir()) == \
        sorted([old.fingerprint, new.fingerprint])
    assert len(list((zoo.admin.lync / "keys").iterdir())) == 2
    assert imported(zoo, "all.pem") == ["certificate 'external' is already so"]


def nowhere(path):
    """A symbolic link."""
    os.symlink("gone", path)


def test_nothing_is_overwritten(zoo):
    leaf = zoo.leaf(NAME)
    zoo.pem("all.pem", leaf, leaf.key, zoo.issuing, zoo.policy, zoo.root)
    imported(zoo, "all.pem")
    key, chain = shown(zoo)["key"], shown(zoo)["chain"]
    with open(key, "w") as file:
        file.write("something dear")
    sentence = zoo.admin.fails(1, "certificate", "import", "all.pem", "--name", "b", "--directory", zoo.admin.lync)
    assert sentence == f"file '{key}' should hold a key and holds something else: move it away"
    assert open(key).read() == "something dear"
    os.remove(key)
    os.remove(chain)
    for plant, remove in ((os.mkdir, os.rmdir), (os.mkfifo, os.remove), (nowhere, os.remove)):
        plant(chain)
        assert "is no regular file" in zoo.admin.fails(1, "certificate", "import", "all.pem", "--name", "b", "--directory",
                                                       zoo.admin.lync)
        remove(chain)
    assert not os.path.exists(key), "what was laid down for nothing is taken away"


def test_dry_run_and_failure_leave_nothing(zoo):
    leaf = zoo.leaf(NAME)
    zoo.pem("all.pem", leaf, leaf.key, zoo.issuing, zoo.policy, zoo.root)
    before = zoo.admin.bytes()
    result = zoo.admin.run("certificate", "import", "all.pem", "--dry-run", *IMPORT, zoo.admin.lync)
    assert result.status == 0 and result.out.startswith("added certificate 'external'")
    assert zoo.admin.bytes() == before
    assert not [path for path in zoo.admin.lync.rglob("*") if path.is_file()]
    assert "draft" in refused(zoo, "all.pem", "--if-revision", "7")
    zoo.write("blocked", "no folder")
    assert "--directory names another place" in \
        zoo.admin.fails(1, "certificate", "import", "all.pem", "--name", "a", "--directory", "blocked")


def test_trust_anchors_of_a_pool(day):
    """The same forms, laid down the same way."""
    zoo = Zoo(day.directory)
    zoo.write("root.cer", zoo.root.certificate.public_bytes(Encoding.DER))
    zoo.pem("policy.pem", zoo.policy)
    was = json.loads("\n".join(day.ok("pool show lyncpool01.contoso.local --json")))[0]["ca"]
    (line,) = day.ok("certificate import root.cer policy.pem --pool lyncpool01.contoso.local --directory lync")
    file = f"{day.directory}/lync/anchors/{zoo.root.fingerprint}.pem"
    assert line == f"set pool 'lyncpool01.contoso.local': ca {file} (was {was})"
    assert certificates(file) == [zoo.root.certificate, zoo.policy.certificate]
    assert "there is no pool 'a.contoso.local'" in day.fails(1, "certificate import root.cer --pool a.contoso.local "
                                                             "--directory lync")
    leaf = zoo.leaf("fe01.contoso.local")
    zoo.pem("leaf.pem", leaf)
    zoo.pem("key.pem", zoo.root.key)
    assert "certificate 'CN=fe01.contoso.local' is no CA's: trust anchors are the root certificates that issued the " \
        "pool's, such as 'CN=Zoo Issuing CA'" in day.fails(1, "certificate import leaf.pem --pool lyncpool01.contoso.local")
    assert "trust anchors have no private key" in day.fails(1, "certificate import root.cer key.pem --pool "
                                                            "lyncpool01.contoso.local")


def test_two_at_once(zoo):
    """The same certificate under two names: both are done, the files are there once."""
    leaf = zoo.leaf(NAME)
    zoo.pem("all.pem", leaf, leaf.key, zoo.issuing, zoo.policy, zoo.root)
    running = [subprocess.Popen([PROGRAM, "certificate", "import", "all.pem", "--name", f"c{i}", "--directory",
                                 zoo.admin.lync], cwd=zoo.admin.directory, env=zoo.admin.env,
                                stdout=subprocess.DEVNULL) for i in range(6)]
    assert [process.wait() for process in running] == [0] * 6
    assert len([path for path in zoo.admin.lync.rglob("*") if path.is_file()]) == 2


def importing(zoo, *words):
    return subprocess.Popen([PROGRAM, "certificate", "import", "all.pem", *IMPORT, zoo.admin.lync, *words],
                            cwd=zoo.admin.directory, env=zoo.admin.env, stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL)


def laid_down(zoo):
    return {path: path.stat().st_mtime_ns for folder in ("keys", "certificates")
            for path in (zoo.admin.lync / folder).glob("*") if path.suffix in (".key", ".pem")}


def test_undone_beside_one_that_is_done(zoo):
    """Both wait for the store, with the same files; the one that is for nothing must not take them along."""
    leaf = zoo.leaf(NAME)
    zoo.pem("all.pem", leaf, leaf.key, zoo.issuing, zoo.policy, zoo.root)
    with contextlib.closing(sqlite3.connect(zoo.admin.store, isolation_level=None)) as store:
        store.execute("BEGIN IMMEDIATE")
        for_nothing = importing(zoo, "--dry-run")
        until(lambda: len(laid_down(zoo)) == 2, 15)           # the store is waited for 20 s long
        before = laid_down(zoo)
        done = importing(zoo)
        until(lambda: not set(before.items()) & set(laid_down(zoo).items()), 15)
        store.execute("ROLLBACK")
        assert (for_nothing.wait(), done.wait()) == (0, 0)
    assert set(laid_down(zoo)) == set(before)
    holds(zoo, leaf, zoo.issuing, zoo.policy, zoo.root)


def test_undone_and_done_at_once(zoo):
    """Whoever is quicker, at every step."""
    for _ in range(10):
        leaf = zoo.leaf(NAME)
        zoo.pem("all.pem", leaf, leaf.key, zoo.issuing, zoo.policy, zoo.root)
        running = [importing(zoo, "--dry-run"), importing(zoo)]
        assert [process.wait() for process in running] == [0, 0]
        holds(zoo, leaf, zoo.issuing, zoo.policy, zoo.root)
