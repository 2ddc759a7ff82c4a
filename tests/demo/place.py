"""Where the demo takes place: a folder, simulated pools, a CA and a certificate for the public names, and a
private httpd, all on loopback addresses of this run alone."""

import os
import re
import socket
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path[1:1] = [os.path.join(TOP, "tests", "httpd"), os.path.join(TOP, "tests", "pool")]
from deploy import DIALIN, DISCOVER, MEET, OWAS, PUBLIC, WEBDIR, WEBEXT, WEBEXT2  # noqa: E402,F401
from httpd import HTTPD, LYNCADM, MOD_LYNC, Httpd, Stage, modules_dir, wait  # noqa: E402,F401
from pki import PKI  # noqa: E402
from pool import LyncPool, Users, free_address, free_ports, hosts_file  # noqa: E402

# What Debian's apache2 enables when it is installed.
DEBIAN = ("mpm_event", "authn_core", "authz_core", "authz_host", "auth_basic", "access_compat", "authn_file",
          "authz_user", "alias", "dir", "autoindex", "env", "mime", "negotiation", "setenvif", "filter", "deflate",
          "status", "reqtimeout")

CONF = """\
ServerRoot "{folder}"
DefaultRuntimeDir "{folder}/run"
PidFile "{folder}/run/httpd.pid"
Mutex "file:{folder}/run"
ErrorLog "{folder}/error.log"
LogLevel info
ServerName localhost
DocumentRoot "{folder}/htdocs"
TypesConfig /dev/null
{user}
StartServers 2
ServerLimit 8
ThreadsPerChild 32
ThreadLimit 32
MinSpareThreads 32
MaxSpareThreads 128
MaxRequestWorkers 128
SSLSessionCache "shmcb:{folder}/run/ssl_scache(512000)"
{modules}
{load}
<IfModule md_module>
MDStoreDir "{folder}/run/md"
</IfModule>
{conf}
"""

# httpd's own control program, for this httpd; internal names resolve as /etc/hosts would have them.
APACHECTL = """\
#!/bin/sh
case "$1" in
configtest) set -- -t ;;
start|stop|restart|graceful) set -- -k "$1" ;;
esac
exec env NSS_WRAPPER_HOSTS='{hosts}' LD_PRELOAD='{preload}' '{httpd}' -f '{conf}' "$@"
"""


class PrivateHttpd(Httpd):
    """Debian's modules, those that lync.load depends on, and the module's own two files, as a2enmod lync has them."""

    def __init__(self, stage, folder, **arguments):
        self.load = template("lync.load", r"/usr/lib/apache2/modules/mod_lync.so", MOD_LYNC)
        self.wanted = list(dict.fromkeys((*DEBIAN, *re.search("^# Depends: (.*)", self.load)[1].split())))
        super().__init__(stage, folder, **arguments)
        stage.httpds.append(self)

    def write(self):
        built_in = subprocess.check_output([HTTPD, "-l"], text=True)
        loads = ["LoadModule %s_module %s/mod_%s.so" % (name, modules_dir(), name)
                 for name in self.wanted if "mod_%s.c" % name not in built_in]
        conf = template("lync.conf", "/var/lib/lync/lync.db", self.store)
        user = "" if os.getuid() else "User nobody\nGroup nogroup"
        with open(self.conf_path, "w") as file:
            file.write(CONF.format(folder=self.folder, user=user, modules="\n".join(loads), load=self.load, conf=conf)
                       + self.before)


def template(name, what, instead):
    with open(os.path.join(TOP, "templates", "apache", name)) as file:
        text = file.read()
    if what not in text:
        raise AssertionError("templates/apache/%s does not say '%s'" % (name, what))
    return text.replace(what, instead)


class Place:
    def __init__(self, stage):
        self.stage = stage
        self.address = free_address()
        self.https, self.http = self.two_ports()
        self.files, self.store = stage.path("etc"), stage.path("lync.db")
        self.users = Users()
        self.pki = PKI(stage.path("pki"))
        self.one = self.pool("lyncpool01", ["fe01", "fe02"], WEBEXT)
        self.two = self.pool("lyncpool02", ["lyncpool02"], WEBEXT2)
        self.director = self.pool("lyncdir01", ["lyncdir01"], WEBDIR, role="director", home=WEBEXT2)
        self.farm = self.pool("wac01", ["wac01"], OWAS, role="officewebapps")
        self.all = [self.one, self.two, self.director, self.farm]
        self.pools = {pool.name: pool for pool in self.all}
        self.hosts = hosts_file(stage.path("hosts"), *self.all)
        self.ca = self.pki.public.path
        self.write_files()
        # the stock site of an existing Apache, on port 80 in real life
        site = "Listen %s:%d" % (self.address, free_ports([self.address], 1)[0])
        self.httpd = PrivateHttpd(stage, stage.path("httpd"), store=self.store, hosts=self.hosts, before=site)
        self.write_programs()

    def two_ports(self):
        """Easy to remember when they are free; everybody has his own address anyway."""
        try:
            for port in (8443, 8080):
                with socket.socket() as probe:
                    probe.bind((self.address, port))
            return 8443, 8080
        except OSError:
            return free_ports([self.address], 2)

    def pool(self, name, servers, external, **arguments):
        return LyncPool(self.stage.path("pools", name), name=name + ".contoso.local", pki=self.pki, users=self.users,
                        servers=[server + ".contoso.local" for server in servers], external=external, threads=64,
                        published_https=self.https, published_http=self.http, **arguments)

    def write_files(self):
        """What the guide expects in /etc/lync."""
        leaf = self.pki.public.leaf(WEBEXT, sans=PUBLIC)
        os.mkdir(self.files)
        for source, name, mode in ((leaf.chain, "external.pem", 0o644), (leaf.key, "external.key", 0o600),
                                   (self.pki.internal.path, "root.pem", 0o644)):
            with open(source) as file, open(os.path.join(self.files, name), "w",
                                            opener=lambda path, flags: os.open(path, flags, mode)) as copy:
                copy.write(file.read())

    def write_programs(self):
        """A folder for PATH in which lyncadm is the one just built and apachectl is for the private httpd."""
        self.programs = self.stage.path("bin")
        os.mkdir(self.programs)
        os.symlink(LYNCADM, os.path.join(self.programs, "lyncadm"))
        control = os.path.join(self.programs, "apachectl")
        with open(control, "w") as file:
            file.write(APACHECTL.format(hosts=self.hosts, httpd=HTTPD, conf=self.httpd.conf_path,
                                        preload=self.httpd.environment["LD_PRELOAD"]))
        os.chmod(control, 0o755)
        self.environment = dict(os.environ, LYNC_STORE=self.store,
                                PATH=self.programs + ":" + os.environ.get("PATH", "/usr/bin:/bin"))

    def start_pools(self):
        for pool in self.all:
            pool.start()

    def wait_for_listeners(self):
        wait("httpd listens", lambda: all(self.listening(port) for port in (self.https, self.http)))

    def listening(self, port):
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex((self.address, port)) == 0

    def run(self, words):
        """Runs a command in the demo's environment: (exit status, what it printed)."""
        done = subprocess.run(words, env=self.environment, cwd=self.stage.folder, text=True, timeout=60,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.returncode, done.stdout

    def seen(self, mark=""):
        """Requests that pools saw, with this word in their line."""
        return [entry for pool in self.all for entry in pool.seen() if mark in entry["line"]]

    def stop_pools(self):
        for pool in self.all:
            pool.stop()
