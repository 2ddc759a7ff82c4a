"""The README's guide: its commands, read from the README itself, and what the demo puts in place of its
ports and paths so that they run on loopback and without root."""

import re
import shlex

READ = "README.md"
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.M | re.S)
INSTALL = re.compile(r"^\*\*Build, install, enable\.\*\*.*?\n\n((?:    [^\n]*\n)+)", re.M | re.S)
SERVE = re.compile(r"^\*\*Serve it\.\*\*.*?\n\n((?:    [^\n]*\n)+)", re.M | re.S)
LOOK = re.compile(r"^\*\*Look\.\*\*.*?\n\n((?:    [^\n]*\n)+)", re.M | re.S)
POOLS = ("pool", "director", "officewebapps")


class GuideError(Exception):
    pass


def found(pattern, text, what):
    match = pattern.search(text)
    if not match or not match.group(1).strip():
        raise GuideError("%s: %s is not there" % (READ, what))
    return match.group(1).replace("\\\n", " ")


class Guide:
    """install: every line that installs; commands: that say what to publish; serve: that serve it; verify: that looks."""

    def __init__(self, path):
        with open(path) as file:
            text = file.read()
        self.install = self.lines(found(INSTALL, text, "the block below 'Build, install, enable.'"))
        block = self.lines(found(BLOCK, text, "the guide's ```sh block"))
        self.commands = [line for line in self.install if line.startswith("lyncadm ")] + block
        for line in block:
            if not line.startswith("lyncadm "):
                raise GuideError("%s: '%s' in the guide's block is no lyncadm command" % (READ, line))
        self.serve = [line for line in self.lines(found(SERVE, text, "the block below 'Serve it.'"))
                      if line.startswith("lyncadm ")]
        if not [line for line in self.serve if line.startswith("lyncadm apply")]:
            raise GuideError("%s: there is no 'lyncadm apply' below 'Serve it.'" % READ)
        (self.verify,) = self.lines(found(LOOK, text, "the block below 'Look.'"))

    @staticmethod
    def lines(block):
        lines = (line.strip() for line in block.splitlines())
        return [line for line in lines if line and not line.startswith("#")]


def option(words, name):
    return words[words.index(name) + 1] if name in words[:-1] else None


def substituted(line, place):
    """argv of a line of the guide. place: address, https, http (ports), files (folder), pools by name."""
    words = [place.files + word[len("/etc/lync"):] if word.startswith("/etc/lync/") else word
             for word in shlex.split(line)]
    if words[1:3] == ["certificate", "import"]:
        words += ["--directory", place.files]
    if words[1:3] == ["listener", "add"]:
        port = option(words, "--port")
        if port not in ("443", "80"):
            raise GuideError("%s: the listener of '%s' is neither on 443 nor on 80" % (READ, line))
        if port == "80":                            # which alone says "http" to lyncadm
            words += ["--scheme", "http"]
        words[words.index("--port") + 1] = str(place.https if port == "443" else place.http)
        words += ["--address", place.address]
    elif words[1:2] == ["publish"] and words[2] in POOLS:
        name = option(words, "--name") or option(words, "--to")
        if name not in place.pools:
            raise GuideError("%s publishes pool '%s', which the demo does not simulate" % (READ, name))
        pool = place.pools[name]
        words += ["--https-port", str(pool.https_port), "--http-port", str(pool.http_port)]
    return words
