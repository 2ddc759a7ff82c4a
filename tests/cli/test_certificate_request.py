"""lyncadm certificate request: a key, and a request with exactly the names that the draft needs."""
import json
import os
import stat
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, NameOID

from conftest import NAMES, PROGRAM, certificate
from test_bad_store import as_user, limit_file_size, open_up

REQUEST = "certificate request --directory lync"
REST = sorted(name for name in NAMES if name != "webext.contoso.com")
FABRIKAM = ["publish discover fabrikam.com --via lyncpool01.contoso.local",
            "publish simple-url meet https://meet.fabrikam.com --via lyncpool01.contoso.local"]


def read(path):
    return x509.load_pem_x509_csr(path.read_bytes())


def extension(csr, oid):
    return csr.extensions.get_extension_for_oid(oid)


def names_of(csr):
    return extension(csr, ExtensionOID.SUBJECT_ALTERNATIVE_NAME).value.get_values_for_type(x509.DNSName)


def common_name(csr):
    (attribute,) = csr.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return attribute.value


def requested(admin, words=""):
    """The request that is written, read."""
    admin.ok(f"{REQUEST} --output external.csr --force --key p256 {words}")
    return read(admin.directory / "external.csr")


def planned(admin, *words):
    """What would be requested."""
    result = admin.run(*REQUEST.split(), "--dry-run", "--json", *words)
    assert result.status == 0, result
    (row,) = json.loads(result.out)
    return row


def edited(admin, *lines):
    """Edits that may be warned of: the certificate that is there lacks the new names."""
    for line in lines:
        result = admin.run(line)
        assert result.status == 0, result


def keys(admin):
    return sorted((admin.directory / "lync" / "keys").glob("*"))


def public(key):
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def test_names(day):
    """CN the pool's external name, first of the SANs; every other public name; no wildcard, nothing twice."""
    csr = requested(day)
    assert csr.is_signature_valid
    assert [a.oid for a in csr.subject] == [NameOID.COMMON_NAME]
    assert common_name(csr) == "webext.contoso.com"
    assert names_of(csr) == ["webext.contoso.com", *REST]
    assert not extension(csr, ExtensionOID.SUBJECT_ALTERNATIVE_NAME).critical


def test_what_is_said(day):
    lines = day.ok(REQUEST + " --output external.csr")
    (key,) = keys(day)
    assert lines == [
        f"request for 'CN=webext.contoso.com', RSA 2048, with the names webext.contoso.com {' '.join(REST)}",
        f"wrote the request to '{day.directory}/external.csr': a CA wants it",
        f"laid the key down in '{key}': 'lyncadm certificate import' finds it when it gets the CA's answer"]


