"""TLS policies, as clients and pools of their time meet them."""

import os
import subprocess

import pytest

from browser import Browser
from deploy import WEBEXT, Small, add_route, is_probe
from httpd import PATIENCE, VALGRIND, free_port, lyncadm, wait
from openssl import OLD, Handshake, chain_of
from test_health import PROXYS

VERSIONS = {"-tls1": "TLSv1", "-tls1_1": "TLSv1.1", "-tls1_2": "TLSv1.2", "-tls1_3": "TLSv1.3"}
ACCEPTED = {"modern": ["-tls1_3"], "intermediate": ["-tls1_2", "-tls1_3"], "legacy": list(VERSIONS)}
PAGE = "/meet/a/b"
REQUEST = "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n" % (PAGE, WEBEXT)

# What Internet Explorer 11 offers: Windows 7 as it came, and Windows 8.1; the suites that no OpenSSL has any more (RC4,
# 3DES, DSS) are left out.
EXPLORERS = {
    "Windows 7": "AES128-SHA256:AES128-SHA:AES256-SHA256:AES256-SHA:ECDHE-RSA-AES128-SHA256:ECDHE-RSA-AES128-SHA:"
                 "ECDHE-RSA-AES256-SHA:ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-GCM-SHA384:"
                 "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-SHA",
    "Windows 8.1": "ECDHE-RSA-AES256-SHA384:ECDHE-RSA-AES128-SHA256:ECDHE-RSA-AES256-SHA:ECDHE-RSA-AES128-SHA:"
                   "AES256-GCM-SHA384:AES128-GCM-SHA256:AES256-SHA256:AES128-SHA256:AES256-SHA:AES128-SHA:"
                   "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-SHA384:"
                   "ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA:ECDHE-ECDSA-AES128-SHA"}
EXPLORER = ("-tls1_2", "-curves", "P-256:P-384", "-sigalgs",
            "RSA+SHA256:RSA+SHA384:RSA+SHA1:ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA1")


class Policies(Small):
    """A listener a policy, all with the same certificate, of an RSA key as clients of old want it."""

    def __init__(self, stage, **arguments):
        super().__init__(stage, start=False, leaf={"key": "rsa"}, **arguments)
        self.ports = {"intermediate": self.https}
        for policy in ("modern", "legacy"):
            self.ports[policy] = free_port()
            lyncadm(stage, self.store, "listener", "add", policy, "--port", self.ports[policy], "--tls-policy", policy,
                    "--certificate", "external")
            add_route(stage, self.store, WEBEXT, "/meet", "--pool", self.lync.name, "--scheme", "https", "--profile", "web",
                      listener=policy)
        self.httpd.ports += tuple(self.ports.values())
        self.serve()


@pytest.fixture(scope="module")
def policies(stage_for_module):
    return Policies(stage_for_module)


def check_table(policies):
    for policy, accepted in ACCEPTED.items():
        for version, word in VERSIONS.items():
            for sni in (WEBEXT, None):
                handshake = Handshake(policies.ports[policy], version, *(OLD if version in ("-tls1", "-tls1_1") else ()),
                                      sni=sni, data=REQUEST)
                assert handshake.done == (version in accepted), (policy, version, sni, handshake)
                if handshake.done:
                    assert handshake.version == word, handshake
                    assert handshake.chain == chain_of(policies.leaf)
                    assert "HTTP/1.1 200 OK" in handshake.text, (policy, version, sni, handshake)


@pytest.mark.smoke
def test_versions_with_and_without_sni(policies):
    """Those of the policy are served to the page, under the one certificate of all three listeners; no others."""
    check_table(policies)


def test_a_main_server_with_other_ideas(stage):
    """What it says of TLS, and to OpenSSL, is not for our virtual hosts."""
    check_table(Policies(stage, before="""
SSLProtocol -all +TLSv1.2
SSLCipherSuite ECDHE-ECDSA-AES128-GCM-SHA256
SSLCipherSuite TLSv1.3 TLS_CHACHA20_POLY1305_SHA256
SSLHonorCipherOrder off
SSLSessionTickets off
SSLInsecureRenegotiation on
SSLOpenSSLConfCmd MinProtocol TLSv1.2
SSLOpenSSLConfCmd MaxProtocol TLSv1.2
SSLOpenSSLConfCmd Protocol -ALL,TLSv1.2
SSLOpenSSLConfCmd CipherString ECDHE-ECDSA-AES128-GCM-SHA256
SSLOpenSSLConfCmd Ciphersuites TLS_AES_128_CCM_SHA256"""))


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
@pytest.mark.parametrize("before", ["", "SSLSessionTickets off"])
def test_sessions_are_resumed(stage, version, before):
    """By tickets, and in TLS 1.2 without tickets by the cache."""
    world = Small(stage, before=before)
    for more in ([], ["-no_ticket"]) if version == "-tls1_2" else ([],):
        kept = stage.path("session")
        first = Handshake(world.https, version, "-sess_out", kept, *more, sni=WEBEXT, data=REQUEST)
        assert first.done and not first.reused and first.tickets == (not more), first
        assert Handshake(world.https, version, "-sess_in", kept, *more, sni=WEBEXT, data=REQUEST).reused


