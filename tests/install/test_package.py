"""Debian's packages on a stock Debian Apache with a site of its own: in by the README, used, out; upgraded and removed while
it serves. Maintainer scripts act as on a host that boots by init scripts, since no systemd runs there."""

import contextlib
import glob
import os
import re
import stat
import subprocess

import pytest

from test_guide import README, TOP, Guide, prepared, publish, same, verified
from debian import BUILD, apache2
from deploy import MEET, WEBEXT
from httpd import wait
from load import Load

NAMES = ["libapache2-mod-lync", "lyncadm"]
MODULE = "/usr/lib/apache2/modules/mod_lync.so"
CONF = "/etc/apache2/mods-available/lync.conf"
STORE = "/var/lib/lync/lync.db"
MARK = b"previous"
# systemd's words, and where the packages are
WORDS = (("systemctl restart apache2", "apachectl restart"), ("systemctl reload apache2", "apachectl graceful"),
         ("./build/", BUILD + "/"))


def block(name):
    with open(README) as file:
        lines = re.search(r"^```sh %s\n(.*?)^```" % name, file.read(), re.M | re.S)[1]
    for theirs, ours in WORDS:
        lines = lines.replace(theirs, ours)
    return lines.splitlines()


def debs():
    found = sorted(glob.glob(os.path.join(BUILD, "deb", "*.deb")))
    assert [os.path.basename(name).split("_")[0] for name in found] == NAMES, "'make -f apxs.mk deb' makes them"
    return found


def older(deb, directory):
    """The same package as an older version would be."""
    tree = os.path.join(directory, os.path.basename(deb)[:-4])
    subprocess.run(["dpkg-deb", "-R", deb, tree], check=True)
    with open(os.path.join(tree, "DEBIAN", "control")) as file:
        text = re.sub(r"(?m)^Version: .*", "Version: 0.1.0-1", re.sub(r"<< [\d.]+", "<< 0.1.0", file.read()))
    with open(os.path.join(tree, "DEBIAN", "control"), "w") as file:
        file.write(text)
    for name in (MODULE, "/usr/sbin/lyncadm"):
        if os.path.exists(tree + name):
            with open(tree + name, "ab") as file:
                file.write(MARK)
    subprocess.run(["dpkg-deb", "-b", "--root-owner-group", tree, tree + ".deb"], check=True, stdout=subprocess.DEVNULL)
    return tree + ".deb"


class Packaged:
    """The host, and what is asked of it again and again."""

    def __init__(self, host):
        self.host, self.must, self.run = host, host.must, host.run
        host.write("/usr/sbin/policy-rc.d", "#!/bin/sh\nexit 0\n", 0o755)
        host.write("/etc/apt/apt.conf.d/90yes", 'APT::Get::Assume-Yes "true";\n')
        self.files = set()
        self.before, self.files, self.pid = host.answers(), self.ours(), self.master()

    def shell(self, line):
        return self.must("sh", "-c", line)

    def master(self):
        return self.shell("pid=$(cat /run/apache2/apache2.pid) && test -d /proc/$pid && echo $pid").strip()

    def reloaded(self, *words):
        self.host.control(*words)
        self.pid = self.master()

    def others_as_before(self):
        assert not same(self.before, self.host.answers())

    def goes_on(self):
        """The httpd that was started is the one that runs, and could be started again."""
        assert self.master() == self.pid
        self.must("apachectl", "configtest")

    def ours(self):
        """Files with our name that the host has, and a stock one has not."""
        found = self.shell("find /etc /usr /var /run -path '*lync*' -not -type d -not -path '%s/*' "
                           "-not -path '/var/lib/dpkg/*' -not -path '/var/cache/*'" % TOP).splitlines()
        return set(found) - self.files

    def kept(self):
        """The administrator's: the digest of each file."""
        return self.shell("find /etc/lync /var/lib/lync -type f -exec sha256sum {} + | sort")

    def mapped(self):
        """How the module ends that httpd has loaded."""
        return self.shell("cd /proc/%s && tail -c %d map_files/$(grep -m 1 mod_lync.so maps | cut -d ' ' -f 1) | tr -d '\\0'"
                          % (self.pid, len(MARK)))

    def served(self):
        return self.host.status()[0] == 0 and self.host.get("https://%s/" % MEET)[0] == 200

    @contextlib.contextmanager
    def asked(self, *names):
        """Clients that ask meanwhile, each on new and on kept connections; none is let down."""
        with self.host.network():
            loads = [Load(443, name, "/", pause=0.01) for name in names]
        try:
            yield
            for load in loads:
                load.more()
        finally:
            failed = [(load.host, failure) for load in loads for failure in load.stop()]
        assert not failed