@pytest.mark.parametrize("word, key_type, digest", [
    (None, "RSA 2048", hashes.SHA256), ("rsa2048", "RSA 2048", hashes.SHA256), ("rsa3072", "RSA 3072", hashes.SHA256),
    ("rsa4096", "RSA 4096", hashes.SHA256), ("p256", "EC P-256", hashes.SHA256), ("p384", "EC P-384", hashes.SHA384),
])
def test_keys(day, word, key_type, digest):
    """The kind and size of key, the usages that go with it, the key's file."""
    (row,) = json.loads("\n".join(day.ok(f"{REQUEST} --output a.csr --json {'--key ' + word if word else ''}")))
    csr = read(day.directory / "a.csr")
    key = csr.public_key()
    curves = {"secp256r1": "EC P-256", "secp384r1": "EC P-384"}
    is_rsa = isinstance(key, rsa.RSAPublicKey)
    assert (f"RSA {key.key_size}" if is_rsa else curves[key.curve.name]) == key_type == row["key_type"]
    assert is_rsa or isinstance(key, ec.EllipticCurvePublicKey)
    assert isinstance(csr.signature_hash_algorithm, digest)
    usage = extension(csr, ExtensionOID.KEY_USAGE)
    assert usage.critical
    said = {name for name in ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
                              "key_agreement", "key_cert_sign", "crl_sign") if getattr(usage.value, name)}
    assert said == ({"digital_signature", "key_encipherment"} if is_rsa else {"digital_signature"})
    extended = extension(csr, ExtensionOID.EXTENDED_KEY_USAGE)
    assert not extended.critical
    assert list(extended.value) == [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    assert [e.oid for e in csr.extensions] == [
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME, ExtensionOID.KEY_USAGE, ExtensionOID.EXTENDED_KEY_USAGE]
    (path,) = keys(day)
    assert row["key"] == str(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    private = serialization.load_pem_private_key(path.read_bytes(), None)
    assert public(private.public_key()) == public(key)
    digest = hashes.Hash(hashes.SHA256())
    digest.update(public(key))
    assert path.name == digest.finalize().hex() + ".key"


def test_openssl_accepts_it(day):
    day.ok(REQUEST + " --output external.csr")
    result = subprocess.run(["openssl", "req", "-verify", "-noout", "-in", day.directory / "external.csr"], check=True,
                            capture_output=True, text=True)
    assert "verify OK" in result.stdout + result.stderr


def test_the_answer_fits_the_key(day):
    """What a CA makes of it can be bound, with the key that was laid down."""
    csr = requested(day)
    certificate(day.directory / "ca.pem", ["ca.contoso.com"])
    subprocess.run(["openssl", "x509", "-req", "-in", "external.csr", "-CA", "ca.pem", "-CAkey", "ca.pem",
                    "-copy_extensions", "copyall", "-days", "90", "-out", "answer.pem"], cwd=day.directory, check=True,
                   capture_output=True)
    result = day.run("certificate", "set", "external", "--chain", "answer.pem", "--key", keys(day)[0])
    assert result.status == 0, result
    row, *_ = json.loads("\n".join(day.ok("certificate show external --json")))
    assert row["names"].split() == names_of(csr)
    assert (row["usages"], row["key_type"]) == ("serverAuth clientAuth", "EC P-256")
    assert not [line for line in day.run("check").out.splitlines() if "does not cover" in line]


def test_json_and_tsv(day):
    (row,) = json.loads("\n".join(day.ok(REQUEST + " --output external.csr --json")))
    assert row == {"subject": "CN=webext.contoso.com", "names": " ".join(["webext.contoso.com", *REST]),
                   "left_out": None, "key_type": "RSA 2048", "key": str(keys(day)[0]),
                   "request": str(day.directory / "external.csr")}
    lines = day.ok(REQUEST + " --output other.csr --tsv")
    assert lines[0].split("\t") == list(row) and len(lines) == 2
    for form in ("--json", "--tsv"):
        assert "has no --json or --tsv form" in day.fails(2, f"{REQUEST} {form}")
    assert len(keys(day)) == 2


@pytest.mark.parametrize("words", ["", "--output -"])
def test_standard_output(day, words):
    """The request and nothing else; what is said of it goes to standard error. The key goes to neither."""
    result = day.run(f"{REQUEST} {words}")
    assert result.status == 0
    csr = x509.load_pem_x509_csr(result.out.encode())
    assert result.out.startswith("-----BEGIN CERTIFICATE REQUEST-----\n")
    assert result.out.endswith("-----END CERTIFICATE REQUEST-----\n") and result.out.count("-----BEGIN") == 1
    assert names_of(csr) == ["webext.contoso.com", *REST]
    (key,) = keys(day)
    assert [line.startswith("lyncadm: ") for line in result.err.splitlines()] == [True, True]
    assert f"'{key}'" in result.err
    assert "PRIVATE" not in result.out + result.err
    assert not (day.directory / "-").exists()


def test_standard_output_is_full(day):
    with open("/dev/full", "w") as full:
        result = subprocess.run([PROGRAM, *REQUEST.split()], env=day.env, cwd=day.directory, stdout=full,
                                stderr=subprocess.PIPE, text=True, check=False)
    assert (result.returncode, result.stderr) == (1, "lyncadm: cannot write to standard output\n")
    assert keys(day) == []


def test_nobody_reads_standard_output(day):
    read_end, write_end = os.pipe()
    os.close(read_end)
    result = subprocess.run([PROGRAM, *REQUEST.split()], env=day.env, cwd=day.directory, stdout=write_end,
                            stderr=subprocess.PIPE, text=True, check=False)
    os.close(write_end)
    assert (result.returncode, result.stderr) == (1, "lyncadm: cannot write to standard output\n")
    assert keys(day) == []


def test_the_store_is_left_alone(day):
    before = day.bytes()
    requested(day)
    assert day.bytes() == before


def test_dry_run(day):
    result = day.run(REQUEST + " --output external.csr --dry-run")
    assert result.status == 0
    assert result.err == "lyncadm: dry run: no key and no request were made\n"
    assert result.out == f"request for 'CN=webext.contoso.com', RSA 2048, with the names webext.contoso.com " \
        f"{' '.join(REST)}\n"
    row = planned(day)
    assert (row["key"], row["request"]) == (None, None)
    assert row["names"].split() == ["webext.contoso.com", *REST]
    assert not (day.directory / "lync").exists() and not list(day.directory.glob("*.csr*"))


def test_a_file_that_is_there(day):
    path = day.directory / "external.csr"
    path.write_text("of last year")
    assert day.fails(1, REQUEST + " --output external.csr") == \
        f"cannot write '{path}': it is there already: --force replaces it"
    assert path.read_text() == "of last year" and not (day.directory / "lync").exists()
    day.ok(REQUEST + " --output external.csr --force")
    assert names_of(read(path))
    assert "it is the store itself" in day.fails(1, f"{REQUEST} --force --output {day.store}")
    (day.directory / "link.csr").symlink_to(day.directory / "nowhere")
    assert "it is there already" in day.fails(1, REQUEST + " --output link.csr")


@pytest.mark.parametrize("output, sentence", [
    ("nowhere/a.csr", "nowhere/a.csr': No such file or directory"),
    ("/dev/full", "cannot write '/dev/full': it is "),
    (".", "it is "),
])
def test_an_output_that_cannot_be_written(day, output, sentence):
    """The key is taken away again, with --force too."""
    for more in ("", " --force"):
        assert sentence in day.fails(1, f"{REQUEST} --output {output}{more}")
        assert keys(day) == []


def test_full_disk(day):
    path = day.directory / "external.csr"
    result = day.fails(1, f"{REQUEST} --key p256 --output external.csr", preexec_fn=limit_file_size(400))
    assert result == f"cannot write '{path}': File too large"
    assert keys(day) == [] and not list(day.directory.glob("external.csr*"))
    assert "File too large" in day.fails(1, REQUEST + " --output external.csr", preexec_fn=limit_file_size(400))
    assert keys(day) == [] and not list(day.directory.glob("external.csr*"))


def test_a_directory_that_cannot_be_used(day):
    (day.directory / "lync").write_text("a file")
    assert f"cannot make directory '{day.directory}/lync/keys': " in day.fails(1, REQUEST + " --output external.csr")
    assert not list(day.directory.glob("*.csr*"))
    open_up(day.directory)
    day.store.chmod(0o644)
    day.directory.chmod(0o755)
    (day.directory / "closed").mkdir(mode=0o700)
    result = as_user(["certificate", "request", "--directory", str(day.directory / "closed/lync")], day.directory,
                     {"LYNC_STORE": str(day.store)})
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == f"lyncadm: cannot make directory '{day.directory}/closed/lync/keys': Permission denied: " \
        "--directory names another place\n"


def test_two_at_once(day):
    """One has the file, the other says so; the key that is left is that of the request."""
    def start(*words):
        return subprocess.Popen([PROGRAM, *REQUEST.split(), "--key", "p256", *words], env=day.env, cwd=day.directory,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    runs = [start("--output", "external.csr") for _ in range(4)]
    said = [run.communicate(timeout=60)[1] for run in runs]
    assert sorted(run.returncode for run in runs) == [0, 1, 1, 1]
    assert all("it is there already" in err for err, run in zip(said, runs) if run.returncode)
    (key,) = keys(day)
    csr = read(day.directory / "external.csr")
    assert public(serialization.load_pem_private_key(key.read_bytes(), None).public_key()) == public(csr.public_key())
    assert not list(day.directory.glob("external.csr.*"))
    runs = [start("--output", f"{n}.csr") for n in range(4)]
    assert [(run.communicate(timeout=60)[1], run.returncode) for run in runs] == [("", 0)] * 4
    assert len(keys(day)) == 5


def test_several_domains(day):
    edited(day, *FABRIKAM, "publish discover litware.com --via lyncpool01.contoso.local",
           "publish simple-url meet https://lync.litware.com/meet --domain litware.com --via lyncpool01.contoso.local")
    assert names_of(requested(day)) == ["webext.contoso.com", *sorted(
        REST + ["lyncdiscover.fabrikam.com", "meet.fabrikam.com", "lyncdiscover.litware.com", "lync.litware.com"])]


def test_a_domain_of_which_nothing_is_published(day):
    """It is not asked for, and that is said."""
    day.ok("domain add fabrikam.com --meet https://meet.fabrikam.com --dialin https://dialin.contoso.com "
           "--admin https://admin.fabrikam.com")
    result = day.run(REQUEST + " --dry-run --json")
    assert json.loads(result.out)[0]["names"].split() == ["webext.contoso.com", *REST]
    assert result.err.splitlines()[:-1] == [
        f"lyncadm: warning: domain 'fabrikam.com' needs '{host}', which nothing publishes: it is not in the request"
        for host in ("lyncdiscover.fabrikam.com", "meet.fabrikam.com")]
    result = day.run(REQUEST + " --dry-run --host meet.fabrikam.com --host lyncdiscover.fabrikam.com")
    assert len(result.err.splitlines()) == 1 and " meet.fabrikam.com" in result.out


def test_only_on_port_80(day):
    """A name that no https listener has needs no certificate, and that is no warning."""
    day.ok("publish discover fabrikam.com --via lyncpool01.contoso.local --http-only")
    assert "lyncdiscover.fabrikam.com" not in names_of(requested(day))


def test_refused_and_redirected(day):
    day.ok("route add external nobody.contoso.com / --action refuse")
    day.ok("route add external old.contoso.com / --action redirect --location https://webext.contoso.com/")
    names = names_of(requested(day))
    assert "nobody.contoso.com" not in names and "old.contoso.com" in names


def test_international_names(day):
    edited(day, "publish simple-url meet https://meet.xn--bcher-kva.example --via lyncdir01.contoso.local",
           "publish discover xn--bcher-kva.example --via lyncdir01.contoso.local")
    assert names_of(requested(day, "--host xn--MNCHEN-3ya.example")) == ["webext.contoso.com", *sorted(
        REST + ["lyncdiscover.xn--bcher-kva.example", "meet.xn--bcher-kva.example", "xn--mnchen-3ya.example"])]
    assert "host 'bücher.example' is no host name" in day.fails(2, *REQUEST.split(), "--host", "bücher.example")


def test_a_hundred_names(day):
    hosts = sorted(f"meet{n:03}.contoso.com" for n in range(100))
    csr = requested(day, " ".join(f"--host {host}" for host in hosts))
    assert set(hosts) < set(names_of(csr)) and len(names_of(csr)) == 106


@pytest.mark.parametrize("lines, expected", [
    ([], "webext.contoso.com"),
    (["publish pool a.contoso.com --to lyncpool02.contoso.local --ca root.pem"], "a.contoso.com"),
    (["publish pool z.contoso.com --to se01.contoso.local --ca root.pem --role standard"], "webext.contoso.com"),
    (["unpublish webext.contoso.com"], "webdirext.contoso.com"),
    (["unpublish webext.contoso.com", "unpublish webdirext.contoso.com"], "officewebapps01.contoso.com"),
    (["unpublish webext.contoso.com", "unpublish webdirext.contoso.com", "unpublish officewebapps01.contoso.com"],
     "dialin.contoso.com"),
    # without a Director every name leads to the pool: its own is meant, not what comes first in the alphabet
    (["unpublish webdirext.contoso.com", "unpublish meet.contoso.com", "unpublish dialin.contoso.com",
      "unpublish lyncdiscover.contoso.com",
      "publish simple-url meet https://a.contoso.com --domain fabrikam.com --via lyncpool01.contoso.local",
      "publish discover contoso.com --via lyncpool01.contoso.local"], "webext.contoso.com"),
    (["unpublish webext.contoso.com", "unpublish meet.contoso.com", "unpublish lyncdiscover.contoso.com",
      "publish simple-url meet https://meet.contoso.com --via lyncpool01.contoso.local",
      "publish discover contoso.com --via lyncpool01.contoso.local"], "webdirext.contoso.com"),
    (["publish simple-url meet https://lync.contoso.com/meet --domain fabrikam.com --via lyncpool01.contoso.local"],
     "webext.contoso.com"),
    (["route add external a.contoso.com / --pool lyncpool01.contoso.local --scheme https --profile web"],
     "webext.contoso.com"),
])
def test_common_name(day, lines, expected):
    edited(day, *lines)
    row = planned(day)
    assert row["subject"] == "CN=" + expected
    assert row["names"].split()[0] == expected and row["names"].split()[1:] == sorted(row["names"].split()[1:])


def test_common_name_given(day):
    assert planned(day, "--common-name", "webdirext.contoso.com")["names"].split() == [
        "webdirext.contoso.com", *sorted(n for n in NAMES if n != "webdirext.contoso.com")]
    row = planned(day, "--common-name", "Lync.Contoso.com")
    assert row["subject"] == "CN=lync.contoso.com" and row["names"].split() == ["lync.contoso.com", *sorted(NAMES)]
    assert "is a wildcard" in day.fails(2, REQUEST + " --common-name *.contoso.com")
    long = "a" * 60 + ".contoso.com"
    assert "--common-name names another host" in day.fails(1, f"{REQUEST} --common-name {long}")


def test_wildcards_only_when_asked_for(day):
    csr = requested(day, "--host *.Contoso.com --host meet.contoso.com")
    assert names_of(csr) == ["webext.contoso.com", "*.contoso.com", *REST]
    assert common_name(csr) == "webext.contoso.com"


def test_subject(day):
    day.ok(*REQUEST.split(), "--key", "p256", "--output", "a.csr", "--organization", "Größe AG", "--country", "DE",
           "--state", "Bayern", "--locality", "München")
    assert read(day.directory / "a.csr").subject.rfc4514_string() == \
        "CN=webext.contoso.com,O=Größe AG,L=München,ST=Bayern,C=DE"


def test_names_with_a_certificate_of_their_own(day):
    """They are left out, and that is said; --name asks for them, and for nothing else."""
    day.ok("certificate add partner --chain other.pem")
    edited(day, *FABRIKAM)
    for host in ("meet.fabrikam.com", "lyncdiscover.fabrikam.com"):
        day.ok(f"binding add external {host} --certificate partner")
    row = planned(day)
    assert row["names"].split() == ["webext.contoso.com", *REST]
    assert row["left_out"] == "lyncdiscover.fabrikam.com meet.fabrikam.com"
    lines = day.ok(REQUEST + " --output a.csr")
    assert lines[1] == "without lyncdiscover.fabrikam.com meet.fabrikam.com: another certificate is bound for " \
        "each by name"
    row = planned(day, "--name", "partner")
    assert row["names"] == "lyncdiscover.fabrikam.com meet.fabrikam.com" and row["left_out"] is None
    row = planned(day, "--host", "meet.fabrikam.com")
    assert "meet.fabrikam.com" in row["names"] and row["left_out"] == "lyncdiscover.fabrikam.com"
    assert planned(day, "--name", "external")["names"].split() == ["webext.contoso.com", *REST]


def test_certificate_beside(day):
    day.ok(REQUEST + " --key rsa2048 --output rsa.csr")
    subprocess.run(["openssl", "x509", "-req", "-in", "rsa.csr", "-signkey", keys(day)[0], "-copy_extensions",
                    "copyall", "-out", "rsa.pem"], cwd=day.directory, check=True, capture_output=True)
    assert day.run("certificate", "add", "rsa", "--chain", "rsa.pem", "--key", keys(day)[0]).status == 0
    edited(day, "binding set external * --beside rsa")
    assert planned(day, "--name", "rsa")["names"].split() == ["webext.contoso.com", *REST]


def test_listener(day):
    """A listener's own names; one on two listeners is asked for once."""
    edited(day, "listener add second --address 127.0.0.2 --port 8443 --certificate external",
           "publish officewebapps wac.contoso.com --to wac02.contoso.local --ca root.pem --listener second",
           "route add second webext.contoso.com / --pool lyncpool01.contoso.local --scheme https --profile web")
    assert planned(day, "--listener", "second")["names"] == "webext.contoso.com wac.contoso.com"
    assert planned(day, "--listener", "external")["names"].split() == ["webext.contoso.com", *REST]
    assert planned(day)["names"].split() == ["webext.contoso.com", *sorted([*REST, "wac.contoso.com"])]


def test_nothing_published(admin):
    assert admin.fails(1, REQUEST) == "no name is published over https: 'lyncadm publish' does that, or --host says " \
        "for which names a certificate is needed before"
    assert not (admin.directory / "lync").exists()


def test_before_anything_is_published(admin):
    """Who needs the certificate first names the hosts: the first is the common name."""
    row = planned(admin, "--host", "*.contoso.com", "--host", "webext.contoso.com", "--host", "dialin.contoso.com")
    assert row["names"] == "webext.contoso.com *.contoso.com dialin.contoso.com"
    assert "--common-name names a host" in admin.fails(1, REQUEST + " --host *.contoso.com")


@pytest.mark.parametrize("words, status, sentence", [
    ("x", 2, "unexpected argument 'x'"), ("--output=", 2, "option '--output' needs a file name"),
    ("--key rsa1024", 2, "unknown kind of key 'rsa1024': there is 'rsa2048'"),
    ("--key RSA2048", 2, "unknown kind of key 'RSA2048'"),
    ("--host 10.0.0.1", 2, "host '10.0.0.1' is no host name but an address"), ("--host *", 2, "host '*' is no host"),
    ("--host *.com", 2, "host '*.com' stands for a whole top-level domain"), ("--host a.*.com", 2, "is no host name"),
    ("--host=", 2, "host '' is no host name"), ("--common-name a_b", 2, "common name 'a_b' is no host name"),
    ("--country Germany", 2, "cannot take --country 'Germany' into a certificate: string too long"),
    ("--organization=", 2, "cannot take --organization '' into a certificate: string too short"),
    ("--listener discovery", 1, "listener 'discovery' speaks http, which needs no certificate"),
    ("--listener nowhere", 1, "there is no listener 'nowhere'"),
    ("--name nobody", 1, "there is no certificate 'nobody': 'lyncadm certificate list' lists them"),
])
def test_used_wrongly(day, words, status, sentence):
    assert sentence in day.fails(status, f"{REQUEST} {words}")
    assert not (day.directory / "lync").exists()


def test_certificates_without_names(day):
    day.ok("certificate add partner --chain other.pem")
    assert "certificate 'partner' is presented for no published name" in day.fails(1, REQUEST + " --name partner")
    edited(day, *[f"binding add external {host} --certificate partner" for host in NAMES])
    assert "each name that is published has a certificate of its own" in day.fails(1, REQUEST)


def test_subject_on_several_lines(day):
    assert day.fails(2, *REQUEST.split(), "--organization", "a\nb") == "--organization is to be a single line of text"
