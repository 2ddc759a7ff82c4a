"""make install, where httpd is laid out as Debian's and as Red Hat's, and where it is neither: what apxs says is made up."""

import os
import re
import shutil
import stat
import subprocess

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.abspath(os.environ.get("BUILD") or os.path.join(TOP, "build"))

APXS = """\
#!/bin/sh
case "$2" in
PROGNAME) echo {name} ;;
SBINDIR) echo /usr/sbin ;;
SYSCONFDIR) echo {conf} ;;
LIBEXECDIR) echo {modules} ;;
*) exec {real} "$@" ;;
esac
"""
DEBIAN = {"name": "apache2", "conf": "/etc/apache2", "modules": "/usr/lib/apache2/modules"}
REDHAT = {"name": "httpd", "conf": "/etc/httpd/conf", "modules": "/usr/lib64/httpd/modules"}
TREES = {"debian": "etc/apache2/mods-available", "redhat": "etc/httpd/conf.modules.d etc/httpd/conf.d", "other": "etc"}


class Place:
    """A DESTDIR with folders of a httpd, and an apxs that knows it."""

    def __init__(self, directory, httpd, tree):
        self.root, self.apxs = directory / "root", directory / "apxs"
        for name in TREES[tree].split():
            (self.root / name).mkdir(parents=True)
        self.apxs.write_text(APXS.format(real=shutil.which("apxs"), **httpd))
        self.apxs.chmod(0o755)

    def make(self, *words, status=0):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
        done = subprocess.run(["make", "-f", "apxs.mk", "BUILD=" + BUILD, "APXS=%s" % self.apxs, "DESTDIR=%s" % self.root,
                               *words], cwd=TOP, env=environment, text=True, umask=0o077,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        assert done.returncode == status, done.stdout
        return done.stdout

    def files(self):
        """Mode by name, of files and of folders that are empty."""
        found = {}
        for folder, folders, names in os.walk(self.root):
            for path in [os.path.join(folder, name) for name in names] or ([] if folders else [folder]):
                found["/" + os.path.relpath(path, self.root)] = stat.S_IMODE(os.stat(path).st_mode)
        return found

    def read(self, name):
        return (self.root / name).read_text()

    def write(self, name, text):
        (self.root / name).write_text(text)


def expected(prefix, modules, zsh="site-functions"):
    man = os.listdir(os.path.join(BUILD, "man"))
    assert len(man) > 10
    found = {prefix + "/share/man/man%s/%s" % (name[-1], name): 0o644 for name in man}
    found.update({modules + "/mod_lync.so": 0o644, prefix + "/sbin/lyncadm": 0o755, "/etc/lync": 0o755,
                  "/var/lib/lync": 0o755, prefix + "/share/bash-completion/completions/lyncadm": 0o644,
                  prefix + "/share/zsh/%s/_lyncadm" % zsh: 0o644})
    return found


def template(name):
    with open(os.path.join(TOP, "templates", "apache", name)) as file:
        return file.read()


def test_debian(tmp_path):
    place = Place(tmp_path, DEBIAN, "debian")
    said = place.make("PREFIX=/usr", "install")
    assert "a2enmod lync && systemctl restart apache2.service" in said
    conf = "etc/apache2/mods-available/"
    assert place.files() == {**expected("/usr", DEBIAN["modules"], "vendor-completions"), "/%slync.load" % conf: 0o644,
                             "/%slync.conf" % conf: 0o644}
    assert [place.read(conf + name) for name in ("lync.load", "lync.conf")] == [template("lync.load"), template("lync.conf")]
    for name in ("lync.load", "lync.conf"):
        place.write(conf + name, "# mine\n")
    os.chmod(place.root / "var/lib/lync", 0o700)
    place.make("PREFIX=/usr", "install")
    assert [place.read(conf + name) for name in ("lync.load", "lync.conf")] == [template("lync.load"), "# mine\n"]
    assert place.files()["/var/lib/lync"] == 0o700


def test_redhat(tmp_path):
    place = Place(tmp_path, REDHAT, "redhat")
    said = place.make("install")
    assert "systemctl restart httpd.service" in said and "a2enmod" not in said
    load, conf = "etc/httpd/conf.modules.d/10-lync.conf", "etc/httpd/conf.d/lync.conf"
    assert place.files() == {**expected("/usr/local", REDHAT["modules"]), "/" + load: 0o644, "/" + conf: 0o644}
    assert re.findall(r"(?m)^\w.*", place.read(load)) == ["LoadModule lync_module /usr/lib64/httpd/modules/mod_lync.so"]
    assert place.read(conf) == "<IfModule lync_module>\n%s</IfModule>\n" % template("lync.conf")
    for name in (load, conf):
        place.write(name, "# mine\n")
    place.make("install")
    assert [place.read(name) for name in (load, conf)] == ["# mine\n"] * 2


def test_another_layout(tmp_path):
    """Whose configuration nobody knows is told what to write."""
    place = Place(tmp_path, REDHAT, "other")
    said = place.make("install")
    assert place.files() == expected("/usr/local", REDHAT["modules"])
    assert "# Depends: proxy " in said
    assert "LoadModule lync_module /usr/lib64/httpd/modules/mod_lync.so\nLyncStore /var/lib/lync/lync.db\n" in said


@pytest.mark.parametrize("httpd, tree, conf", [(DEBIAN, "mods-available", "mods-available/lync.load"),
                                               (REDHAT, "conf.modules.d", "conf.modules.d/10-lync.conf")])
def test_staged(tmp_path, httpd, tree, conf):
    """For a package: the host tells the layout where DESTDIR is empty."""
    host = tmp_path / "host"
    (host / tree).mkdir(parents=True)
    place = Place(tmp_path, dict(httpd, conf="%s%s" % (host, "/conf" if httpd is REDHAT else "")), "other")
    place.make("install")
    assert os.path.isfile("%s%s/%s" % (place.root, host, conf)) and os.listdir(host / tree) == []


@pytest.mark.parametrize("found, said", [
    ("", "no dpkg here, so nothing is installed; what is needed is what Debian has as gcc "), ("exit 1", "not installed yet: gcc")])
def test_a_system_without_dpkg(tmp_path, found, said):
    """build builds there what can be built."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("sh", "make", "grep", "echo", "id"):
        (tools / name).symlink_to(shutil.which(name))
    if found:
        (tools / "dpkg-query").write_text("#!/bin/sh\n%s\n" % found)
        (tools / "dpkg-query").chmod(0o755)
        (tools / "apt-get").symlink_to("/bin/false")
    done = subprocess.run(["make", "-f", "apxs.mk", "setup-PACKAGES"], cwd=TOP, env={"PATH": str(tools)}, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert said in done.stdout and (done.returncode != 0) == bool(found), done.stdout


def test_told_otherwise(tmp_path):
    place = Place(tmp_path, DEBIAN, "debian")
    said = place.make("PREFIX=/opt/lync", "LIBEXECDIR=/opt/modules", "SYSCONFDIR=/etc/other/conf", "UNIT=proxy.service",
                      "LAYOUT=redhat", "MANDIR=/opt/man", "BASHDIR=/opt/bash", "ZSHDIR=/opt/zsh", "install")
    assert "systemctl restart proxy.service" in said
    found = set(place.files())
    assert {"/opt/lync/sbin/lyncadm", "/opt/modules/mod_lync.so", "/opt/man/man8/lyncadm.8", "/opt/bash/lyncadm",
            "/opt/zsh/_lyncadm", "/etc/other/conf.d/lync.conf", "/etc/other/conf.modules.d/10-lync.conf"} <= found


@pytest.mark.parametrize("word", ["PREFIX=usr", "PREFIX=/us r", "DESTDIR=/de st"])
def test_a_folder_that_is_none(tmp_path, word):
    """It would be somewhere below the sources, or taken apart."""
    place = Place(tmp_path, DEBIAN, "other")
    before = place.files()
    assert "DESTDIR or PREFIX has blanks" in place.make(word, "LAYOUT=other", "install", status=2)
    assert place.files() == before


@pytest.mark.parametrize("httpd, words, control", [(DEBIAN, [], "apachectl"), (REDHAT, [], "/usr/sbin/httpd"),
                                                   (REDHAT, ["CONTROL=/opt/ctl -q"], "/opt/ctl -q")])
def test_how_lyncadm_reaches_httpd(tmp_path, httpd, words, control):
    """Red Hat's apachectl takes no arguments."""
    place = Place(tmp_path, httpd, "other")
    said = place.make("-n", "-W", "admin/init.c", *words, os.path.relpath(os.path.join(BUILD, "admin", "init.o"), TOP))
    assert "-DLYNCADM_CONTROL='\"%s\"'" % control in said, said


def test_a_changed_header_is_compiled_again_however_the_folder_is_written(tmp_path):
    """Its objects were made for "build", and this says where that is."""
    said = Place(tmp_path, DEBIAN, "debian").make("-n", "-W", "db/served.h", "all")
    assert " db/serving.c" in said and " db/route.c" not in said, said


@pytest.mark.parametrize("name", ["apxs", "apxs2"])
def test_apxs_is_found(tmp_path, name):
    place = Place(tmp_path, REDHAT, "other")
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in ("sh", "sed", "find", "make", "env"):
        (folder / tool).symlink_to(subprocess.check_output(["which", tool], text=True).strip())
    (folder / name).write_text(place.apxs.read_text())
    (folder / name).chmod(0o755)
    done = subprocess.run(["make", "-f", "apxs.mk", "-pn", "setup-PACKAGES"], cwd=TOP, env={"PATH": str(folder)}, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    assert "APXS := %s\n" % (folder / name) in done.stdout