@pytest.fixture(scope="module")
def packaged():
    with prepared() as host:
        yield Packaged(host)


@pytest.fixture(scope="module")
def installed(packaged):
    """The README's lines up to the packages."""
    lines = block("packages")
    count = next(number for number, line in enumerate(lines) if line.startswith("apt ")) + 1
    for line in lines[:count]:
        packaged.shell(line)
    packaged.rest = lines[count:]
    return packaged


@pytest.fixture(scope="module")
def published(installed):
    """All of the README's lines, and its guide."""
    for line in installed.rest:
        installed.shell(line)
    installed.reloaded("configtest")
    publish(installed.host, Guide(README))
    return installed


def test_what_they_say_of_themselves(installed):
    version = installed.must("lyncadm", "version").split()[1]
    for name in NAMES:
        assert installed.must("dpkg-query", "-W", "-f=${Version}", name).rpartition("-")[0] == version
    depends = installed.must("dpkg-query", "-W", "-f=${Depends}", NAMES[0])
    assert "apache2-api-20120211" in depends and "apache2-bin" in depends
    assert installed.must("man", "-w", "lyncadm", "mod_lync").count("/usr/share/man/") == 2
    assert "lyncadm" in installed.must("bash", "-c", ". /usr/share/bash-completion/completions/lyncadm && complete -p lyncadm")
    assert os.path.exists(installed.host.path("/usr/share/zsh/vendor-completions/_lyncadm"))


def test_installed_is_not_enabled(installed):
    assert installed.run("a2query", "-q", "-m", "lync")[0] != 0
    installed.goes_on()
    installed.others_as_before()


def test_enabled_without_a_store(installed):
    assert not os.path.exists(installed.host.path(STORE))
    installed.must("a2enmod", "-q", "lync")
    for words in (["graceful"], ["restart"], ["stop"], ["start"]):
        if words == ["stop"]:
            installed.host.stop()
        else:
            installed.reloaded(*words)
        installed.must("apachectl", "configtest")
    installed.others_as_before()
    installed.must("a2dismod", "-q", "lync")
    installed.reloaded("graceful")


def test_the_readme(published):
    assert "revision 1 is served" in published.host.said[0]
    assert published.host.get("https://%s/abs" % WEBEXT)[0] == 401
    published.others_as_before()
    verified(published.host)


def test_owners_and_modes(published):
    found = {}
    for name in ("/etc/lync", "/var/lib/lync", "/usr/sbin/lyncadm", MODULE, CONF, STORE, "/etc/lync/keys"):
        status = os.stat(published.host.path(name))
        found[name] = (stat.S_IMODE(status.st_mode), status.st_uid)
    assert found == {"/etc/lync": (0o755, 0), "/var/lib/lync": (0o755, 0), "/usr/sbin/lyncadm": (0o755, 0),
                     MODULE: (0o644, 0), CONF: (0o644, 0), STORE: (0o640, 0), "/etc/lync/keys": (0o700, 0)}
    keys = glob.glob(published.host.path("/etc/lync/keys/*"))
    assert keys and all(stat.S_IMODE(os.stat(name).st_mode) == 0o600 for name in keys)


def test_out_by_the_readme(published):
    kept = published.kept()
    assert "/etc/lync/keys/" in kept and STORE in kept
    with published.asked("shop.example"):
        for line in block("out"):
            published.shell(line)
    published.goes_on()
    published.others_as_before()
    published.reloaded("restart")
    published.others_as_before()
    assert not os.path.exists(published.host.path(MODULE)) and os.path.exists(published.host.path(CONF))
    assert published.kept() == kept


def test_purge_leaves_what_is_the_administrators(published):
    kept = published.kept()
    published.must("apt", "purge", *NAMES)
    assert all(re.match("/etc/lync/|/var/lib/lync/", name) for name in published.ours()), published.ours()
    assert published.kept() == kept
    published.goes_on()


def test_an_older_version_serves_what_was_left(published):
    """And changed by hand is its configuration."""
    directory = published.host.path("/root/previous")
    os.mkdir(directory)
    for deb in debs():
        older(deb, directory)
    published.shell("apt install /root/previous/*.deb && a2enmod -q lync")
    published.shell("echo 'LyncPinLimit 100' >>" + CONF)
    published.reloaded("restart")
    wait("it serves", published.served)
    assert published.mapped() == MARK.decode()


