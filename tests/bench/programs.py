"""nginx and haproxy, as their manuals have them."""

import os
import resource
import shutil
import signal
import subprocess

from candidate import Candidate
from httpd import listening, wait

SLOW_START = 120                # seconds; nginx with thousands of names


class Program(Candidate):
    """A proxy with one configuration file, in a folder of its own; no service of the system's."""

    @classmethod
    def program(cls):
        return shutil.which(cls.name.partition("-")[0], path="/usr/sbin:/usr/bin")

    def start(self):
        path = self.program()
        if not path:
            raise SystemExit("%s is not installed: make -f apxs.mk bench as root does it" % self.name)
        conf = os.path.join(self.folder, "conf")
        with open(conf, "w") as file:
            file.write(self.text())
        said = os.path.join(self.folder, "output")
        with open(said, "w") as output:
            self.process = subprocess.Popen([path, *[word.format(conf=conf) for word in self.words]], stdout=output,
                                            stderr=output, env=self.stage.environment(), stdin=subprocess.DEVNULL)
        self.pid = self.process.pid

        def up():
            if self.process.poll() is not None:
                with open(said) as file:
                    raise SystemExit("%s ended with %d: %s" % (self.name, self.process.returncode, file.read()))
            return listening(self.port)
        wait("%s is up" % self.name, up, SLOW_START)

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def reload(self):
        self.process.send_signal(self.signal)


NGINX_FOLDERS = """
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
"""
NGINX = """
daemon off;
worker_processes 2;
pid {folder}/nginx.pid;
error_log {folder}/error.log crit;
{user}
events {{ worker_connections 19000; }}
http {{
    access_log off;""" + NGINX_FOLDERS + """    server_names_hash_max_size 16384;
    server_names_hash_bucket_size 128;
    keepalive_requests 1000000;
    keepalive_timeout 120;
    client_body_buffer_size 64k;
    proxy_max_temp_file_size 0;
    proxy_read_timeout 1800;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $http_host;
    proxy_ssl_trusted_certificate {ca};
    proxy_ssl_verify on;
    proxy_ssl_name {farm.name};
    proxy_ssl_server_name on;
    # nginx 1.22 leaves TLS 1.3 out, on either side
    ssl_protocols TLSv1.2 TLSv1.3;
    proxy_ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_cache shared:SSL:10m;
    {certificates}
    upstream pool {{
{members}
        keepalive 128;
    }}
{servers}
}}
"""
NGINX_SERVER = """
    server {{
        listen {port} ssl{once};
        server_name {host};
{locations}
    }}"""


class Nginx(Program):
    name, words, signal = "nginx", ("-c", "{conf}", "-p", "/"), signal.SIGHUP

    @staticmethod
    def declines(site):
        return "Debian's cannot do NTLM" if site.ntlm else None

    def text(self):
        servers = "".join(
            NGINX_SERVER.format(port=self.port, host=host, once="" if number else " backlog=4096", locations="\n".join(
                "        location %s { proxy_pass https://pool; }" % path for path in paths))
            for number, (host, paths) in enumerate(self.site.by_host().items()))
        return NGINX.format(
            folder=self.folder, user="user nobody nogroup;" if os.getuid() == 0 else "", farm=self.farm,
            ca=self.farm.pki.internal.path, members=self.members("        server {address}:{farm.https_port};"),
            certificates=self.certificates("ssl_certificate {leaf.chain}; ssl_certificate_key {leaf.key};"),
            servers=servers)


HAPROXY = """
global
    nbthread 2
    tune.ssl.cachesize 20000
defaults
    mode http
    timeout client 1800s
    timeout server 1800s
    timeout connect 5s
    timeout http-keep-alive 120s
frontend public
    bind :{port} ssl crt {folder}/both.pem
{rules}
backend pool
    http-reuse {reuse}
{members}
"""


class Haproxy(Program):
    name, words, signal = "haproxy", ("-W", "-db", "-f", "{conf}"), signal.SIGUSR2
    reuse = "safe"

    @staticmethod
    def declines(site):
        """It is one process, with two connections a poll and some of its own."""
        needed, allowed = 2 * site.polls + 100, resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        return "one process, and %d open files: ulimit -n is %d" % (needed, allowed) if needed > allowed else None

    def lay_certificates(self):
        super().lay_certificates()
        for kind, leaf in self.leaves.items():
            with open(os.path.join(self.folder, "both.pem." + {"rsa": "rsa", "ec": "ecdsa"}[kind]), "w") as both:
                for part in (leaf.chain, leaf.key):
                    with open(part) as file:
                        both.write(file.read())

    def text(self):
        table = os.path.join(self.folder, "rules.map")
        with open(table, "w") as file:
            file.writelines("%s%s pool\n" % rule for rule in self.site.rules)
        rules = "    default_backend pool" if not self.site.rules else (
            "    use_backend %%[base,lower,map_beg(%s)]" % table)
        return HAPROXY.format(port=self.port, folder=self.folder, rules=rules, reuse=self.reuse, members=self.members(
            "    server fe{number} {address}:{farm.https_port} ssl verify required ca-file {ca} "
            "verifyhost {farm.name} sni str({farm.name})"))


class HaproxyAlways(Haproxy):
    """It makes no connection for a client's first request, which is cheaper, and fails when the pool closes the one
    that it takes."""

    name, reuse = "haproxy-always", "always"

    @staticmethod
    def declines(site):
        return "as haproxy" if site.rules or site.polls else None
