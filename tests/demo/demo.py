"""make -f apxs.mk demo: a simulated Lync deployment is published with the commands of the README's guide, and clients
walk the acceptance list through the proxy. Exit status 0: every check was ok. KEEP=1 leaves it running."""

import os
import signal
import sys
import time

from guide import Guide, GuideError, substituted
from place import LYNCADM, MOD_LYNC, TOP, Place, Stage
from report import Report
from walk import walk

TOLD = """\
Simulated: lyncpool01 (fe01, fe02), lyncpool02, Director lyncdir01, Office Web Apps farm wac01; all on loopback.
The commands are README.md's. In place of its ports and paths:
  --port 443, --port 80   --port {https}, --port {http} --scheme http; both --address {address}
  /etc/lync/              {files}/
  4443, 8080, farm's 443  --https-port and --http-port of the simulated pools
  /var/lib/lync/lync.db   LYNC_STORE={store}
  apachectl               {programs}/apachectl, for a private httpd with the modules that lync.load depends on
V=1 shows every line that lyncadm prints."""

KEPT = """\
Kept running. To try, in another shell:

  curl --cacert {ca} --connect-to ::{address}:{https} -i https://webext.contoso.com/abs
  curl --cacert {ca} --connect-to ::{address}:{https} https://lyncdiscover.contoso.com/
  curl --cacert {ca} --connect-to ::{address}:{https} -i https://meet.contoso.com/alice/7322994
  curl --cacert {ca} --connect-to ::{address}:{https} -d grant_type=password -d username=alice@contoso.com --data-urlencode password={password} https://webext.contoso.com/WebTicket/oauthtoken
  curl --cacert {ca} --connect-to ::{address}:{https} -i https://webext.contoso.com/cscp
  curl --cacert {ca} --resolve '*:{https}:{address}' https://officewebapps01.contoso.com:{https}/hosting/discovery
  curl --connect-to ::{address}:{http} 'http://lyncdiscover.contoso.com/?sipuri=alice@contoso.com'

  export LYNC_STORE={store} PATH={programs}:$PATH
  lyncadm status
  lyncadm route list
  lyncadm server set fe02.contoso.local --pool lyncpool01.contoso.local --state drain
  lyncadm check
  lyncadm apply -m "fe02 gets its updates"
  lyncadm help
  sqlite3 -readonly -box {store} 'SELECT host, path, action, pool FROM active_route'
  tail -f {log}

A browser: {address} in /etc/hosts for the public names, {ca} as an authority, https://meet.contoso.com:{https}/
To stop: Ctrl-C here, or kill {pid}. Nothing remains then."""


class Stop(BaseException):
    """A signal asks to end."""


SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def stop_on_signals():
    def stop(number, _):
        for again in SIGNALS:
            signal.signal(again, signal.SIG_IGN)
        raise Stop(number)
    for number in SIGNALS:
        signal.signal(number, stop)


class Demo:
    def __init__(self, stage, report):
        self.stage, self.report = stage, report
        self.guide = Guide(os.path.join(TOP, "README.md"))
        self.place = Place(stage)
        stage.closers.append(self.place.stop_pools)
        self.facts = dict(address=self.place.address, https=self.place.https, http=self.place.http, ca=self.place.ca,
                          files=self.place.files, store=self.place.store, programs=self.place.programs, pid=os.getpid(),
                          log=self.place.httpd.log_path, password=self.place.users.password["alice"])

    def run(self, line):
        """Runs a command as the administrator types it; whether it succeeded."""
        words = substituted(line, self.place)
        words[0] = os.path.join(self.place.programs, words[0])
        status, output = self.place.run(words)
        self.report.command(line, output)
        if status:
            self.report.say("  exit status %d" % status)
        return status == 0 or status == 3 and words[1] == "check"

    def must(self, line):
        if not self.run(line):
            raise GuideError("'%s' failed" % line)

    def publish(self):
        """Follows the guide to a served revision."""
        self.report.say(TOLD.format(**self.facts))
        self.place.start_pools()
        self.report.title("The guide: say what to publish")
        for line in self.guide.commands:
            self.must(line)
            if line.startswith("lyncadm init"):
                self.place.httpd.start()
                self.report.say("(httpd starts: mod_lync, MPM event, nothing to serve yet)")
        self.report.title("The guide: serve it")
        for line in self.guide.serve:
            self.must(line)
            if line.startswith("lyncadm apply"):
                self.place.wait_for_listeners()

    def keep(self):
        self.report.title(KEPT.format(**self.facts))
        while self.place.httpd.process.poll() is None:
            time.sleep(1)
        raise AssertionError("httpd ended")

    def log_tail(self):
        with open(self.place.httpd.log_path, errors="replace") as file:
            lines = file.readlines()[-25:]
        if lines:
            self.report.title("The end of httpd's error log")
            self.report.say("".join(lines).rstrip())


def main():
    keep = os.environ.pop("KEEP", "") not in ("", "0")      # Stage has a meaning of its own for it
    report, stage, demo, status = Report(), None, None, 1
    for path in (MOD_LYNC, LYNCADM):
        if not os.path.exists(path):
            sys.exit("demo: %s is not there: make -f apxs.mk demo builds it" % path)
    stop_on_signals()
    try:
        stage = Stage()
        demo = Demo(stage, report)
        demo.publish()
        walk(demo.place, report, demo.run)
        if report.bad:
            demo.log_tail()
        report.sum()
        status = 1 if report.bad or not report.good else 0
        if keep:
            demo.keep()
    except Stop as stop:
        status = status if keep and report.good else 128 + stop.args[0]
        report.say()
    except Exception as error:
        report.say("demo: %s" % error)
        if demo:
            demo.log_tail()
        status = 1
    finally:
        ended = close(stage, demo, report)
    return status if ended else 1


def close(stage, demo, report):
    """Ends everything, whatever happens; what httpd's log says was the walk's business. Whether all ended well."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    if demo:
        demo.place.httpd.expect("")
    try:
        if stage:
            stage.close()
        return True
    except AssertionError as error:
        report.say("demo: %s" % error)
        return False


if __name__ == "__main__":
    sys.exit(main())