def test_upgrade_while_it_serves(published):
    before = [published.must("sha256sum", STORE, CONF), published.host.status()[1]["served"]]
    with published.asked("shop.example", MEET):
        published.must("apt", "install", *debs())
        wait("the new module is loaded", lambda: published.mapped() != MARK.decode())
    published.goes_on()
    wait("it serves", published.served)
    assert [published.must("sha256sum", STORE, CONF), published.host.status()[1]["served"]] == before
    published.others_as_before()


def test_new_files_below_a_running_httpd(published):
    """What it has loaded stays, until it is told to look: no reload, as between unpacking and configuring."""
    published.shell("dpkg --unpack /root/previous/*.deb")
    assert published.mapped() != MARK.decode()
    with published.asked("shop.example", MEET):
        pass
    published.shell("dpkg --configure -a && dpkg -i " + " ".join(debs()))
    wait("it serves", published.served)
    published.goes_on()


def test_removed_while_it_serves(published):
    with published.asked("shop.example"):
        published.must("apt", "remove", NAMES[0])
        wait("Lync is gone", lambda: published.host.get("https://%s/" % MEET)[1] is None)
    published.goes_on()
    published.others_as_before()
    published.must("apt", "install", *debs())
    assert published.run("a2query", "-q", "-m", "lync")[0] != 0
    published.must("a2enmod", "-q", "lync")
    published.reloaded("restart")
    wait("it serves", published.served)
    published.must("apt", "purge", NAMES[0])
    published.goes_on()
    published.others_as_before()


def test_each_alone(published):
    module, program = debs()
    assert published.must("lyncadm", "version") and not os.path.exists(published.host.path(MODULE))
    published.must("lyncadm", "check")
    published.must("apt", "purge", NAMES[1])
    published.must("apt", "install", "--no-install-recommends", module)
    published.must("a2enmod", "-q", "lync")
    published.reloaded("restart")
    wait("it serves", lambda: published.host.get("https://%s/" % MEET)[0] == 200)
    published.must("apt", "purge", NAMES[0])
    published.others_as_before()


def test_links_in_the_place_of_folders_stay(published):
    """The store and the keys are elsewhere, and httpd goes on without lyncadm."""
    folders = {"/etc/lync": "/srv/keys", "/var/lib/lync": "/srv/store"}
    published.must("apt", "install", *debs())
    for folder, elsewhere in folders.items():
        published.shell("mv %s %s && ln -s %s %s" % (folder, elsewhere, elsewhere, folder))
    kept = published.shell("find /srv/keys /srv/store -type f | sort")
    published.must("apt", "purge", NAMES[1])
    assert all(os.path.islink(published.host.path(folder)) for folder in folders)
    assert published.shell("find /srv/keys /srv/store -type f | sort") == kept
    published.shell("rm %s" % " ".join(folders))
    published.must("apt", "install", debs()[1])
    assert all(stat.S_IMODE(os.stat(published.host.path(folder)).st_mode) == 0o755 for folder in folders)
    published.must("apt", "purge", *NAMES)
    assert not any(os.path.exists(published.host.path(folder)) for folder in folders)
    for folder, elsewhere in folders.items():
        published.shell("mv %s %s" % (elsewhere, folder))


def links(packaged):
    return glob.glob(packaged.host.path("/etc/apache2/mods-enabled/lync.*"))


def test_removed_after_apache2(published):
    """With which a2dismod went: apache2 comes back to a configuration that it can start with."""
    published.must("apt", "install", *debs())
    published.must("a2enmod", "-q", "lync")
    published.must("dpkg", "-r", "apache2")
    published.must("dpkg", "-r", NAMES[0])
    assert not links(published)
    published.must("dpkg", "-i", *apache2())
    published.must("apachectl", "configtest")
    published.reloaded("start")
    published.others_as_before()


@pytest.mark.parametrize("deleted", ["lync.load", "lync.conf"])
def test_removed_after_a_file_of_its_own(published, deleted):
    published.must("dpkg", "-i", "--force-confmiss", *debs())
    published.must("a2enmod", "-q", "lync")
    os.remove(published.host.path("/etc/apache2/mods-available/" + deleted))
    published.must("dpkg", "-r", NAMES[0])
    assert not links(published)
    published.must("apachectl", "configtest")


def test_the_log_says_nothing_about_all_that(published):
    """Only that there was no store yet, where there was none."""
    with open(published.host.path("/var/log/apache2/error.log"), errors="replace") as file:
        lines = [line for line in file if re.search(r"lync|exit signal", line) and not re.search(r":(info|notice)\]", line)]
    assert lines and not [line for line in lines if "LYNC0095" not in line], "".join(lines)