@pytest.mark.parametrize("windows", EXPLORERS)
@pytest.mark.parametrize("policy, cipher", [("intermediate", "ECDHE-RSA-AES128-SHA256"), ("legacy", None), ("modern", "")])
def test_internet_explorer_11(policies, windows, policy, cipher):
    handshake = Handshake(policies.ports[policy], *EXPLORER, "-cipher", EXPLORERS[windows], sni=WEBEXT, data=REQUEST)
    assert handshake.done == (policy != "modern"), handshake
    if policy == "intermediate":
        assert handshake.cipher == "ECDHE-RSA-AES128-SHA256", handshake
    if handshake.done:
        assert "HTTP/1.1 200 OK" in handshake.text


def test_nothing_weaker_than_the_policy(policies):
    """No key exchange without forward secrecy and no SHA-1 but under legacy; none of the broken ciphers anywhere."""
    for cipher, allowed in (("AES128-SHA", ["legacy"]), ("AES128-GCM-SHA256", ["legacy"]),
                            ("ECDHE-RSA-AES128-SHA", ["legacy"]),
                            ("ECDHE-RSA-AES128-SHA256", ["legacy", "intermediate"]),
                            ("ECDHE-RSA-AES128-GCM-SHA256", ["legacy", "intermediate"]),
                            ("ALL:COMPLEMENTOFALL:!AES:!CHACHA20:!ARIA:!CAMELLIA:@SECLEVEL=0", []),
                            ("aNULL:eNULL:@SECLEVEL=0", [])):
        for policy, port in policies.ports.items():
            handshake = Handshake(port, "-tls1_2", "-cipher", cipher, sni=WEBEXT)
            assert handshake.done == (policy in allowed), (policy, cipher, handshake)


@pytest.mark.parametrize("policy", ACCEPTED)
def test_curl(policies, policy):
    """Verifies by the root alone, by name; asked for TLS 1.2 at most, it gets it or an alert (35)."""
    port = policies.ports[policy]
    for limit in ("1.2", "1.3"):
        result = subprocess.run(["curl", "-sS", "--cacert", policies.pki.public.path, "--tls-max", limit, "-w", "%{http_code}",
                                 "--resolve", "%s:%d:127.0.0.1" % (WEBEXT, port), "-o", os.devnull,
                                 "https://%s:%d%s" % (WEBEXT, port, PAGE)], stdout=subprocess.PIPE, text=True,
                                stderr=subprocess.PIPE, timeout=PATIENCE)
        expected = 35 if (policy, limit) == ("modern", "1.2") else 0
        assert result.returncode == expected and (expected or result.stdout == "200"), result


@pytest.mark.skipif(VALGRIND, reason="it is the browser that is tested here")
@pytest.mark.parametrize("trusted", [True, False])
def test_chromium(policies, stage, trusted):
    """With the CA among its own it shows the page, and the padlock that goes with it; without, it does not."""
    folder = stage.path("browser")
    database = os.path.join(folder, ".pki", "nssdb")
    os.makedirs(database)
    subprocess.run(["certutil", "-N", "-d", "sql:" + database, "--empty-password"], check=True)
    if trusted:
        subprocess.run(["certutil", "-A", "-d", "sql:" + database, "-t", "C,,", "-n", "root", "-i", policies.pki.public.path],
                       check=True)
    with Browser(folder, "--host-resolver-rules=MAP %s 127.0.0.1" % WEBEXT) as browser:
        for policy, port in policies.ports.items():
            url = "https://%s:%d%s" % (WEBEXT, port, PAGE)
            error = browser.open(url)
            if not trusted:
                assert error == "net::ERR_CERT_AUTHORITY_INVALID"
                continue
            assert error is None and browser.protocols[url] == "TLS 1.3", (policy, error)
            assert browser.run("isSecureContext && document.body.innerText.length > 0")


# Pools. ------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("protocol, policy", [("-all +TLSv1", "legacy"), ("-all +TLSv1.1", "legacy"),
                                              ("-all +TLSv1.2", "legacy"), ("-all +TLSv1.2", "intermediate"),
                                              ("-all +TLSv1.3", "intermediate"), ("-all +TLSv1.3", "modern")])
def test_a_pool_that_the_policy_can_speak_to(stage, protocol, policy):
    world = Small(stage, fields=[("tls-policy", policy)], pool_arguments={"protocol": protocol})
    assert world.ask(WEBEXT, PAGE).status == 200
    server = world.lync.servers[0]
    mark = server.mark()
    wait("a probe is answered", lambda: any(is_probe(entry) and entry["status"] == 200 for entry in server.seen_since(mark)))


@pytest.mark.parametrize("protocol, policy", [("-all +TLSv1", "intermediate"), ("-all +TLSv1.2", "modern")])
def test_a_pool_that_it_cannot(stage, protocol, policy):
    """503 to the client, and the error log says that it is the version, of which server."""
    world = Small(stage, fields=[("tls-policy", policy)], pool_arguments={"protocol": protocol}, start=False)
    world.httpd.expect(PROXYS)
    world.serve()
    answer = world.ask(WEBEXT, PAGE)
    assert answer.status == 503 and int(answer.get("Retry-After")) > 0
    print("\n".join(world.httpd.lines("")))
    assert world.httpd.lines("fe01.contoso.local.*(protocol version|version too low|unsupported protocol)")
    world.httpd.expect(PROXYS)
